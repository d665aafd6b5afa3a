/**
 * The arithmetic of leases and promises: free functions of numbers.
 *
 * A follower promises `receipt + D`; the leader holds until `send + D·(1 − MAX_DRIFT)`. The send
 * lies before the receipt and the leader's span is the shorter one by the largest difference of
 * clock rates, so every promise of a quorum outlives the lease that is built on it (R1, R2).
 */
import type { Instant } from '../base/instant.ts';
import { after, later, msBetween } from '../base/instant.ts';
import type { MemberId } from '../base/member-id.ts';
import type { TicketConfig } from '../config/model.ts';
import { MAX_DRIFT } from './context.ts';
import type { TicketPromise, TicketState } from './state.ts';

/** By how much `expire` may differ between members while a new booth.conf is rolled out. */
const EXPIRE_FACTOR_MAX = 100;

/** The most of a lease that a slow cluster may take away at its end (R6), as a part of `expire`. */
export const COMMIT_MARGIN_MAX = 1 / 4;

/** R1: counted from the first send of the round, never from its acks. */
export const leaseEnd = (roundSentAt: Instant, config: TicketConfig): Instant =>
  after(roundSentAt, Math.floor(config.expireMs * (1 - MAX_DRIFT)));

/**
 * R2: the whole lease, however little the message says is left; and a longer one where the
 * leader's configuration, newer than ours, says so. null: longer than anybody can mean, so that no
 * promise is given at all.
 */
export function promiseSpanMs(validForMs: number, config: TicketConfig): number | null {
  const spanMs = Math.max(validForMs, config.expireMs);
  return spanMs > config.expireMs * EXPIRE_FACTOR_MAX ? null : spanMs;
}

/** R7: the longest promise that a member without its memory may have given. */
export const abstentionEnd = (startedAt: Instant, config: TicketConfig): Instant =>
  after(startedAt, Math.ceil(config.expireMs * (1 + MAX_DRIFT)));

/** R7: it may have forgotten a promise that still lives. */
export const isAbstaining = ({ abstainUntil }: TicketState, now: Instant): boolean =>
  abstainUntil !== null && abstainUntil > now;

/**
 * From one renewal's send to the next: `renewal-freq`, but early enough that two lost rounds do
 * not cost the lease (booth accepts a renewal-freq above expire, and then lets it lapse), nor a
 * cluster that has become slow meanwhile (R6).
 */
export function renewalSpanMs({ expireMs, renewalMs, timeoutMs }: TicketConfig): number {
  const latestMs = expireMs * (1 - MAX_DRIFT) - expireMs * COMMIT_MARGIN_MAX - 2 * timeoutMs;
  return Math.min(renewalMs, Math.max(expireMs / 2, latestMs));
}

/** R6: when the revocation must start so that its commit is finished at the lease's end. */
export const surrenderAt = (leaseUntil: Instant, commitMarginMs: number): Instant =>
  after(leaseUntil, -commitMarginMs);

/** What is left of a moment, not below 0. */
export const leftMs = (until: Instant | null, now: Instant): number =>
  until === null ? 0 : Math.max(0, msBetween(now, until));

/** The promise to somebody else than `member` that still binds, if any (R5). */
export function bindingPromise(
  state: TicketState,
  member: TicketPromise['to'],
  now: Instant,
): TicketPromise | null {
  const { promise } = state;
  if (promise === null || promise.to === member || promise.until <= now) return null;
  return promise;
}

/** When the resources of a holder whose right ended at `endedAt` may be taken as stopped. */
export function drainEnd(state: TicketState, endedAt: Instant, config: TicketConfig): Instant {
  const drained = after(endedAt, config.acquireAfterMs);
  return state.drainUntil === null ? drained : later(state.drainUntil, drained);
}

/**
 * R9: no grant is committed before this moment, as far as this member knows: `acquire-after`
 * behind the end of the last promise, unless its end is known already, or it backs a right that
 * this member still has.
 */
export function drainMoment(
  state: TicketState,
  self: MemberId,
  config: TicketConfig,
): Instant | null {
  const { promise, holder } = state;
  const isOver = holder.kind === 'nobody' || (holder.kind === 'member' && holder.isReleased);
  const isHeldHere = promise?.to === self && (state.role === 'leader' || state.lease !== null);
  if (promise === null || isHeldHere || isOver) return state.drainUntil;
  return drainEnd(state, promise.until, config);
}
