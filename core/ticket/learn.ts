/** Hearing from a third member who holds the ticket. It never makes anybody acquire (9.2.5). */
import { after } from '../base/instant.ts';
import { isSite, isSiteId, nameOf } from './context.ts';
import type { PeerMessage } from './input.ts';
import { jitterMs } from './jitter.ts';
import { bindingPromise, promiseSpanMs } from './lease.ts';
import { liveHolder } from './state.ts';
import type { Turn } from './turn.ts';
import { change, persist } from './turn.ts';

/** Takes over who holds the ticket, unless something as new is known, or it would be oneself. */
export function learnHolder(turn: Turn, message: PeerMessage): void {
  const { context } = turn;
  const { now, config, self } = context;
  const leader = message.leader;
  if (leader === null || leader === self.id || !isSiteId(context, leader)) return;
  if (message.validForMs <= 0 || isBusy(turn) || isNewsOld(turn, message)) return;
  const spanMs = promiseSpanMs(message.validForMs, config) ?? config.expireMs;
  const until = after(now, spanMs);
  const at = after(until, config.acquireAfterMs + jitterMs(context));
  turn.why = `${nameOf(context, message.from)} says that ${nameOf(context, leader)} holds it`;
  change(turn, {
    role: 'follower',
    holder: { kind: 'member', id: leader, term: heldTerm(turn, message), isReleased: false },
    // More than was asked for: a promise nobody needs only costs time.
    promise: { to: leader, term: message.term, until, spanMs },
    plannedElection: isSite(context) ? { at, reason: 'ticket-lost' } : null,
  });
  persist(turn);
}

const isBusy = ({ state, context }: Turn): boolean =>
  context.config.mode === 'manual' ||
  state.role === 'leader' ||
  state.lease !== null ||
  state.election !== null;

function isNewsOld({ state, context }: Turn, { from, leader, term }: PeerMessage): boolean {
  if (liveHolder(state, context.now) !== null) return true;
  if (leader === null || bindingPromise(state, leader, context.now) !== null) return true;
  // Somebody else may not have heard of the revoke yet (R15).
  if (state.holder.kind === 'nobody' && from !== leader) return true;
  return state.holder.kind !== 'unknown' && term <= state.holder.term;
}

/**
 * The leader speaks in the term it leads in. Anybody else's own term may be a later one: what is
 * known already is kept, so that a revoke of the leader is not taken for an old one (R15).
 */
function heldTerm({ state }: Turn, { from, leader, term }: PeerMessage): number {
  if (from === leader) return term;
  return state.holder.kind === 'unknown' ? 0 : state.holder.term;
}
