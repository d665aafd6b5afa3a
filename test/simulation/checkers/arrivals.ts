/**
 * When that came in which is acked: a promise counts from then, however long a slow disk holds the
 * ack back.
 */
import type { RingMessage } from '../../../core/wire/message.ts';
import type { Observation } from '../observation.ts';
import type { Plan } from '../plan.ts';

export interface Arrivals {
  readonly observe: (seen: Observation) => void;
  /** True time at which the host got what its ack answers; now, if it is not known. */
  readonly ofAcked: (host: string, ack: RingMessage) => number;
}

/** What was never acked is forgotten when there is more of it. */
const KEPT_MAX = 256;

export function createArrivals({ items }: Plan, nowMs: () => number): Arrivals {
  const isAnyDiskSlow = items.some(({ kind }) => kind === 'slow-disk');
  if (!isAnyDiskSlow) return { observe: () => undefined, ofAcked: nowMs };
  const atMs = new Map<string, number>();
  const keyOf = (host: string, { ticket, leader, term, options }: RingMessage): string =>
    `${host} ${ticket} ${String(leader)} ${String(term)} ${String(options)}`;
  return {
    observe: (seen) => {
      if (seen.kind !== 'arrived') return;
      const { command } = seen.message;
      if (command !== 'heartbeat' && command !== 'update') return;
      const key = keyOf(seen.host, seen.message);
      // The first of several that are the same: which of them is acked cannot be seen.
      if (!atMs.has(key)) atMs.set(key, nowMs());
      if (atMs.size <= KEPT_MAX) return;
      const [oldest] = atMs.keys();
      if (oldest !== undefined) atMs.delete(oldest);
    },
    ofAcked: (host, ack) => atMs.get(keyOf(host, ack)) ?? nowMs(),
  };
}
