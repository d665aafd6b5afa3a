/**
 * Following a leader: the promise that its lease is built on. This is where two holders are kept
 * apart: nobody is acked while the word given to somebody else still binds, whatever the term.
 */
import { after } from '../base/instant.ts';
import { isSiteId, nameOf } from './context.ts';
import type { PeerMessage } from './input.ts';
import { jitterMs } from './jitter.ts';
import {
  bindingPromise,
  drainEnd,
  drainMoment,
  isAbstaining,
  leftMs,
  promiseSpanMs,
} from './lease.ts';
import { dropOwnPromise, loseLeadership } from './loss.ts';
import { commitFollowing, commitRevoke, mayBeGranted } from './store.ts';
import type { Turn } from './turn.ts';
import { answer, change, compose, persist, send, tell } from './turn.ts';

/** HEARTBEAT or UPDATE of an automatic ticket. */
export function onLeaderMessage(turn: Turn, message: PeerMessage): void {
  const { context } = turn;
  if (message.leader !== message.from) return refuse(turn, message, 'leader-is-not-sender');
  if (!isSiteId(context, message.from)) return refuse(turn, message, 'not-a-site');
  if (isRightHere(turn)) return onRivalLeader(turn, message);
  judgeLeader(turn, message);
}

function judgeLeader(turn: Turn, message: PeerMessage): void {
  const { state, context } = turn;
  const binding = bindingPromise(state, message.from, context.now);
  if (binding !== null) {
    reject(turn, message, 'term-still-valid');
    return;
  }
  if (isClosed(turn, message)) {
    // Late, or of a leader that was elected before the revoke was heard of: if it is one that the
    // operator wanted it has itself elected again, above this term.
    if (message.isMarked) reject(turn, message, 'you-are-outdated');
    return;
  }
  // A C leader cannot catch up with a higher term; a marked one has itself elected again (R11).
  if (message.term < state.term && message.isMarked) {
    reject(turn, message, 'term-outdated');
    return;
  }
  const spanMs = promiseSpanMs(message.validForMs, context.config);
  if (spanMs === null) return refuse(turn, message, 'lease-too-long');
  if (context.isJournalUsable) follow(turn, message, spanMs);
}

/** True while this member itself is, or may be, the one that holds the ticket. */
function isRightHere({ state, context }: Turn): boolean {
  return state.role === 'leader' || (state.lease !== null && state.lease.until > context.now);
}

/** Two leaders: the newer term is right, and the older one says so in its cluster at once (R16). */
function onRivalLeader(turn: Turn, message: PeerMessage): void {
  if (message.term <= turn.state.term) {
    reject(turn, message, 'term-still-valid');
    return;
  }
  const rival = nameOf(turn.context, message.from);
  turn.why = `${rival} leads in the higher term ${String(message.term)}`;
  tell(turn, 'error', {
    event: 'rival-leader',
    message: `${rival} says it holds the ticket in term ${String(message.term)} while it is held here; revoking here`,
    fields: { heardTerm: message.term, ownTerm: turn.state.term },
  });
  loseLeadership(turn);
  dropOwnPromise(turn);
  judgeLeader(turn, message);
}

function follow(turn: Turn, message: PeerMessage, spanMs: number): void {
  const { state, context } = turn;
  const { now, config, self } = context;
  const until = after(now, spanMs);
  const drained = state.promise?.to === message.from ? null : drainMoment(state, self.id, config);
  dropOwnPlans(turn);
  const isVoteNewer = state.vote === null || state.vote.term < message.term;
  change(turn, {
    role: 'follower',
    term: Math.max(state.term, message.term),
    // R4: following a leader counts as having voted for it.
    vote: isVoteNewer ? { term: message.term, candidate: message.from } : state.vote,
    holder: { kind: 'member', id: message.from, term: message.term, isReleased: false },
    promise: { to: message.from, term: message.term, until, spanMs },
    drainUntil: drained ?? state.drainUntil,
    election: null,
    failedElections: 0,
    round: null,
    plannedElection:
      self.role === 'site'
        ? { at: after(drainEnd(state, until, config), jitterMs(context)), reason: 'ticket-lost' }
        : null,
  });
  if (turn.why === '') turn.why = `${nameOf(context, message.from)} leads`;
  if (mayBeGranted(turn.state) && turn.state.commit.wanted !== 'revoked') commitRevoke(turn);
  else commitFollowing(turn);
  persist(turn);
  // R7: what was promised before the memory was lost might be broken by an ack.
  if (isAbstaining(state, now)) return;
  send(
    turn,
    [message.from],
    compose(turn, {
      command: 'ack',
      request: message.command,
      options: message.options,
      leader: message.from,
      term: message.term,
      validForMs: config.expireMs,
    }),
  );
}

/** Somebody else has it: what was under way here ends, and who asked for it is told. */
function dropOwnPlans(turn: Turn): void {
  const { handler, grantRequest, revokeRequest } = turn.state;
  if (handler !== null) turn.effects.push({ kind: 'stop-handler' });
  if (grantRequest !== null) answer(turn, grantRequest.id, 'overgrant', true);
  if (revokeRequest !== null) answer(turn, revokeRequest.id, 'failed', true);
  change(turn, { handler: null, grantRequest: null, revokeRequest: null });
}

/** A late message of a term that was revoked or given away says nothing any more. */
function isClosed(turn: Turn, message: PeerMessage): boolean {
  const { holder } = turn.state;
  if (holder.kind === 'nobody') return message.term <= holder.term;
  return holder.kind === 'member' && holder.isReleased && message.term <= holder.term;
}

function reject(
  turn: Turn,
  message: PeerMessage,
  result: 'term-still-valid' | 'term-outdated' | 'you-are-outdated',
): void {
  const { state, context } = turn;
  send(
    turn,
    [message.from],
    compose(turn, {
      command: 'rejected',
      request: message.command,
      options: message.options,
      result,
      validForMs: leftMs(state.promise?.until ?? null, context.now),
    }),
  );
}

function refuse(
  turn: Turn,
  message: PeerMessage,
  reason: 'leader-is-not-sender' | 'not-a-site' | 'lease-too-long',
): void {
  turn.effects.push({ kind: 'refused', from: message.from, reason });
}
