/**
 * Directed plans after the rows of booth-protocol 9.2, where no other file has them: what made booth
 * hold a ticket twice, or at a site that nobody had asked for.
 */
import type { ForgedMessage, PlanItem } from '../plan.ts';
import {
  GRANTED_AT_MS,
  LEASE_MS,
  cut,
  grant,
  host,
  mute,
  planOf,
  revoke,
  ringOfThree,
} from './plan-of.ts';
import type { Scenario } from './scenario.ts';

const forge = (from: string, to: string, atMs: number, message: ForgedMessage): PlanItem => ({
  atMs,
  kind: 'forge',
  host: from,
  ticket: 'db',
  to: [...to],
  message,
  trailer: 'right',
});

const kill = (name: string, atMs: number, forMs: number): PlanItem => ({
  atMs,
  kind: 'kill',
  host: name,
  tornRate: 1,
  forMs,
});

const DRAIN_MS = LEASE_MS / 2;
/** Resources stop within the drain, but take most of it. */
const slowStops = ringOfThree.map((one) => ({ ...one, stopMs: DRAIN_MS * 0.8 }));

export const hazardScenarios: readonly Scenario[] = [
  {
    name: 'candidate-vanishes-after-a-revoke',
    story:
      'The ticket is revoked. B is asked for it, gets its votes and dies before it leads. Those that ' +
      'voted for it, site A among them, must not go for a ticket that nobody named them for.',
    rows: ['9.2.2'],
    plan: planOf({
      items: [
        grant('A'),
        revoke('A', 10_000),
        grant('B', 20_000),
        mute('AC', 'B', 20_000, 5000),
        kill('B', 20_004, 4 * LEASE_MS),
      ],
    }),
  },
  {
    name: 'told-that-it-leads',
    story:
      'The ticket is revoked. B hears an old answer that names it as the leader, its lease alive; ' +
      'so does A, just before it restarts and just after.',
    rows: ['9.2.5'],
    plan: planOf({
      items: [
        grant('A'),
        revoke('A', 10_000),
        ...['A', 'B'].map((name) =>
          forge('C', name, 20_000, {
            command: 'my-index',
            request: 'status',
            term: 5,
            leader: name,
            validForMs: LEASE_MS,
          }),
        ),
        kill('A', 21_000, 1000),
        forge('C', 'A', 22_005, {
          command: 'my-index',
          request: 'status',
          term: 5,
          leader: 'A',
          validForMs: LEASE_MS,
        }),
      ],
    }),
  },
  {
    name: 'heartbeat-under-a-promise',
    story: "B's heartbeat of a higher term reaches C, which has promised the ticket to A.",
    rows: ['9.2.7'],
    plan: planOf({
      items: [
        grant('A'),
        forge('B', 'C', 20_000, {
          command: 'heartbeat',
          term: 9,
          leader: 'B',
          validForMs: LEASE_MS,
        }),
      ],
    }),
  },
  {
    name: 'heartbeat-of-an-arbitrator',
    story: "A heartbeat in C's name, which is no site, reaches both sites. Then A is asked.",
    rows: ['9.2.7'],
    plan: planOf({
      items: [
        forge('C', 'AB', 1500, {
          command: 'heartbeat',
          term: 1,
          leader: 'C',
          validForMs: LEASE_MS,
        }),
        grant('A', 2000),
      ],
    }),
  },
  {
    name: 'rival-in-a-higher-term',
    story:
      'A holds the ticket and hears a heartbeat of B in a higher term: whatever it thinks of that, ' +
      'it must not follow B while its cluster goes on.',
    rows: ['9.2.8'],
    plan: planOf({
      items: [
        grant('A'),
        forge('B', 'A', 20_000, {
          command: 'heartbeat',
          term: 9,
          leader: 'B',
          validForMs: LEASE_MS,
        }),
      ],
    }),
  },
  {
    name: 'told-of-a-higher-term',
    story:
      'A holds the ticket, its grant done, and is told of a higher term: it is elected above it, on ' +
      'its own behalf, and what runs there goes on.',
    plan: planOf({
      items: [
        grant('A'),
        forge('C', 'A', 20_000, {
          command: 'rejected',
          request: 'heartbeat',
          result: 'term-outdated',
          term: 4,
          leader: null,
        }),
      ],
    }),
  },
  {
    name: 'heartbeat-of-an-older-term',
    story:
      "A is granted the ticket anew, in a later term. A's heartbeat of the first term comes again.",
    rows: ['9.2.9'],
    plan: planOf({
      items: [
        grant('A'),
        revoke('A', 10_000),
        grant('A', 15_000),
        forge('A', 'BC', 20_000, {
          command: 'heartbeat',
          term: 1,
          leader: 'A',
          validForMs: LEASE_MS,
        }),
      ],
    }),
  },
  {
    name: 'wild-term',
    story:
      'A vote request in a term near the end of the 32-bit space, signed as it should be: whoever ' +
      'took part in it would soon have no term left.',
    plan: planOf({
      hasKey: true,
      items: [
        forge('B', 'AC', 1500, {
          command: 'req-vote',
          reason: 'admin',
          term: 0xfff0_0000,
          leader: 'B',
        }),
        grant('A', 2000),
      ],
    }),
  },
  {
    name: 'asked-early-while-the-last-one-stops',
    story:
      'The holder is cut off. B has missed renewals, stands too early and is told to wait; what it ' +
      'does in the end must come behind acquire-after, in which A stops.',
    rows: ['9.2.11'],
    plan: planOf({
      ticket: { acquireAfterMs: DRAIN_MS },
      hosts: slowStops,
      items: [grant('A'), cut('A', 'B', 32_000, 4 * LEASE_MS), cut('A', 'C', 91_100, 3 * LEASE_MS)],
    }),
  },
  {
    name: 'failover-behind-the-drain',
    story: 'The holder is cut off from everybody at once; the next one waits until it has stopped.',
    rows: ['9.2.13'],
    plan: planOf({
      ticket: { acquireAfterMs: DRAIN_MS },
      hosts: slowStops,
      items: [grant('A'), cut('A', 'BC', 40_000, 3 * LEASE_MS)],
    }),
  },
  {
    name: 'lease-not-in-whole-seconds',
    story:
      'A lease of 2.9 s, of which booth puts 2 on the wire: the holder is lost, and its followers ' +
      'must wait for all of it.',
    rows: ['9.2.14'],
    plan: planOf({
      ticket: { expireMs: 2900, timeoutMs: 200, renewalMs: 1450 },
      hosts: [
        host('A', 'site', 0.9951),
        host('B', 'site', 1.0049),
        host('C', 'arbitrator', 1.0049),
      ],
      items: [grant('A'), cut('A', 'BC', 20_200, LEASE_MS)],
    }),
  },
  {
    name: 'elected-and-not-acked',
    story: 'A gets its votes, but no heartbeat of it gets to anybody: nothing must be committed.',
    rows: ['9.2.16'],
    plan: planOf({
      items: [grant('A'), mute('A', 'BC', GRANTED_AT_MS + 3, 2 * LEASE_MS)],
    }),
  },
];
