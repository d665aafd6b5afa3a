/** The one log line of a change of state: ticket, state, term, leader, time left, and why. */
import { nameOf } from './context.ts';
import { leftMs } from './lease.ts';
import type { TicketState } from './state.ts';
import { liveHolder } from './state.ts';
import type { Turn } from './turn.ts';
import { tell } from './turn.ts';

export function tellChange(turn: Turn, before: TicketState): void {
  const { state, context } = turn;
  if (
    before.role === state.role &&
    before.term === state.term &&
    sameHolder(before, state) &&
    (before.lease === null) === (state.lease === null)
  )
    return;
  const leader = liveHolder(state, context.now);
  const until = state.lease?.until ?? state.promise?.until ?? null;
  const left = leader === null ? 0 : leftMs(until, context.now);
  const time = left > 0 ? `, ${(left / 1000).toFixed(1)} s left` : '';
  const roles = before.role === state.role ? state.role : `${before.role} → ${state.role}`;
  const why = turn.why === '' ? '' : ` (${turn.why})`;
  tell(turn, 'info', {
    event: 'state',
    message: `${roles}, term ${String(state.term)}, leader ${leaderText(turn)}${time}${why}`,
    fields: {
      state: state.role,
      before: before.role,
      term: state.term,
      leader: leaderText(turn),
      leftMs: left,
      isHeldHere: state.lease !== null,
      why: turn.why,
    },
  });
}

/** As `list` shows it: an address, `none` when revoked, `NONE` when not known. */
function leaderText({ state, context }: Turn): string {
  if (state.holder.kind === 'nobody') return 'none';
  const leader =
    context.config.mode === 'manual' && state.holder.kind === 'member'
      ? state.holder.id
      : liveHolder(state, context.now);
  return leader === null ? 'NONE' : nameOf(context, leader);
}

function sameHolder(a: TicketState, b: TicketState): boolean {
  if (a.holder.kind !== b.holder.kind) return false;
  if (a.holder.kind !== 'member' || b.holder.kind !== 'member') return true;
  return a.holder.id === b.holder.id && a.holder.isReleased === b.holder.isReleased;
}
