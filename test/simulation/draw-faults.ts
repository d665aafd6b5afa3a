/** Draws one fault of a kind: whom it strikes, how badly, for how long. */
import type { Random } from '../../core/base/random.ts';
import { unreachable } from '../../core/base/assert.ts';
import { between, chance, pick, skewed, some } from './engine/streams.ts';
import type { Fault, FaultKind, HostPlan, TicketPlan } from './plan.ts';

export const faultKinds: readonly FaultKind[] = [
  'weather',
  'cut',
  'pause',
  'kill',
  'reboot',
  'power-loss',
  'forget',
  'damage',
  'slow-disk',
  'full-disk',
  'failing-disk',
  'slow-commits',
  'failing-commits',
  'handler-refuses',
  'handler-hangs',
  'wall-step',
];

export interface FaultScope {
  readonly tickets: readonly TicketPlan[];
  readonly hosts: readonly HostPlan[];
  readonly kinds: readonly FaultKind[];
  /** The only ones that lose their memory. */
  readonly forgetful: readonly string[];
  /** The longest lease. */
  readonly spanMs: number;
}

export function drawFault(random: Random, scope: FaultScope): Fault {
  const { spanMs } = scope;
  const names = scope.hosts.map(({ name }) => name);
  const host = pick(random, names);
  const forMs = skewed(random, 100, chance(random, 0.3) ? 4 * spanMs : spanMs);
  const kind = pick(random, scope.kinds);
  switch (kind) {
    case 'weather':
      return { kind, forMs, ...drawWeather(random, names, spanMs) };
    case 'cut':
      return { kind, forMs, ...drawCut(random, names) };
    case 'kill':
      return { kind, forMs, host, tornRate: random.next() };
    case 'pause':
    case 'reboot':
    case 'full-disk':
    case 'failing-disk':
    case 'handler-refuses':
      return { kind, forMs, host };
    case 'power-loss':
      return { kind, forMs, host, draw: random.nextU32() };
    case 'forget': {
      const forgetful = scope.forgetful[0];
      if (forgetful === undefined) return { kind: 'reboot', forMs, host };
      return { kind, forMs, host: pick(random, scope.forgetful) };
    }
    case 'damage': {
      const forgetful = scope.forgetful[0];
      if (forgetful === undefined) return { kind: 'reboot', forMs, host };
      return { kind, forMs, host: pick(random, scope.forgetful), draw: random.nextU32() };
    }
    case 'slow-disk':
      return { kind, forMs, host, fsyncMs: skewed(random, 5, spanMs) };
    case 'slow-commits':
      return {
        kind,
        forMs,
        host,
        commitMs: skewed(random, 10, spanMs),
        ticket: one(random, scope),
      };
    case 'failing-commits': {
      const failure = pick(random, ['before', 'before', 'after'] as const);
      return { kind, forMs, host, failure, ticket: one(random, scope) };
    }
    case 'handler-hangs':
      return { kind, forMs, host, handlerMs: skewed(random, 1000, 2 * spanMs) };
    case 'wall-step': {
      const byMs = skewed(random, 1000, chance(random, 0.8) ? 200_000 : 4_000_000);
      return { kind, forMs, host, byMs: chance(random, 0.5) ? byMs : -byMs };
    }
    default:
      return unreachable(kind);
  }
}

const one = (random: Random, { tickets }: FaultScope): string | null =>
  chance(random, 0.5) ? pick(random, tickets).name : null;

function drawWeather(random: Random, names: readonly string[], spanMs: number) {
  const isEverywhere = chance(random, 0.6);
  const isReordering = chance(random, 0.6);
  return {
    hosts: isEverywhere ? names : some(random, names, 0.4),
    latencyMs: chance(random, 0.2) ? skewed(random, 10, spanMs / 2) : between(random, 1, 20),
    jitterMs: isReordering ? skewed(random, 10, chance(random, 0.3) ? 3 * spanMs : spanMs / 4) : 0,
    lossRate: chance(random, 0.5) ? random.next() * 0.7 : 0,
    doubleRate: chance(random, 0.5) ? random.next() * 0.5 : 0,
  };
}

/** One member alone, a link, or the ring in two parts; one way or both. */
function drawCut(random: Random, names: readonly string[]) {
  const isOneWay = chance(random, 0.35);
  const shape = random.next();
  const first = pick(random, names);
  const others = names.filter((name) => name !== first);
  if (shape < 0.4) return { from: [first], to: others, isOneWay };
  if (shape < 0.65) return { from: [first], to: [pick(random, others)], isOneWay };
  const side = [first, ...some(random, others, 0.5)];
  return { from: side, to: names.filter((name) => !side.includes(name)), isOneWay };
}
