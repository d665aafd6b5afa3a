/** Directed plans in which another booth.conf is rolled out while the ticket is held. */
import type { PlanItem, TicketValues } from '../plan.ts';
import { LEASE_MS, cut, grant, planOf } from './plan-of.ts';
import type { Scenario } from './scenario.ts';

const reconfigured = (host: string, atMs: number, expireMs: number): PlanItem => {
  const values: TicketValues = {
    expireMs,
    timeoutMs: 2000,
    retries: 3,
    renewalMs: expireMs / 2,
    acquireAfterMs: 0,
  };
  return { atMs, kind: 'reconfigure', host, ticket: 'db', values, forMs: 200 };
};

export const rolloutScenarios: readonly Scenario[] = [
  {
    name: 'longer-lease-at-the-holder-first',
    story:
      "The holder's booth.conf says twice the lease that the others know of, and it is cut off: " +
      'their promises must last as long as its lease.',
    plan: planOf({
      items: [
        grant('A'),
        reconfigured('A', 20_000, 2 * LEASE_MS),
        cut('A', 'BC', 90_000, 3 * LEASE_MS),
      ],
    }),
  },
  {
    name: 'shorter-lease-at-the-voters-first',
    story:
      'The voters are restarted with half the lease while the holder has the whole one, and it is ' +
      'cut off: what they promised under the longer one binds them still.',
    plan: planOf({
      items: [
        grant('A'),
        reconfigured('B', 40_000, LEASE_MS / 2),
        reconfigured('C', 42_000, LEASE_MS / 2),
        cut('A', 'BC', 40_000, 3 * LEASE_MS),
      ],
    }),
  },
];
