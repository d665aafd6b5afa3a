/** Mutants of the lease and of the promises it is built on: R1, R2, R5, R6. */
import type { Mutant } from './mutant.ts';

export const leaseMutants: readonly Mutant[] = [
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
    seeds: 80,
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
    seeds: 20,
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
];
