/**
 * Directed plans in which a voter hears only the holder, and then only the other site: whatever
 * becomes of the voter between, its promise to the holder binds.
 */
import type { Fault, PlanItem } from '../plan.ts';
import { LEASE_MS, cut, grant, planOf } from './plan-of.ts';
import type { Scenario } from './scenario.ts';

/** Behind the second renewal: B hears no later one, and stands when its own promise is over. */
const UNHEARD_AT_MS = 32_000;
/** Behind the fourth, which only C acks; B stands half a second later. */
const FLIPPED_AT_MS = 91_200;

const flip = (...between: PlanItem[]) =>
  planOf({
    items: [
      grant('A'),
      cut('A', 'B', UNHEARD_AT_MS, 3 * LEASE_MS),
      cut('A', 'C', FLIPPED_AT_MS, 2 * LEASE_MS),
      ...between,
    ],
  });

const toVoter = (fault: Fault & { readonly host: 'C' }): PlanItem => ({
  atMs: FLIPPED_AT_MS,
  ...fault,
});

const FOR_MS = 100;

export const flipScenarios: readonly Scenario[] = [
  {
    name: 'flip',
    story: 'The voter hears the holder, then only the other site.',
    plan: flip(),
  },
  {
    name: 'flip-over-a-restart',
    story: 'The voter is killed and started again between.',
    rows: ['9.2.10'],
    plan: flip(toVoter({ kind: 'kill', host: 'C', tornRate: 0.5, forMs: FOR_MS })),
  },
  {
    name: 'flip-over-a-reboot',
    story: "The voter's machine restarts between, its boot clock from 0.",
    plan: flip(toVoter({ kind: 'reboot', host: 'C', forMs: FOR_MS })),
  },
  {
    name: 'flip-over-lost-memory',
    story: 'The voter comes back without its state.',
    plan: flip(toVoter({ kind: 'forget', host: 'C', forMs: FOR_MS })),
  },
  {
    name: 'flip-over-damaged-memory',
    story: 'The voter comes back with a damaged journal.',
    plan: flip(toVoter({ kind: 'damage', host: 'C', draw: 300, forMs: FOR_MS })),
  },
  {
    name: 'flip-over-a-torn-write',
    story:
      'The voter is killed in the middle of writing down its ack to the fourth renewal, and comes ' +
      'back with half of that line in its journal.',
    plan: planOf({
      items: [
        grant('A'),
        cut('A', 'B', UNHEARD_AT_MS, 3 * LEASE_MS),
        { atMs: 90_900, kind: 'slow-disk', host: 'C', fsyncMs: 400, forMs: 250 },
        { atMs: 91_100, kind: 'kill', host: 'C', tornRate: 0.75, forMs: FOR_MS },
        cut('A', 'C', 91_150, 2 * LEASE_MS),
      ],
    }),
  },
  {
    name: 'holder-reboots-alone',
    story:
      'The holder, cut off, restarts with its machine, the ticket still granted in its cluster: the ' +
      'boot clock starts from 0, so that its stored lease says nothing.',
    plan: planOf({
      items: [
        grant('A'),
        cut('A', 'BC', 40_000, 3 * LEASE_MS),
        { atMs: 50_000, kind: 'reboot', host: 'A', forMs: 1000 },
      ],
    }),
  },
  {
    name: 'holder-restarts-too-late',
    story: 'The holder is down for longer than its lease, the ticket still granted in its cluster.',
    plan: planOf({
      items: [
        grant('A'),
        { atMs: 40_000, kind: 'kill', host: 'A', tornRate: 1, forMs: 2 * LEASE_MS },
        cut('A', 'BC', 40_000, 4 * LEASE_MS),
      ],
    }),
  },
];
