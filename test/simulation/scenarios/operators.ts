/** Directed plans around what operators ask for: revokes that not everybody hears, grants in trouble. */
import { LEASE_MS, cut, grant, planOf, revoke } from './plan-of.ts';
import type { Scenario } from './scenario.ts';

/** By then the members have found out that nobody holds anything. */
const KNOWN_AT_MS = 1500;

export const operatorScenarios: readonly Scenario[] = [
  {
    name: 'stale-status',
    story:
      'B does not hear that A was revoked. A restarts, asks who holds the ticket, and B says: A.',
    plan: planOf({
      items: [
        grant('A'),
        cut('A', 'B', 31_500, 14_000),
        revoke('A', 40_000),
        { atMs: 45_000, kind: 'kill', host: 'A', tornRate: 1, forMs: 1000 },
      ],
    }),
  },
  {
    name: 'restart-after-a-revoke',
    story: 'The ticket is revoked, everybody knows it; B restarts and asks who holds it.',
    plan: planOf({
      items: [
        grant('A'),
        revoke('A', 40_000),
        { atMs: 50_000, kind: 'kill', host: 'B', tornRate: 1, forMs: 1000 },
      ],
    }),
  },
  {
    name: 'revoke-not-heard-for-long',
    story: 'B is cut off while the ticket is revoked, and for a lease; then it is back.',
    plan: planOf({
      items: [grant('A'), cut('B', 'AC', 31_500, 58_500), revoke('A', 40_000)],
    }),
  },
  {
    name: 'unreachable-site-asked-twice',
    story: 'A first grant waits for a site that is not reachable, and is asked for once more.',
    plan: planOf({
      items: [cut('B', 'AC', KNOWN_AT_MS, 3 * LEASE_MS), grant('A', 2000), grant('A', 10_000)],
    }),
  },
  {
    name: 'grant-finds-nobody-first',
    story:
      'A first grant finds nobody, so that its client is told to wait; later it finds C, not B.',
    plan: planOf({
      items: [
        cut('B', 'AC', KNOWN_AT_MS, 3 * LEASE_MS),
        cut('A', 'C', KNOWN_AT_MS, 10_000),
        grant('A', 2000),
      ],
    }),
  },
];
