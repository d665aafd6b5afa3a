/** The one log line of a change of state: ticket, state, term, leader, time left, and why. */
import type { TicketContext } from './context.ts';
import { nameOf } from './context.ts';
import { QUIET_AFTER_FAILURES } from './election.ts';
import { leftMs } from './lease.ts';
import type { TicketState } from './state.ts';
import { liveHolder } from './state.ts';
import type { Turn } from './turn.ts';
import { tell } from './turn.ts';

export function tellChange(turn: Turn, before: TicketState): void {
  const { state, context } = turn;
  if (isSameToPeople(turn, before)) return;
  const leader = liveHolder(state, context.now);
  const until = state.lease?.until ?? state.promise?.until ?? null;
  const left = leader === null ? 0 : leftMs(until, context.now);
  const time = left > 0 ? `, ${(left / 1000).toFixed(1)} s left` : '';
  const roles = before.role === state.role ? state.role : `${before.role} → ${state.role}`;
  const why = turn.why === '' ? '' : ` (${turn.why})`;
  tell(turn, isVainElection(state) ? 'debug' : 'info', {
    event: 'state',
    message: `${roles}, term ${String(state.term)}, leader ${leaderText(state, context)}${time}${why}`,
    fields: {
      state: state.role,
      before: before.role,
      term: state.term,
      leader: leaderText(state, context),
      leftMs: left,
      isHeldHere: state.lease !== null,
      why: turn.why,
    },
  });
}

function isSameToPeople({ state, context }: Turn, before: TicketState): boolean {
  return (
    before.role === state.role &&
    before.term === state.term &&
    leaderText(before, context) === leaderText(state, context) &&
    (before.lease === null) === (state.lease === null)
  );
}

/** A minority stands for election again and again; the log stays readable for a week. */
const isVainElection = ({ role, failedElections }: TicketState): boolean =>
  failedElections > QUIET_AFTER_FAILURES && (role === 'candidate' || role === 'follower');

/** As `list` shows it: an address, `none` when revoked, `NONE` when not known. */
function leaderText(state: TicketState, context: TicketContext): string {
  if (state.holder.kind === 'nobody' && state.role !== 'leader') return 'none';
  const leader =
    context.config.mode === 'manual' && state.holder.kind === 'member'
      ? state.holder.id
      : liveHolder(state, context.now);
  return leader === null ? 'NONE' : nameOf(context, leader);
}
