/** Directed plans around elections, step-downs, strangers and what is wanted of a ring in trouble. */
import type { Fault, PlanItem } from '../plan.ts';
import { LEASE_MS, cut, grant, host, planOf, revoke, ringOfThree, slowLinks } from './plan-of.ts';
import type { Scenario } from './scenario.ts';

/** By then the members have found out that nobody holds anything. */
const KNOWN_AT_MS = 1500;
/** The handler at A refuses just one renewal: A steps down. */
const refusal: PlanItem = { atMs: 30_500, kind: 'handler-refuses', host: 'A', forMs: 1000 };
const asked = { hasHandler: true };

const atC = (atMs: number, fault: Fault & { readonly host: 'C' }): PlanItem => ({ atMs, ...fault });

const forged = (trailer: 'none' | 'wrong-key' | 'unknown-hash') =>
  planOf({
    hasKey: true,
    items: [
      grant('A'),
      {
        atMs: 20_000,
        kind: 'forge',
        host: 'A',
        ticket: 'db',
        to: ['B', 'C'],
        message: { command: 'vote-for', reason: 'local-fail', term: 1, leader: null },
        trailer,
      },
      cut('A', 'BC', 20_010, LEASE_MS),
    ],
  });

export const ringScenarios: readonly Scenario[] = [
  {
    name: 'late-step-down',
    story:
      'A steps down, its word of it is 8 s on its way. Meanwhile A is granted the ticket again, in a ' +
      'later term, and then cut off: the late word must not end the later promise.',
    rows: ['9.2.6'],
    plan: planOf({
      ticket: asked,
      items: [
        grant('A'),
        refusal,
        slowLinks('A', 8000, 30_990, 210),
        grant('A', 32_200),
        cut('A', 'BC', 39_050, 2 * LEASE_MS),
      ],
    }),
  },
  {
    name: 'step-down-and-back',
    story:
      'A steps down and is granted the ticket again, both sites knowing of the first, B not of the ' +
      'second. B stands because of the step-down, again and again; at last C hears B and not A.',
    rows: ['9.2.6'],
    plan: planOf({
      ticket: asked,
      items: [
        grant('A'),
        refusal,
        cut('B', 'AC', 31_200, 92_800),
        grant('A', 33_000),
        cut('A', 'BC', 124_000, LEASE_MS),
      ],
    }),
  },
  {
    name: 'forged-without-a-key',
    story: "A stranger sends A's step-down, not signed at all, in a ring that has a key.",
    plan: forged('none'),
  },
  {
    name: 'forged-with-another-key',
    story: "A stranger sends A's step-down, signed with a key of its own.",
    plan: forged('wrong-key'),
  },
  {
    name: 'forged-with-an-unknown-hash',
    story: "A stranger sends A's step-down with a hash id that nobody knows.",
    plan: forged('unknown-hash'),
  },
  {
    name: 'unreachable-site',
    story: 'The first grant, one of the two sites not reachable: it may hold what nobody knows of.',
    plan: planOf({ items: [cut('B', 'AC', KNOWN_AT_MS, 3 * LEASE_MS), grant('A', 2000)] }),
  },
  {
    name: 'unreachable-site-and-no-wait',
    story: 'The same, the operator not waiting for the commit: told that it is pending, and gone.',
    plan: planOf({
      items: [
        cut('B', 'AC', KNOWN_AT_MS, 3 * LEASE_MS),
        { ...grant('A', 2000), isWaitingForCommit: false } as PlanItem,
      ],
    }),
  },
  {
    name: 'acked-and-then-asked',
    story:
      'C hears nothing of the election in term 1, but follows A in it. B, which never heard of ' +
      'that term, is granted the ticket long after A is gone, and asks for votes in that very term.',
    plan: planOf({
      hosts: [...ringOfThree, host('D', 'arbitrator'), host('E', 'arbitrator')],
      items: [
        cut('A', 'B', KNOWN_AT_MS, 8 * LEASE_MS),
        cut('A', 'C', KNOWN_AT_MS, 2000),
        grant('A', 2000),
        cut('A', 'CDE', 65_000, 5 * LEASE_MS),
        grant('B', 190_000),
      ],
      faultsUntilMs: 8 * LEASE_MS,
    }),
  },
  {
    name: 'power-fails-before-the-fsync',
    story:
      "A needs C's vote and ack; C's disk takes 5 s for an fsync, and its power fails before that.",
    plan: planOf({
      items: [
        cut('B', 'AC', KNOWN_AT_MS, LEASE_MS),
        atC(1900, { kind: 'slow-disk', host: 'C', fsyncMs: 5000, forMs: 4000 }),
        grant('A', 2000),
        atC(3000, { kind: 'power-loss', host: 'C', draw: 1, forMs: 100 }),
      ],
    }),
  },
  {
    name: 'disk-fails',
    story: "A needs C's vote and ack; C's disk takes nothing.",
    plan: planOf({
      items: [
        cut('B', 'AC', KNOWN_AT_MS, LEASE_MS),
        atC(1900, { kind: 'failing-disk', host: 'C', forMs: 20_000 }),
        grant('A', 2000),
      ],
    }),
  },
  {
    name: 'dead-arbitrator',
    story: 'The arbitrator is dead; the ticket is revoked at A and granted at B without any wait.',
    plan: planOf({
      items: [
        grant('A'),
        atC(20_000, { kind: 'kill', host: 'C', tornRate: 1, forMs: 3 * LEASE_MS }),
        revoke('A', 30_000),
        grant('B', 40_000),
      ],
    }),
  },
  {
    name: 'sick-ticket',
    story: "A renews two tickets; writing one of them takes A's cluster longer than a lease.",
    plan: planOf({
      others: ['web'],
      items: [
        grant('A'),
        grant('A', 1500, 'web'),
        {
          atMs: 25_000,
          kind: 'slow-commits',
          host: 'A',
          commitMs: 70_000,
          ticket: 'web',
          forMs: 20_000,
        },
      ],
    }),
  },
  {
    name: 'holder-killed',
    story: "The holder's daemon dies, its cluster goes on: what runs there ends with the lease.",
    plan: planOf({
      items: [
        grant('A'),
        { atMs: 40_000, kind: 'kill', host: 'A', tornRate: 1, forMs: 4 * LEASE_MS },
      ],
    }),
  },
  {
    name: 'cluster-says-no',
    story: "A's cluster takes nothing; whoever asked for the ticket there is told so.",
    plan: planOf({
      items: [
        grant('B'),
        revoke('B', 10_000),
        {
          atMs: 15_000,
          kind: 'failing-commits',
          host: 'A',
          failure: 'before',
          ticket: null,
          forMs: 2 * LEASE_MS,
        },
        grant('A', 20_000),
      ],
    }),
  },
  {
    name: 'revoke-not-heard',
    story:
      'B does not hear that the ticket is revoked, and stands for it when its promise is over; C ' +
      'remembers the revoke.',
    rows: ['9.2.3'],
    plan: planOf({
      items: [
        grant('A'),
        cut('A', 'B', 20_000, 5 * LEASE_MS),
        cut('B', 'C', 20_000, 20_000),
        revoke('A', 30_000),
      ],
    }),
  },
  {
    name: 'reconnected',
    story: 'The holder was cut off, another site took over; it is back and wants the ticket again.',
    plan: planOf({ items: [grant('A'), cut('A', 'BC', 40_000, 2 * LEASE_MS)] }),
  },
];
