/**
 * Which grants are not to be relied on. A grant found in the CIB at start, one that is not on disk,
 * and one whose deadline the guard has not confirmed start nothing (R8, R14). One whose lease is
 * over counts as lost, even if the ring has not said so: this daemon may have been paused.
 */
import type { Instant } from '../../core/base/instant.ts';
import { after, earliest } from '../../core/base/instant.ts';
import type { TicketDoubt } from '../../core/scheduler/scene.ts';
import type { EmbeddedState } from './state.ts';
import type { Turn } from './turn.ts';
import { log } from './turn.ts';

/** The daemon's own stops begin this much before the guard would act. */
export const LAPSE_MARGIN_MS = 50;

/** Brings `doubts` up to date; a change makes the plan stale. */
export function updateDoubts(turn: Turn): void {
  const doubts = doubtsOf(turn.state, turn.moment.now);
  const before = turn.state.doubts;
  const isSame =
    doubts.size === before.size &&
    [...doubts].every(([ticket, doubt]) => before.get(ticket) === doubt);
  if (isSame) return;
  turn.state = { ...turn.state, doubts };
  turn.isPlanStale = true;
  turn.staleDrains = 'all';
  for (const [ticket, doubt] of doubts) {
    if (doubt === 'lapsed' && before.get(ticket) !== 'lapsed') {
      const message = `the lease of ticket ${ticket} ended without a renewal or a revoke, its resources are stopped`;
      log(turn, 'error', 'lease-lapsed', { message, fields: { ticket } });
    }
  }
}

/** When the next lease lapses; null when none will. */
export const nextLapseAt = (state: EmbeddedState): Instant | null =>
  earliest(
    [...state.dependents.keys()].map((ticket) =>
      state.doubts.get(ticket) === 'lapsed' ? null : lapseAt(state, ticket),
    ),
  );

function doubtsOf(state: EmbeddedState, now: Instant): ReadonlyMap<string, TicketDoubt> {
  const doubts = new Map<string, TicketDoubt>();
  for (const ticket of state.dependents.keys()) {
    const doubt = doubtOf(state, ticket, now);
    if (doubt !== null) doubts.set(ticket, doubt);
  }
  return doubts;
}

function doubtOf(state: EmbeddedState, ticket: string, now: Instant): TicketDoubt | null {
  if (state.cib.tickets.get(ticket)?.isGranted !== true) return null;
  const at = lapseAt(state, ticket);
  if (at !== null && at <= now) return 'lapsed';
  const grant = state.grants.get(ticket);
  if (grant === undefined || grant.revision > state.disk.writtenRevision) return 'unconfirmed';
  if (grant.leaseUntil === null || !state.guard.isWanted) return null;
  const duty = state.guard.duties.get(ticket);
  const isHeard =
    duty !== undefined && state.guard.isThere && duty.listWord <= state.guard.heardWord;
  return isHeard ? null : 'unconfirmed';
}

function lapseAt(state: EmbeddedState, ticket: string): Instant | null {
  const grant = state.grants.get(ticket);
  return grant === undefined || !grant.granted || grant.leaseUntil === null
    ? null
    : after(grant.leaseUntil, -LAPSE_MARGIN_MS);
}
