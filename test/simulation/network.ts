/** A virtual network: datagrams are late, lost, doubled, reordered, and cut off one way or both. */
import type { MemberId } from '../../core/base/member-id.ts';
import type { Random } from '../../core/base/random.ts';
import type { TrueTime } from './events.ts';

/** What the network does to each datagram. */
export interface Weather {
  readonly latencyMs: number;
  /** Added to some datagrams, so that they overtake each other; 0: none. */
  readonly jitterMs: number;
  /** 0…1. */
  readonly lossRate: number;
  readonly doubleRate: number;
}

export const fairWeather: Weather = { latencyMs: 1, jitterMs: 0, lossRate: 0, doubleRate: 0 };

/** A host's end of the network. */
export interface NetworkHost {
  readonly id: MemberId;
  readonly receive: (bytes: Uint8Array) => void;
}

export interface Network {
  weather: Weather;
  readonly send: (from: string, to: MemberId, bytes: Uint8Array) => void;
  /** Datagrams from the first to the second are lost. */
  readonly cut: (from: string, to: string) => void;
  readonly heal: () => void;
}

export function createNetwork(
  time: TrueTime,
  random: Random,
  hosts: ReadonlyMap<string, NetworkHost>,
): Network {
  const cuts = new Set<string>();
  const carry = (from: string, to: string, bytes: Uint8Array): void => {
    const { weather } = network;
    if (weather.lossRate > 0 && random.next() < weather.lossRate) return;
    const lateMs = weather.jitterMs > 0 ? random.next() ** 4 * weather.jitterMs : 0;
    time.at(time.nowMs() + weather.latencyMs + lateMs, () => {
      if (!cuts.has(`${from}>${to}`)) hosts.get(to)?.receive(bytes);
    });
  };
  const network: Network = {
    weather: fairWeather,
    send: (from, to, bytes) => {
      const receiver = [...hosts].find(([, { id }]) => id === to);
      if (receiver === undefined) return;
      const copy = bytes.slice();
      carry(from, receiver[0], copy);
      const { doubleRate } = network.weather;
      if (doubleRate > 0 && random.next() < doubleRate) carry(from, receiver[0], copy);
    },
    cut: (from, to) => cuts.add(`${from}>${to}`),
    heal: () => {
      cuts.clear();
    },
  };
  return network;
}
