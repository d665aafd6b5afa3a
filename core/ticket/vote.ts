/**
 * Answering a vote request: once a term (R4), never against a live promise (R5), never without
 * memory (R7), and not for a revoked ticket unless an operator asked (R15).
 */
import { after } from '../base/instant.ts';
import { isSiteId, nameOf } from './context.ts';
import { abandonElection, drainLeftMs } from './election.ts';
import { planFailover } from './failover.ts';
import type { PeerMessage } from './input.ts';
import { bindingPromise, leftMs } from './lease.ts';
import { loseLeadership } from './loss.ts';
import type { Turn } from './turn.ts';
import { answer, change, compose, persist, send, tell } from './turn.ts';

export function onVoteRequest(turn: Turn, message: PeerMessage): void {
  const { state, context } = turn;
  if (!isSiteId(context, message.from)) return refuse(turn, message);
  if (message.term < state.term) return reject(turn, message, 'term-outdated', 0);
  noteAdminRequest(turn, message);
  if (!context.isJournalUsable) return;
  const abstainMs = leftMs(state.abstainUntil, context.now);
  if (abstainMs > 0) {
    // A C candidate would take the refusal for "held by nobody" and step back; it gets silence.
    if (message.isMarked) reject(turn, message, 'term-still-valid', abstainMs);
    return;
  }
  const promisedMs = promisedElsewhereMs(turn, message);
  if (promisedMs > 0) return reject(turn, message, 'term-still-valid', promisedMs);
  if (state.holder.kind === 'nobody' && !isOperatorAsking(turn, message)) {
    // Reason 0 is a C daemon's repeat; `Outd` would make it repeat for ever (9.2.3).
    if (message.reason !== 'none') reject(turn, message, 'you-are-outdated', 0);
    return;
  }
  vote(turn, message);
}

/** A voter that gave its vote in this term says again to whom; else it votes now. */
function vote(turn: Turn, message: PeerMessage): void {
  const { state, context } = turn;
  const given = state.vote !== null && state.vote.term >= message.term ? state.vote : null;
  if (given !== null && given.candidate === null) return reject(turn, message, 'term-outdated', 0);
  if (given === null) {
    // R16: a leader without a lease that helps another one into office is none any more.
    if (state.role === 'leader') loseLeadership(turn);
    standBack(turn);
    turn.why = `voted for ${nameOf(context, message.from)} in term ${String(message.term)}`;
    change(turn, { term: message.term, vote: { term: message.term, candidate: message.from } });
    tell(turn, 'debug', { event: 'voted', message: turn.why, fields: { reason: message.reason } });
    persist(turn);
  } else if (given.candidate !== context.self.id) change(turn, { isTermContested: true });
  send(
    turn,
    [message.from],
    compose(turn, {
      command: 'vote-for',
      request: 'req-vote',
      options: message.options,
      leader: turn.state.vote?.candidate ?? message.from,
      term: message.term,
      validForMs: message.isMarked ? drainLeftMs(turn, message.from) : 0,
    }),
  );
}

/** Lets the other one try: the own candidacy ends for a while, the reason for it does not. */
function standBack(turn: Turn): void {
  const { election, plannedElection, grantRequest } = turn.state;
  const { now, config } = turn.context;
  const reason = election?.reason ?? plannedElection?.reason ?? null;
  if (election !== null && grantRequest !== null) answer(turn, grantRequest.id, 'more', false);
  abandonElection(turn);
  change(turn, {
    isTermContested: true,
    plannedElection: reason === null ? null : { at: after(now, 2 * config.timeoutMs), reason },
  });
  if (reason === null) planFailover(turn);
}

/** How long the word given to somebody else, or the own right, still binds (R5). */
function promisedElsewhereMs(turn: Turn, message: PeerMessage): number {
  const { state, context } = turn;
  const binding = bindingPromise(state, message.from, context.now);
  const promiseMs = leftMs(binding?.until ?? null, context.now);
  return Math.max(promiseMs, leftMs(state.lease?.until ?? null, context.now));
}

function isOperatorAsking(turn: Turn, message: PeerMessage): boolean {
  const { holder, lastAdminRequest } = turn.state;
  if (message.reason === 'admin') return true;
  if (message.isMarked && message.options > 0)
    return holder.kind !== 'nobody' || message.options - 1 > holder.term;
  return (
    message.reason === 'none' &&
    lastAdminRequest?.from === message.from &&
    lastAdminRequest.term === message.term
  );
}

function noteAdminRequest(turn: Turn, message: PeerMessage): void {
  if (message.reason !== 'admin') return;
  change(turn, { lastAdminRequest: { from: message.from, term: message.term } });
}

function reject(
  turn: Turn,
  message: PeerMessage,
  result: 'term-outdated' | 'term-still-valid' | 'you-are-outdated',
  validForMs: number,
): void {
  const { term: ownTerm, holder } = turn.state;
  // A marked candidate wants the term of the revoke; a C daemon takes over any term it is told.
  const isRevokeTold = result === 'you-are-outdated' && message.isMarked;
  const term = isRevokeTold && holder.kind === 'nobody' ? holder.term : ownTerm;
  send(
    turn,
    [message.from],
    compose(turn, {
      command: 'rejected',
      request: 'req-vote',
      options: message.options,
      result,
      term,
      validForMs,
    }),
  );
}

function refuse(turn: Turn, message: PeerMessage): void {
  turn.effects.push({ kind: 'refused', from: message.from, reason: 'not-a-site' });
}
