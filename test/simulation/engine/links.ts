/**
 * The network: each datagram is late, lost, doubled, overtaken or cut off, as the faults at its
 * moment say. What happens to the n-th datagram of a link is drawn from that link's own stream.
 */
import type { MemberId } from '../../../core/base/member-id.ts';
import type { Random } from '../../../core/base/random.ts';
import type { TrueTime } from './events.ts';
import { stream } from './streams.ts';

/** What bad weather does to each datagram of the hosts it is over. */
export interface Weather {
  /** Senders it is over. */
  readonly hosts: readonly string[];
  readonly latencyMs: number;
  /** The most that is added to a datagram, so that they overtake each other; most get little. */
  readonly jitterMs: number;
  /** 0…1. */
  readonly lossRate: number;
  readonly doubleRate: number;
}

/** No datagram gets from one of the first to one of the second. */
export interface Cut {
  readonly from: readonly string[];
  readonly to: readonly string[];
}

export interface Links {
  readonly weathers: Set<Weather>;
  /** Call `cutsChanged` after a change. */
  readonly cuts: Set<Cut>;
  readonly cutsChanged: () => void;
  readonly send: (from: string, to: MemberId, bytes: Uint8Array) => void;
}

export interface LinksScene {
  readonly time: TrueTime;
  readonly seed: number;
  readonly baseLatencyMs: number;
  readonly nameOf: ReadonlyMap<MemberId, string>;
  readonly onSent: (from: string, to: string, bytes: Uint8Array) => void;
  readonly deliver: (from: string, to: string, bytes: Uint8Array) => void;
  readonly onLost: (from: string, to: string, bytes: Uint8Array) => void;
}

export function createLinks(scene: LinksScene): Links {
  const { time, seed, nameOf, baseLatencyMs } = scene;
  const streams = new Map<string, Random>();
  const weathers = new Set<Weather>();
  const cuts = new Set<Cut>();
  let cutLinks = new Set<string>();
  const streamOf = (link: string): Random => {
    const found = streams.get(link) ?? stream(seed, `link ${link}`);
    streams.set(link, found);
    return found;
  };
  const arrive = (from: string, to: string, bytes: Uint8Array): void => {
    if (cutLinks.has(`${from}>${to}`)) scene.onLost(from, to, bytes);
    else scene.deliver(from, to, bytes);
  };
  return {
    weathers,
    cuts,
    cutsChanged: () => {
      cutLinks = new Set(
        [...cuts].flatMap((cut) => cut.from.flatMap((from) => cut.to.map((to) => `${from}>${to}`))),
      );
    },
    send: (from, id, bytes) => {
      const to = nameOf.get(id);
      if (to === undefined) return;
      scene.onSent(from, to, bytes);
      if (weathers.size === 0) {
        time.after(baseLatencyMs, () => {
          arrive(from, to, bytes);
        });
        return;
      }
      const random = streamOf(`${from}>${to}`);
      // As many draws for every datagram, whatever becomes of it.
      const draws = [random.next(), random.next(), random.next(), random.next()] as const;
      for (const lateMs of fate([...weathers], from, draws)) {
        time.after(baseLatencyMs + lateMs, () => {
          arrive(from, to, bytes);
        });
      }
    },
  };
}

/** How late each copy arrives; none: it is lost. */
function fate(
  weathers: readonly Weather[],
  from: string,
  [loss, doubling, first, second]: readonly [number, number, number, number],
): number[] {
  let [latencyMs, jitterMs, lossRate, doubleRate] = [0, 0, 0, 0];
  for (const weather of weathers) {
    if (!weather.hosts.includes(from)) continue;
    latencyMs = Math.max(latencyMs, weather.latencyMs);
    jitterMs = Math.max(jitterMs, weather.jitterMs);
    lossRate = Math.max(lossRate, weather.lossRate);
    doubleRate = Math.max(doubleRate, weather.doubleRate);
  }
  if (loss < lossRate) return [];
  const late = (draw: number): number => latencyMs + draw * draw * draw * draw * jitterMs;
  return doubling < doubleRate ? [late(first), late(second)] : [late(first)];
}
