/** Mutants of the lease and of the promises it is built on: R1, R2, R5, R6. */
import type { Mutant } from './mutant.ts';

export const leaseMutants: readonly Mutant[] = [
  {
    name: 'lease-from-acks',
    rule: 'R1',
    recreates: 'the lease is counted from when the acks came in, as booth counts it',
    edits: [
      {
        file: 'core/ticket/leader.ts',
        find: 'const until = leaseEnd(round.sentAt, config);',
        replace: 'const until = leaseEnd(turn.context.now, config);',
      },
    ],
    scenarios: ['late-acks'],
    seeds: 0,
    checkers: ['mutual-exclusion'],
  },
  {
    name: 'acks-of-an-older-round',
    rule: 'R1',
    recreates: 'a new round counts acks to the round before it, its lease from its own send',
    edits: [
      {
        file: 'core/ticket/round.ts',
        find: '      acked: [self.id],',
        replace:
          '      acked: turn.state.round?.command === command ? turn.state.round.acked : [self.id],',
      },
    ],
    seeds: 20,
  },
  {
    name: 'lease-from-the-resend',
    rule: 'R1',
    recreates: 'a resend moves the first send of its round, whose acks may be older',
    edits: [
      {
        file: 'core/ticket/round.ts',
        find: 'round: { ...round, resendsLeft, resendAt: after(now, config.timeoutMs) } });\n  const isSelective',
        replace:
          'round: { ...round, sentAt: now, resendsLeft, resendAt: after(now, config.timeoutMs) } });\n  const isSelective',
      },
    ],
    scenarios: ['late-acks'],
    seeds: 0,
    checkers: ['mutual-exclusion'],
  },
  {
    name: 'drift-is-ignored',
    rule: 'R1',
    recreates: 'the leader counts D on its own clock as if all clocks ran alike',
    edits: [
      {
        file: 'core/ticket/lease.ts',
        find: 'Math.floor(config.expireMs * (1 - MAX_DRIFT))',
        replace: 'config.expireMs',
      },
    ],
    scenarios: ['slow-clock'],
    seeds: 0,
    checkers: ['mutual-exclusion'],
  },
  {
    name: 'heartbeat-with-the-rest-of-the-lease',
    rule: 'R2',
    recreates:
      'a heartbeat carries what is left of the old lease, and followers promise no more than it ' +
      'says (a promise is never shorter than their own D here, so that goes as well)',
    edits: [
      {
        file: 'core/ticket/round.ts',
        find: "const validForMs = config.mode === 'manual' ? 0 : config.expireMs;",
        replace: `const untilMs = turn.state.lease?.until ?? turn.context.now + config.expireMs;
      const validForMs =
        config.mode === 'manual' ? 0 : Math.max(1000, untilMs - turn.context.now);`,
      },
      {
        file: 'core/ticket/lease.ts',
        find: 'Math.max(validForMs, config.expireMs)',
        replace: 'validForMs',
      },
    ],
    seeds: 40,
    checkers: ['mutual-exclusion'],
  },
  {
    name: 'promise-by-the-own-expire',
    rule: 'R2',
    recreates:
      'a follower promises what its own booth.conf says, though the heartbeat says more: the ' +
      "leader's booth.conf is newer",
    edits: [
      {
        file: 'core/ticket/lease.ts',
        find: 'Math.max(validForMs, config.expireMs)',
        replace: 'Math.max(0, config.expireMs)',
      },
    ],
    scenarios: ['longer-lease-at-the-holder-first'],
    seeds: 0,
    checkers: ['mutual-exclusion'],
  },
  {
    name: 'lease-cut-to-whole-seconds',
    rule: 'R2',
    recreates: '9.2.14: a follower waits for the whole seconds of a lease only',
    edits: [
      {
        file: 'core/ticket/lease.ts',
        find: 'Math.max(validForMs, config.expireMs)',
        replace: '1000 * Math.floor(Math.max(validForMs, config.expireMs) / 1000)',
      },
    ],
    scenarios: ['lease-not-in-whole-seconds'],
    seeds: 0,
    checkers: ['mutual-exclusion'],
  },
  {
    name: 'vote-under-a-promise',
    rule: 'R5',
    recreates:
      'a higher term overrides a live promise, in the vote and in the ack that makes it count',
    edits: [
      {
        file: 'core/ticket/vote.ts',
        find: 'if (promisedMs > 0)',
        replace: 'if (promisedMs > 0 && message.term <= state.term)',
      },
      {
        file: 'core/ticket/follow.ts',
        find: 'if (binding !== null) {',
        replace: 'if (binding !== null && binding.term >= message.term) {',
      },
    ],
    scenarios: ['flip'],
    seeds: 0,
  },
  {
    name: 'revoke-at-the-end',
    rule: 'R6',
    recreates: 'the revoke starts when the lease ends, so that its commit is finished behind it',
    edits: [
      {
        file: 'core/ticket/lease.ts',
        find: 'after(leaseUntil, -commitMarginMs)',
        replace: 'after(leaseUntil, -Math.min(0, commitMarginMs))',
      },
    ],
    seeds: 20,
  },
  {
    name: 'paused-past-the-lease',
    rule: 'R6',
    recreates:
      'a daemon that was stopped past its lease works off what queued up first, and the acks in ' +
      'it renew a right that had ended',
    edits: [
      { file: 'core/ticket/step.ts', find: '  surrenderExpiredLease(turn);\n', replace: '' },
      {
        file: 'core/io/run-member.ts',
        find: '  perform(loop, onAlarm(loop.member, moment));\n  flushCommits(loop);\n  perform(loop, input(moment));',
        replace:
          '  perform(loop, input(moment));\n  flushCommits(loop);\n  perform(loop, onAlarm(loop.member, moment));',
      },
    ],
    scenarios: ['long-stop'],
    seeds: 0,
  },
  {
    name: 'wall-clock-for-leases',
    rule: 'R6',
    recreates: 'leases and promises are counted on the wall clock, which steps',
    edits: [
      {
        file: 'core/io/run-member.ts',
        find: "import { msBetween } from '../base/instant.ts';",
        replace: "import { instantOf, msBetween } from '../base/instant.ts';",
      },
      {
        file: 'core/io/run-member.ts',
        find: 'const moment: Moment = { now: clock.now(), epochMs: clock.epochMs() };\n  perform',
        replace:
          'const moment: Moment = { now: instantOf(clock.epochMs() - 1795000000000), epochMs: clock.epochMs() };\n  perform',
      },
    ],
    seeds: 40,
  },
  {
    name: 'stale-step-down',
    rule: 'R5',
    recreates: 'a step-down request that is late, or comes twice, ends the promise of a later term',
    edits: [
      {
        file: 'core/ticket/step-down.ts',
        find: 'if (!isHolder || message.term !== holder.term) return;',
        replace: 'if (!isHolder) return;',
      },
    ],
    scenarios: ['late-step-down'],
    seeds: 0,
  },
  {
    name: 'step-down-bypasses-a-promise',
    rule: 'R5',
    recreates:
      'whoever stands because of a step-down is voted for whatever has been promised since',
    edits: [
      {
        file: 'core/ticket/vote.ts',
        find: 'if (promisedMs > 0)',
        replace: "if (promisedMs > 0 && message.reason !== 'step-down')",
      },
    ],
    scenarios: ['step-down-and-back'],
    seeds: 0,
  },
  {
    name: 'holder-takes-it-back',
    rule: 'R5',
    recreates:
      'double grant after reconnection: the holder of before is voted for and acked, whoever has the ticket now',
    edits: [
      {
        file: 'core/ticket/vote.ts',
        find: 'if (promisedMs > 0)',
        replace: "if (promisedMs > 0 && message.reason !== 'reacquire')",
      },
      {
        file: 'core/ticket/vote.ts',
        find: 'change(turn, { term: message.term, vote: { term: message.term, candidate: message.from } });',
        replace:
          "change(turn, { term: message.term, vote: { term: message.term, candidate: message.from } });\n    if (message.reason === 'reacquire') change(turn, { promise: null });",
      },
    ],
    scenarios: ['reconnected'],
    seeds: 0,
  },
  {
    name: 'one-commit-at-a-time',
    rule: 'R13',
    recreates:
      'writes of all tickets wait for each other, so that a slow one costs another its lease',
    edits: [
      {
        file: 'core/io/run-member.ts',
        find: '  if (loop.commits.length === 0) return;\n  const commits = loop.commits',
        replace:
          "  if (loop.commits.length === 0 || loop.handlerRuns.has('writing')) return;\n  loop.handlerRuns.set('writing', {});\n  const commits = loop.commits",
      },
      {
        file: 'core/io/run-member.ts',
        find: '    noteCommitTime(loop.member, msBetween(since, ports.clock.now()));',
        replace:
          "    noteCommitTime(loop.member, msBetween(since, ports.clock.now()));\n    loop.handlerRuns.delete('writing');",
      },
    ],
    scenarios: ['sick-ticket'],
    seeds: 0,
    checkers: ['lease-end'],
  },
  {
    name: 'grant-without-a-deadline',
    rule: 'R14',
    recreates: 'the cluster is not told when the lease ends: what runs at a dead daemon goes on',
    edits: [
      {
        file: 'core/ticket/store.ts',
        find: "const leaseUntil = wanted === 'granted' ? (lease?.until ?? null) : null;",
        replace: "const leaseUntil = wanted === 'granted' && lease === null ? null : null;",
      },
    ],
    scenarios: ['holder-killed'],
    seeds: 0,
    checkers: ['mutual-exclusion'],
  },
  {
    name: 'renewals-not-told',
    rule: 'R14',
    recreates:
      'the cluster hears of the first deadline only, and stops what runs under a lease that lives',
    edits: [
      {
        file: 'core/ticket/store.ts',
        find: "if (commit.wanted !== 'granted' || commit.stored !== 'granted' || commit.isInFlight) return;",
        replace:
          "if (commit.wanted !== 'granted' || commit.stored !== 'granted' || commit.sequence > 0) return;",
      },
    ],
    scenarios: ['dead-arbitrator'],
    seeds: 0,
  },
];
