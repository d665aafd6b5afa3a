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
    seeds: 40,
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
    seeds: 40,
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
    seeds: 60,
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
    seeds: 20,
  },
];
