// What is done to a ring, when and for how long: drawn from a seed, so that the seed alone says what a run does. How
// the processes of a run interleave is up to the machine; the schedule and the draws of each link are not.
import { seededRandom, type Random } from '../../../core/base/random.ts';
import type { LinkConditions } from '../../lab/frame-hub.ts';
import type { RingPlan } from './chaos-ring.ts';

/** One thing that is done; what lasts ends after `forMs`, what is restarted comes back then. */
export type Fault =
  | { readonly kind: 'kill'; readonly member: string; readonly forMs: number }
  | { readonly kind: 'pause'; readonly member: string; readonly forMs: number }
  | {
      readonly kind: 'cut';
      readonly from: readonly string[];
      readonly to: readonly string[];
      readonly isBothWays: boolean;
      readonly forMs: number;
    }
  | {
      readonly kind: 'weather';
      readonly conditions: Partial<LinkConditions>;
      readonly forMs: number;
    }
  | {
      readonly kind: 'clock';
      readonly member: string;
      readonly offsetSecs: number;
      readonly forMs: number;
    }
  | { readonly kind: 'grant' | 'revoke'; readonly site: string; readonly forMs: number };

/** A fault and when it begins, counted from the first grant. */
export interface Planned {
  readonly atMs: number;
  readonly fault: Fault;
}

/** A ring, where it is granted first, and what then happens. */
export interface Schedule {
  readonly seed: number;
  readonly ring: RingPlan;
  readonly firstHolder: string;
  readonly planned: readonly Planned[];
  /** When everything is healed. */
  readonly untilMs: number;
}

/** How many members the rings of the schedules have. */
export type RingSize = 3 | 5;

const FAULTY_MS = 9000;
const kinds = ['kill', 'pause', 'cut', 'weather', 'clock', 'operator'] as const;
type Kind = (typeof kinds)[number];

/** The schedule of a seed. */
export const drawSchedule = (seed: number, size: RingSize): Schedule => {
  const random = seededRandom(seed);
  // Which faults exist at all differs from run to run: some only show without the others.
  const enabled = kinds.filter(() => random.next() < 0.6);
  const chosen: readonly Kind[] = enabled.length > 0 ? enabled : ['cut'];
  const ring = drawRing(seed, size, random, chosen.includes('clock'));
  const names = memberNames(ring);
  const planned: Planned[] = [];
  for (let atMs = between(random, 0, 1000); atMs < FAULTY_MS;) {
    const fault = drawFault(random, oneOf(random, chosen), names, ring.expireMs);
    planned.push({ atMs: Math.round(atMs), fault });
    atMs += between(random, 100, 1800);
  }
  const firstHolder = oneOf(random, names.filter(isSite));
  return { seed, ring, firstHolder, planned, untilMs: FAULTY_MS };
};

/** The members of a ring, sites first. */
export const memberNames = ({ siteCount, arbitratorCount }: RingPlan): readonly string[] => [
  ...Array.from({ length: siteCount }, (_, index) => `site${String(index + 1)}`),
  ...Array.from({ length: arbitratorCount }, (_, index) => `arbitrator${String(index + 1)}`),
];

const isSite = (name: string): boolean => name.startsWith('site');

const drawRing = (
  seed: number,
  size: RingSize,
  random: Random,
  hasSteppedClocks: boolean,
): RingPlan => {
  const arbitratorCount = size === 3 ? oneOf(random, [0, 1, 1, 1]) : oneOf(random, [1, 2, 2, 3]);
  return {
    seed,
    siteCount: size - arbitratorCount,
    arbitratorCount,
    expireMs: oneOf(random, [2000, 2500, 3000]),
    timeoutMs: oneOf(random, [120, 200]),
    acquireAfterMs: oneOf(random, [0, 500, 1000]),
    stopMs: oneOf(random, [0, 50, 150]),
    hasKey: random.next() < 0.75,
    hasSteppedClocks,
  };
};

const drawFault = (
  random: Random,
  kind: Kind,
  names: readonly string[],
  expireMs: number,
): Fault => {
  const member = oneOf(random, names);
  switch (kind) {
    case 'kill':
      return { kind, member, forMs: span(random, 0, 1.5 * expireMs) };
    case 'pause':
      return { kind, member, forMs: span(random, 100, 1.6 * expireMs) };
    case 'cut':
      return drawCut(random, names, expireMs);
    case 'weather':
      return drawWeather(random, expireMs);
    case 'clock':
      return {
        kind,
        member,
        // Mostly within what members bear of each other (maxtimeskew), now and then far beyond.
        offsetSecs: oneOf(random, [-250, -40, -3, 3, 40, 250, 250, 7200]),
        forMs: span(random, 500, 2 * expireMs),
      };
    case 'operator':
      return {
        kind: random.next() < 0.6 ? 'grant' : 'revoke',
        site: oneOf(random, names.filter(isSite)),
        forMs: span(random, 200, 2.5 * expireMs),
      };
  }
};

/** One member against all others, or the ring in two; one way or both. */
const drawCut = (random: Random, names: readonly string[], expireMs: number): Fault => {
  const alone = oneOf(random, names);
  const isAlone = random.next() < 0.5;
  const from = isAlone ? [alone] : names.filter(() => random.next() < 0.5);
  const to = names.filter((name) => !from.includes(name));
  const isTurned = random.next() < 0.5;
  return {
    kind: 'cut',
    from: isTurned ? to : from,
    to: isTurned ? from : to,
    isBothWays: random.next() < 0.5,
    forMs: span(random, 300, 1.8 * expireMs),
  };
};

const drawWeather = (random: Random, expireMs: number): Fault => {
  const maybe = (value: number): number => (random.next() < 0.5 ? value : 0);
  const leastMs = maybe(between(random, 0, 100));
  return {
    kind: 'weather',
    conditions: {
      lossShare: maybe(between(random, 0.05, 0.5)),
      duplicateShare: maybe(between(random, 0.05, 0.5)),
      delayMs: [leastMs, leastMs + maybe(between(random, 10, 0.3 * expireMs))],
      holdShare: maybe(between(random, 0.05, 0.4)),
      holdMs: between(random, 0.1, 1.5) * expireMs,
    },
    forMs: span(random, 500, 2 * expireMs),
  };
};

const between = (random: Random, least: number, most: number): number =>
  least + random.next() * (most - least);
const span = (random: Random, least: number, most: number): number =>
  Math.round(between(random, least, most));

const oneOf = <T>(random: Random, choices: readonly T[]): T => {
  const chosen = choices[Math.floor(random.next() * choices.length)];
  if (chosen === undefined) throw new Error('nothing to choose from');
  return chosen;
};

/** One line a fault, for people. */
export const describeSchedule = ({ seed, ring, firstHolder, planned }: Schedule): string =>
  [
    `seed ${String(seed)}: ${String(ring.siteCount)} sites, ${String(ring.arbitratorCount)} arbitrators, expire ${String(ring.expireMs)} ms, timeout ${String(ring.timeoutMs)} ms, acquire-after ${String(ring.acquireAfterMs)} ms, stops ${String(ring.stopMs)} ms, ${ring.hasKey ? 'with' : 'without'} key, first at ${firstHolder}`,
    ...planned.map(
      ({ atMs, fault }) => `  ${String(atMs).padStart(5)} ms  ${describeFault(fault)}`,
    ),
  ].join('\n');

/** A fault in words. */
export const describeFault = (fault: Fault): string => {
  const lasting = `for ${String(fault.forMs)} ms`;
  switch (fault.kind) {
    case 'kill':
      return `kill -9 ${fault.member}, started again after ${String(fault.forMs)} ms`;
    case 'pause':
      return `stop ${fault.member} ${lasting}`;
    case 'cut': {
      const arrow = fault.isBothWays ? '<->' : '->';
      return `cut ${fault.from.join(' ') || 'nobody'} ${arrow} ${fault.to.join(' ') || 'nobody'} ${lasting}`;
    }
    case 'weather':
      return `weather ${JSON.stringify(fault.conditions)} ${lasting}`;
    case 'clock':
      return `wall clock of ${fault.member} ${String(fault.offsetSecs)} s off ${lasting}`;
    case 'grant':
    case 'revoke':
      return `${fault.kind} ${fault.site}, client gives up after ${String(fault.forMs)} ms`;
  }
};
