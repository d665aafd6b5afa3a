/** When a holder renews: read from its journal, where every lease says when its round was sent (R1). */
import { waitUntil } from '../support/wait-until.ts';
import type { MemberProcess } from './member-process.ts';

export interface RenewalsWatch {
  /** Waits until so many renewals have been seen since the watch began. */
  untilRenewed(count: number): Promise<true>;
  /** Milliseconds between one renewal and the next, by the holder's own clock. */
  intervalsMs(): readonly number[];
  stop(): void;
}

/** Much shorter than any renewal-freq, so that none is overlooked. */
const LOOK_EVERY_MS = 40;

/** Watches the leases of the ticket `t` at its holder; the holder is asked for nothing. */
export function watchRenewals(holder: MemberProcess): RenewalsWatch {
  const ends: number[] = [];
  const look = (): void => {
    const end = leaseEndOf(holder);
    if (end !== null && end !== ends.at(-1)) ends.push(end);
  };
  look();
  const timer = setInterval(look, LOOK_EVERY_MS);
  const intervalsMs = (): readonly number[] =>
    ends.slice(1).map((end, index) => end - (ends[index] ?? end));
  return {
    untilRenewed: (count) =>
      waitUntil(`${String(count)} renewals at ${holder.address}`, () => ends.length > count, {
        timeoutMs: 60_000,
        everyMs: LOOK_EVERY_MS,
      }),
    intervalsMs,
    stop: () => clearInterval(timer),
  };
}

function leaseEndOf(holder: MemberProcess): number | null {
  const lease: unknown = holder.record()['lease'];
  if (typeof lease !== 'object' || lease === null || !('until' in lease)) return null;
  return Number(lease.until);
}
