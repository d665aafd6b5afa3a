/** Mutants of what sites hold and what operators are told: R8, R9, R10, R15, R16, R17. */
import type { Mutant } from './mutant.ts';

export const grantMutants: readonly Mutant[] = [
  {
    name: 'expired-grant-kept',
    rule: 'R8',
    recreates: 'a grant found in the cluster at the start is kept, whatever became of its lease',
    edits: [
      {
        file: 'core/ticket/start-up.ts',
        find: 'if (isGranted && (isLeaseLive(turn) || isManualHolder(turn))) {',
        replace: 'if (isGranted) {',
      },
    ],
    scenarios: ['holder-reboots-alone'],
    seeds: 0,
    checkers: ['mutual-exclusion', 'lease-end'],
  },
  {
    name: 'no-drain',
    rule: 'R9',
    recreates: 'the next site begins when the lease ends, without acquire-after',
    edits: [
      {
        file: 'core/ticket/lease.ts',
        find: 'const drained = after(endedAt, config.acquireAfterMs);',
        replace: 'const drained = endedAt;',
      },
    ],
    scenarios: ['failover-behind-the-drain', 'asked-early-while-the-last-one-stops'],
    seeds: 20,
  },
  {
    name: 'commit-with-the-votes',
    rule: 'R9',
    recreates: 'the grant is committed once elected, before a quorum acked a heartbeat',
    edits: [
      {
        file: 'core/ticket/store.ts',
        find: 'return lease !== null && lease.term === state.term && lease.until > context.now;',
        replace: "return state.role === 'leader' || lease !== null || context.now < 0;",
      },
      {
        file: 'core/ticket/election.ts',
        find: "  persist(turn);\n  startRound(turn, 'heartbeat');\n}",
        replace: "  persist(turn);\n  startRound(turn, 'heartbeat');\n  tryCommitGrant(turn);\n}",
      },
      {
        file: 'core/ticket/election.ts',
        find: 'import { commitRevoke, delayCommit, mayBeGranted }',
        replace: 'import { commitRevoke, delayCommit, mayBeGranted, tryCommitGrant }',
      },
    ],
    scenarios: ['holder-killed', 'elected-and-not-acked'],
    seeds: 0,
    checkers: ['quorum-first'],
  },
  {
    name: 'revoke-is-forgotten',
    rule: 'R15',
    recreates: 'voters help to acquire what they remember as revoked',
    edits: [
      {
        file: 'core/ticket/vote.ts',
        find: "if (state.holder.kind === 'nobody' && !isOperatorAsking(turn, message)) {",
        replace: "if (state.holder.kind === 'unknown' && context.now < 0) {",
      },
    ],
    scenarios: ['revoke-not-heard'],
    seeds: 0,
  },
  {
    name: 'voter-acquires-a-revoked-ticket',
    rule: 'R15',
    recreates: 'a voter whose candidate vanished stands for the ticket itself, revoked or not',
    edits: [
      {
        file: 'core/ticket/failover.ts',
        find: "if (state.holder.kind !== 'member' || !isSite(context) || config.mode === 'manual') return;",
        replace: "if (!isSite(context) || config.mode === 'manual') return;",
      },
      {
        file: 'core/ticket/failover.ts',
        find: 'state.holder.id === self.id',
        replace: "state.holder.kind === 'member' && state.holder.id === self.id",
      },
      {
        file: 'core/ticket/vote.ts',
        find: "if (state.holder.kind === 'nobody' && !isOperatorAsking(turn, message)) {",
        replace: "if (state.holder.kind === 'unknown' && context.now < 0) {",
      },
    ],
    scenarios: ['candidate-vanishes-after-a-revoke'],
    seeds: 60,
  },
  {
    name: 'higher-term-and-no-revoke',
    rule: 'R16',
    recreates: 'a holder that hears of a higher term follows, and its cluster goes on',
    edits: [
      {
        file: 'core/ticket/loss.ts',
        find: '  if (mayBeGranted(turn.state)) commitRevoke(turn);\n',
        replace: '',
      },
    ],
    scenarios: ['rival-in-a-higher-term'],
    seeds: 20,
  },
  {
    name: 'failed-commit-told-as-success',
    rule: 'R16',
    recreates: 'the cluster said no, and the client is told that it is granted',
    edits: [
      {
        file: 'core/ticket/step.ts',
        find: 'const outcome = recordOutcome(turn, sequence, failure);',
        replace: 'const outcome = recordOutcome(turn, sequence, failure === null ? null : null);',
      },
    ],
    scenarios: ['cluster-says-no'],
    seeds: 0,
    checkers: ['told'],
  },
  {
    name: 'endless-election-while-granted',
    rule: 'R8',
    recreates:
      'a holder that restarts in the minority waits for votes without end, the ticket still granted in its cluster',
    edits: [
      {
        file: 'core/ticket/start-up.ts',
        find: '    keepOwnWord(turn);\n    commitRevoke(turn);\n',
        replace: '    keepOwnWord(turn);\n    if (!isGranted) commitRevoke(turn);\n',
      },
    ],
    scenarios: ['holder-reboots-alone'],
    seeds: 0,
  },
  {
    name: 'unreachable-sites-not-waited-for',
    rule: 'R10',
    recreates: 'a first grant is committed without waiting for sites that do not answer',
    edits: [
      {
        file: 'core/ticket/grant.ts',
        find: "if (!isForced && config.mode === 'automatic') delayCommit(turn, after(now, waitMs));",
        replace:
          "if (isForced && config.mode === 'automatic') delayCommit(turn, after(now, waitMs));",
      },
    ],
    scenarios: ['unreachable-site'],
    seeds: 0,
    checkers: ['unreachable-sites'],
  },
  {
    name: 'force-beats-the-holder',
    rule: 'R10',
    recreates: 'a forced grant goes ahead at another site while the present holder answers',
    edits: [
      {
        file: 'core/ticket/grant.ts',
        find: "} else if (state.role === 'leader' || liveHolder(state, now) !== null) {",
        replace:
          "} else if (!isForced && (state.role === 'leader' || liveHolder(state, now) !== null)) {",
      },
    ],
    scenarios: ['forced-while-held'],
    seeds: 0,
    checkers: ['refused-while-held'],
  },
  {
    name: 'commit-delay-lost-with-its-client',
    rule: 'R17',
    recreates:
      'a grant loses its commit delay once its client has been told that it is pending and is gone',
    edits: [
      {
        file: 'core/ticket/store.ts',
        find: "    answer(turn, grantRequest.id, 'pending', !grantRequest.isWaitingForCommit);",
        replace:
          "    answer(turn, grantRequest.id, 'pending', !grantRequest.isWaitingForCommit);\n  if (grantRequest?.isWaitingForCommit === false)\n    change(turn, { commit: { ...turn.state.commit, notBefore: null } });",
      },
    ],
    scenarios: ['unreachable-site-and-no-wait'],
    seeds: 0,
    checkers: ['unreachable-sites'],
  },
  {
    name: 'request-outlives-its-outcome',
    rule: 'R17',
    recreates:
      'a grant is not over when its client was told the outcome, and is answered once more later ' +
      '(the member forgets whom to answer as well, so that goes too)',
    edits: [
      {
        file: 'core/ticket/step.ts',
        find: "    if (grantRequest !== null) answer(turn, grantRequest.id, 'success', true);\n    change(turn, { grantRequest: null });\n    if (turn.state.lease",
        replace:
          "    if (grantRequest !== null) answer(turn, grantRequest.id, 'success', true);\n    if (turn.state.lease",
      },
      {
        file: 'core/member/translate.ts',
        find: '  if (isFinal) member.requests.delete(request);\n',
        replace: '',
      },
    ],
    scenarios: ['granted-lost-and-taken-back'],
    seeds: 40,
    checkers: ['answers', 'executed-once'],
  },
  {
    name: 'operator-asks-for-ever',
    rule: 'R17',
    recreates:
      'a holder that has to be elected again says that an operator asks for it, long after the ' +
      'grant was done: that would override what others remember of a revoke',
    edits: [
      {
        file: 'core/ticket/leader.ts',
        find: "state.grantRequest === null ? 'reacquire' : 'admin';",
        replace: "state.term < 0 ? 'reacquire' : 'admin';",
      },
    ],
    scenarios: ['told-of-a-higher-term'],
    seeds: 0,
    checkers: ['executed-once'],
  },
];
