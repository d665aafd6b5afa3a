/** Directed plans around what operators ask for: revokes that not everybody hears, grants in trouble. */
import type { PlanItem } from '../plan.ts';
import { LEASE_MS, cut, grant, host, planOf, revoke } from './plan-of.ts';
import type { Scenario } from './scenario.ts';

/** By then the members have found out that nobody holds anything. */
const KNOWN_AT_MS = 1500;

export const operatorScenarios: readonly Scenario[] = [
  {
    name: 'stale-status',
    story:
      'B does not hear that A was revoked. A restarts, asks who holds the ticket, and B says: A.',
    rows: ['9.2.5'],
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
    rows: ['9.2.4'],
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
    rows: ['9.2.15'],
    plan: planOf({
      items: [grant('A'), cut('B', 'AC', 31_500, 58_500), revoke('A', 40_000)],
    }),
  },
  {
    name: 'unreachable-site-asked-twice',
    story: 'A first grant waits for a site that is not reachable, and is asked for once more.',
    rows: ['9.3.3'],
    plan: planOf({
      items: [cut('B', 'AC', KNOWN_AT_MS, 3 * LEASE_MS), grant('A', 2000), grant('A', 10_000)],
    }),
  },
  {
    name: 'grant-finds-nobody-first',
    story:
      'A first grant finds nobody, so that its client is told to wait; later it finds C, not B.',
    rows: ['9.2.3', '9.3.1'],
    plan: planOf({
      items: [
        cut('B', 'AC', KNOWN_AT_MS, 3 * LEASE_MS),
        cut('A', 'C', KNOWN_AT_MS, 10_000),
        grant('A', 2000),
      ],
    }),
  },
  {
    name: 'client-hangs-up',
    story:
      'A first grant waits for a site that is not reachable; its client closes the connection, as ' +
      'the stock one does by itself. The grant goes on, once, and waits as long.',
    rows: ['9.3.1'],
    plan: planOf({
      items: [
        cut('B', 'AC', KNOWN_AT_MS, 3 * LEASE_MS),
        { ...grant('A', 2000), hangsUpAfterMs: 10_000 } as PlanItem,
      ],
    }),
  },
  {
    name: 'client-hangs-up-before-the-votes',
    story: 'The same, while nobody at all is reachable yet.',
    rows: ['9.3.1'],
    plan: planOf({
      items: [
        cut('B', 'AC', KNOWN_AT_MS, 3 * LEASE_MS),
        cut('A', 'C', KNOWN_AT_MS, 10_000),
        { ...grant('A', 2000), hangsUpAfterMs: 5000 } as PlanItem,
      ],
    }),
  },
  {
    name: 'forced-while-held',
    story: 'B is told to take the ticket by force, while A holds it and answers.',
    plan: planOf({ items: [grant('A'), { ...grant('B', 20_000), isForced: true } as PlanItem] }),
  },
  {
    name: 'granted-lost-and-taken-back',
    story:
      'A grant is done and its client told so. Later the holder is cut off, gives the ticket up and ' +
      'gets it back: on its own behalf, no operator asks any more.',
    plan: planOf({
      items: [
        grant('A'),
        cut('A', 'BC', 40_000, 1.5 * LEASE_MS),
        cut('B', 'AC', 40_000, 2 * LEASE_MS),
      ],
    }),
  },
  {
    name: 'revoke-acked-without-memory',
    story:
      'A is cut off, and revoked there; meanwhile B is elected, forgets it, and hears of the revoke. C, which ' +
      'follows B, does not ack it, and must not acquire what was told as revoked.',
    plan: planOf({
      ticket: { hasHandler: true },
      hosts: [host('A', 'site'), host('B', 'site'), host('C', 'site')],
      items: [
        grant('A'),
        cut('A', 'BC', 40_000, 57_000),
        revoke('A', 42_000),
        { atMs: 80_000, kind: 'handler-refuses', host: 'C', forMs: 40_000 },
        {
          atMs: 80_000,
          kind: 'slow-commits',
          host: 'B',
          commitMs: 30_000,
          ticket: null,
          forMs: 15_000,
        },
        { atMs: 95_000, kind: 'forget', host: 'B', forMs: 1000 },
      ],
    }),
  },
];
