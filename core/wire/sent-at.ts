/** Packet times of booth messages: a pair of seconds and microseconds (booth-protocol 3.2). */
import type { SentAt } from './message.ts';

/** How far our timestamps may run ahead of the wall clock before they follow it back. */
const MAX_LEAD_US = 10_000_000;

/**
 * The time to put into our next message: the wall clock, or a microsecond after `previous` where
 * that is later, so that no two messages carry the same pair. Only when the wall clock was set
 * back by more than 10 s is it followed back: staying in the future would have peers refuse us.
 *
 * Differs from booth: both parts of the time in a message are of one clock, so that it never steps
 * back by itself.
 */
export function nextSentAt(previous: SentAt | null, epochMs: number): SentAt {
  const clockUs = Math.max(0, Math.floor(epochMs * 1000));
  const previousUs = previous === null ? -1 : microsecondsOf(previous);
  const isAhead = previousUs >= clockUs && previousUs - clockUs <= MAX_LEAD_US;
  const us = isAhead ? previousUs + 1 : clockUs;
  return { secs: Math.floor(us / 1_000_000), usecs: us % 1_000_000 };
}

/**
 * A time as microseconds since the epoch. A `usecs` beyond the second counts as its end, so that
 * such a pair gains no youth.
 */
export const microsecondsOf = (sentAt: SentAt): number =>
  sentAt.secs * 1_000_000 + Math.min(sentAt.usecs, 999_999);
