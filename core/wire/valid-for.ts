/**
 * The remaining lease as it travels (booth-protocol 2.6). Both ends must use booth's 32-bit
 * arithmetic, or long leases in millisecond rings mean different things to different members.
 */

/** The unit a ring's configuration implies; the message does not carry it. */
export type LeaseUnit = 's' | 'ms';

/**
 * What goes into `term_valid_for` when `leftMs` of the lease remain: rounded down; 0 when nothing
 * is left. In millisecond rings values above 2147483 come out as booth's wrapped numbers.
 */
export function validForOfMs(leftMs: number, unit: LeaseUnit): number {
  const wholeMs = Math.max(0, Math.floor(leftMs));
  if (unit === 's') return Math.min(Math.floor(wholeMs / 1000), 0xffffffff);
  const wrapped = (wholeMs * 1000) | 0;
  return Math.trunc(wrapped / 1000) >>> 0;
}

/**
 * The lease in milliseconds that a received `term_valid_for` (32-bit unsigned) stands for. Not yet
 * bounded by the ticket's own expire: that is the receiver's to do.
 */
export function msOfValidFor(value: number, unit: LeaseUnit): number {
  if (unit === 's') return value * 1000;
  return Math.floor(((value * 1000) >>> 0) / 1000);
}
