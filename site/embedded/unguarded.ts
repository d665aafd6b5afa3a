/**
 * Without a guard nothing would stop what runs here once this daemon hangs (R14). Another guard is
 * started at once; where none can be had the tickets are given away in order, and none is taken. A
 * guard that cannot use its watchdog is none.
 */
import type { Instant } from '../../core/base/instant.ts';
import { after } from '../../core/base/instant.ts';
import { problem, type Problem } from '../../core/base/problem.ts';
import type { TicketCommit } from '../../core/member/ports.ts';
import type { EmbeddedState } from './state.ts';
import { isHeldNow } from './state.ts';
import type { Turn } from './turn.ts';
import { emit, log } from './turn.ts';

/** How long a new guard may take to be there before tickets are given away. */
export const GUARD_GRACE_MS = 3000;

/** Asks the ring to give away what is held with a lease; again and again as long as it is. */
export function giveUpUnguarded(turn: Turn): void {
  const { state, moment } = turn;
  const { giveUpAt } = state.guard;
  if (giveUpAt === null || giveUpAt > moment.now) return;
  const again = after(moment.now, GUARD_GRACE_MS);
  turn.state = { ...state, guard: { ...state.guard, giveUpAt: again } };
  const tickets = heldWithLease(state);
  if (tickets.length === 0) return;
  const reason = 'there is no guard that would stop its resources if this daemon could not';
  const message = `no guard to rely on can be had: giving away ${tickets.join(', ')}`;
  log(turn, 'error', 'unguarded', { message, fields: { tickets } });
  emit(turn, { kind: 'give-up', tickets, reason });
}

/** When that is due; null: there is a guard, or nothing to give away. */
export const nextGiveUpAt = (state: EmbeddedState): Instant | null =>
  state.guard.giveUpAt === null || heldWithLease(state).length === 0 ? null : state.guard.giveUpAt;

/** Why a grant is not taken over; null: it is. Renewals are, so that what is held stays told of. */
export function refusalWithoutGuard(turn: Turn, change: TicketCommit): Problem | null {
  const { isWanted, isThere } = turn.state.guard;
  const isNew = turn.state.cib.tickets.get(change.ticket)?.isGranted !== true;
  if (!isWanted || isThere || !change.granted || change.leaseUntil === null || !isNew) return null;
  const message = `ticket ${change.ticket} is not taken: there is no guard to rely on`;
  return problem('guard-not-there', message);
}

/** Tickets that are held for as long as their lease lasts. */
export const heldWithLease = (state: EmbeddedState): readonly string[] =>
  [...state.grants].flatMap(([ticket, { granted, leaseUntil }]) =>
    granted && leaseUntil !== null && isHeldNow(state, ticket) ? [ticket] : [],
  );
