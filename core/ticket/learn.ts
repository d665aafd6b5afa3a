/** Hearing from a third member who holds the ticket. It never makes anybody acquire (9.2.5). */
import { after } from '../base/instant.ts';
import { isSite, isSiteId, nameOf } from './context.ts';
import type { PeerMessage } from './input.ts';
import { jitterMs } from './jitter.ts';
import { bindingPromise, promiseSpanMs } from './lease.ts';
import type { TicketPromise } from './state.ts';
import { liveHolder } from './state.ts';
import type { Turn } from './turn.ts';
import { change, persist } from './turn.ts';

/** Takes over who holds the ticket, unless something as new is known, or it would be oneself. */
export function learnHolder(turn: Turn, message: PeerMessage): void {
  const { context } = turn;
  const { now, config, self } = context;
  const leader = message.leader;
  if (leader === null || leader === self.id || !isSiteId(context, leader)) return;
  if (message.validForMs <= 0 || isBusy(turn)) return;
  // The leader's own word may back a lease as long as any; of others only what is left counts, or
  // they would tell each other of a dead holder for ever.
  const isFirstHand = message.from === leader;
  const spanMs = isFirstHand
    ? (promiseSpanMs(message.validForMs, config) ?? config.expireMs)
    : Math.min(message.validForMs, config.expireMs);
  const until = after(now, spanMs);
  if (isFirstHand && prolongPromise(turn, { to: leader, until, spanMs })) return;
  if (isNewsOld(turn, message)) return;
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

/**
 * The holder that is followed here already says that it holds: the word given to it on hearsay was
 * perhaps for less than an ack that was forgotten (R7). True when there was nothing else to learn.
 */
function prolongPromise(
  turn: Turn,
  given: Pick<TicketPromise, 'to' | 'until' | 'spanMs'>,
): boolean {
  const { state, context } = turn;
  const { promise } = state;
  if (promise === null || promise.to !== given.to) return false;
  if (liveHolder(state, context.now) !== given.to) return false;
  if (promise.until >= given.until) return true;
  const { plannedElection } = state;
  const isTooSoon = plannedElection !== null && plannedElection.at < given.until;
  const at = after(given.until, context.config.acquireAfterMs + jitterMs(context));
  change(turn, {
    promise: { ...promise, until: given.until, spanMs: given.spanMs },
    plannedElection: isTooSoon ? { ...plannedElection, at } : plannedElection,
  });
  persist(turn);
  return true;
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
