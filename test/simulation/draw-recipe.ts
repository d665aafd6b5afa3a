/**
 * Faults that belong together: what breaks rules needs several at the right distance, which chance
 * alone rarely brings about. Each is drawn from a handful of shapes, with its own lengths.
 */
import type { Random } from '../../core/base/random.ts';
import { between, chance, pick } from './engine/streams.ts';
import { HOLDER, OTHERS, type Fault, type PlanItem } from './plan.ts';

export interface RecipeScope {
  /** All hosts. */
  readonly names: readonly string[];
  readonly sites: readonly string[];
  /** The only ones that may lose their memory. */
  readonly forgetful: readonly string[];
  /** The lease. */
  readonly spanMs: number;
}

export type Recipe = (random: Random, scope: RecipeScope, startMs: number) => PlanItem[];

export type RecipeName = keyof typeof recipes;

/** The holder alone, both ways, for longer than its lease. */
const isolateHolder = (random: Random, { spanMs }: RecipeScope): Fault => ({
  kind: 'cut',
  from: [HOLDER],
  to: [OTHERS],
  isOneWay: false,
  forMs: Math.round(spanMs * between(random, 0.9, 2.5)),
});

function restart(random: Random, { forgetful, spanMs }: RecipeScope, host: string): Fault {
  const forMs = Math.round(spanMs * (chance(random, 0.7) ? 0.01 : random.next()));
  const kind = pick(random, ['kill', 'reboot', 'power-loss', 'forget'] as const);
  if (kind === 'forget' && forgetful.includes(host)) return { kind, host, forMs };
  if (kind === 'power-loss') return { kind, host, forMs, draw: random.nextU32() };
  if (kind === 'reboot') return { kind, host, forMs };
  return { kind: 'kill', host, forMs, tornRate: random.next() };
}

/** A voter hears only the holder, restarts, and then hears only the other site. */
const flip: Recipe = (random, scope, startMs) => {
  const { sites, names, forgetful, spanMs } = scope;
  const other = pick(random, sites);
  const isMemoryLost = forgetful.length > 0 && chance(random, 0.5);
  const voter = isMemoryLost ? pick(random, forgetful) : pick(random, names);
  const firstMs = Math.round(spanMs * between(random, 1, 2.2));
  const atMs = Math.round(startMs + firstMs * between(random, 0.9, 1.05));
  return [
    { atMs: startMs, kind: 'cut', from: [HOLDER], to: [other], isOneWay: false, forMs: firstMs },
    { atMs, ...restart(random, scope, voter) },
    { atMs, ...isolateHolder(random, scope) },
  ];
};

/** Acks that are late, and then none. */
const lateAcks: Recipe = (random, scope, startMs) => {
  const { names, spanMs } = scope;
  const isEverybody = chance(random, 0.5);
  const forMs = Math.round(spanMs * between(random, 1, 3));
  return [
    {
      atMs: startMs,
      kind: 'weather',
      hosts: isEverybody ? names : names.filter(() => chance(random, 0.5)),
      latencyMs: spanMs * between(random, 0.01, 0.2),
      jitterMs: chance(random, 0.3) ? spanMs * random.next() : 0,
      lossRate: chance(random, 0.3) ? random.next() * 0.4 : 0,
      doubleRate: 0,
      forMs,
    },
    { atMs: Math.round(startMs + forMs * random.next()), ...isolateHolder(random, scope) },
  ];
};

/** Datagrams come again long after, while the ticket changes hands. */
const echo: Recipe = (random, scope, startMs) => {
  const { names, sites, spanMs } = scope;
  const forMs = Math.round(spanMs * between(random, 2, 5));
  const within = (): number => Math.round(startMs + forMs * random.next());
  return [
    {
      atMs: startMs,
      kind: 'weather',
      hosts: names,
      latencyMs: 0,
      jitterMs: spanMs * between(random, 0.5, 3),
      lossRate: 0,
      doubleRate: between(random, 0.3, 0.9),
      forMs,
    },
    { atMs: within(), kind: 'handler-refuses', host: pick(random, sites), forMs: spanMs },
    {
      atMs: within(),
      kind: 'failing-commits',
      host: pick(random, sites),
      failure: 'before',
      ticket: null,
      forMs: spanMs,
    },
    { atMs: within(), ...isolateHolder(random, scope) },
  ];
};

/** The holder restarts alone, the ticket still granted in its cluster. */
const restartAlone: Recipe = (random, scope, startMs) => {
  const cut = isolateHolder(random, scope);
  const atMs = Math.round(startMs + cut.forMs * random.next());
  return [
    { atMs: startMs, ...cut },
    { atMs, ...restart(random, scope, HOLDER) },
    ...(chance(random, 0.4) ? [slowCommits(random, scope, startMs)] : []),
  ];
};

const slowCommits = (random: Random, { spanMs }: RecipeScope, atMs: number): PlanItem => ({
  atMs,
  kind: 'slow-commits',
  host: HOLDER,
  commitMs: Math.round(spanMs * between(random, 0.02, 0.8)),
  ticket: null,
  forMs: Math.round(spanMs * between(random, 0.2, 2)),
});

/** The holder stands still for about its lease, its datagrams waiting. */
const longStop: Recipe = (random, scope, startMs) => {
  const forMs = Math.round(scope.spanMs * between(random, 0.5, 2.5));
  return [
    { atMs: startMs, kind: 'pause', host: HOLDER, forMs },
    ...(chance(random, 0.3) ? [slowCommits(random, scope, startMs)] : []),
  ];
};

/** Unheard, but hearing; then the other way round. */
const halfDeaf: Recipe = (random, { spanMs }, startMs) => {
  const forMs = Math.round(spanMs * between(random, 0.5, 2));
  const isMuteFirst = chance(random, 0.5);
  const [mute, deaf] = [
    { from: [HOLDER], to: [OTHERS] },
    { from: [OTHERS], to: [HOLDER] },
  ];
  const [first, second] = isMuteFirst ? [mute, deaf] : [deaf, mute];
  return [
    { atMs: startMs, kind: 'cut', ...first, isOneWay: true, forMs },
    { atMs: startMs + forMs, kind: 'cut', ...second, isOneWay: true, forMs },
  ];
};

/** The power fails where disks are slow, and the holder is not heard by those that come back. */
const darkness: Recipe = (random, scope, startMs) => {
  const { names, spanMs } = scope;
  return [
    ...names
      .filter(() => chance(random, 0.7))
      .flatMap((host): PlanItem[] => [
        {
          atMs: startMs,
          kind: 'slow-disk',
          host,
          fsyncMs: Math.round(spanMs * between(random, 0.005, 0.1)),
          forMs: spanMs,
        },
        {
          atMs: Math.round(startMs + spanMs * random.next()),
          kind: 'power-loss',
          host,
          draw: random.nextU32(),
          forMs: Math.round(spanMs * 0.02),
        },
      ]),
    { atMs: Math.round(startMs + spanMs * random.next()), ...isolateHolder(random, scope) },
  ];
};

export const recipes = {
  flip,
  lateAcks,
  echo,
  restartAlone,
  longStop,
  halfDeaf,
  darkness,
} as const;

export const recipeNames: readonly RecipeName[] = [
  'flip',
  'lateAcks',
  'echo',
  'restartAlone',
  'longStop',
  'halfDeaf',
  'darkness',
];
