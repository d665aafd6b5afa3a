// booth.conf of a test ring, as an administrator would write it.

/** Timings of all tickets of a ring, in whole seconds (a fraction would change the unit on the wire). */
export interface RingTimings {
  readonly expireSeconds: number;
  readonly timeoutSeconds: number;
  readonly retries: number;
}

/** What a ring's configuration says. */
export interface RingPlan {
  readonly sites: readonly string[];
  readonly arbitrators: readonly string[];
  readonly tickets: readonly string[];
  readonly timings: RingTimings;
  /** Path of the key file, or null for a ring without authentication. */
  readonly authfile: string | null;
}

/** Text of the configuration. */
export const printRing = ({ sites, arbitrators, tickets, timings, authfile }: RingPlan): string =>
  [
    'transport = UDP',
    'port = 9929',
    ...(authfile === null ? [] : [`authfile = ${authfile}`]),
    ...arbitrators.map((address) => `arbitrator = ${address}`),
    ...sites.map((address) => `site = ${address}`),
    'ticket = "__defaults__"',
    `  expire = ${String(timings.expireSeconds)}`,
    `  timeout = ${String(timings.timeoutSeconds)}`,
    `  retries = ${String(timings.retries)}`,
    ...tickets.map((ticket) => `ticket = "${ticket}"`),
    '',
  ].join('\n');
