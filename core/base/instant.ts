/**
 * Time for lease arithmetic: a moment on this host's boot clock, which never steps and counts
 * suspend. Wall-clock times are plain epoch numbers named `…EpochMs` and are only shown or stored
 * for people (design: ticket-protocol, "Vocabulary").
 */
declare const instantBrand: unique symbol;

/** Milliseconds since boot; comparable only with instants of the same boot. */
export type Instant = number & { readonly [instantBrand]: 'Instant' };

/** Names a number of milliseconds since boot as an instant. */
export const instantOf = (bootMs: number): Instant => bootMs as Instant;

/** The moment `spanMs` after (or, if negative, before) `at`. */
export const after = (at: Instant, spanMs: number): Instant => (at + spanMs) as Instant;

/** Milliseconds from `from` until `to`; negative when `to` lies before. */
export const msBetween = (from: Instant, to: Instant): number => to - from;

/** The first of two moments. */
export const earlier = (a: Instant, b: Instant): Instant => (a < b ? a : b);

/** The last of two moments. */
export const later = (a: Instant, b: Instant): Instant => (a > b ? a : b);

/** The earliest of the moments that exist, or null when none does. */
export function earliest(moments: readonly (Instant | null)[]): Instant | null {
  let first: Instant | null = null;
  for (const moment of moments) {
    if (moment !== null && (first === null || moment < first)) first = moment;
  }
  return first;
}
