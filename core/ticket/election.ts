/**
 * Standing for election: who may, how votes are counted, when it is won, lost, or over.
 *
 * Votes only hand out terms; what keeps two sites apart are the promises given with acks
 * (`follow.ts`). An election ends as soon as its result is certain, but where a C daemon may have
 * held the ticket before, it lasts its full time: booth's safety rests on that wait (R12).
 */
import type { Instant } from '../base/instant.ts';
import { after, earliest, later } from '../base/instant.ts';
import type { MemberId } from '../base/member-id.ts';
import type { Reason } from '../wire/message.ts';
import { isSite, isWholeRingMarked, nameOf, peersOf, quorumOf } from './context.ts';
import type { PeerMessage } from './input.ts';
import { jitterMs } from './jitter.ts';
import { bindingPromise, drainMoment, leftMs } from './lease.ts';
import { describePrerequisite, unmetPrerequisite } from './prerequisite.ts';
import type { Election, Refusal, TicketState } from './state.ts';
import { startRound } from './round.ts';
import { dropOwnPromise } from './loss.ts';
import { commitRevoke, delayCommit, mayBeGranted } from './store.ts';
import type { Turn } from './turn.ts';
import { answer, broadcast, change, compose, persist, send, tell } from './turn.ts';

/** Followers count up to one second less than a C leader does (booth-protocol 2.6, 8.3). */
const STRICT_MARGIN_MS = 1000;
const RETRY_MS_MIN = 100;
const WIRE_UNIT_MS = 1000;
/** Elections without a quorum come ever more slowly, up to eight times the first wait. */
const BACK_OFF_DOUBLINGS_MAX = 4;
/** From then on a minority's vain elections are told at debug level only. */
export const QUIET_AFTER_FAILURES = 3;

/**
 * Stands for election, after asking the handler; what stands in the way is told and retried.
 * Differs from booth: the handler is asked before a failover too, not only before a grant.
 */
export function standForElection(turn: Turn, reason: Reason, isHandlerAsked = false): void {
  const { state, context } = turn;
  change(turn, { plannedElection: null });
  if (!isSite(context) || state.role === 'leader' || state.election !== null) return;
  const obstacle = findObstacle(turn, reason);
  if (obstacle !== null) {
    const isFirst = state.failedElections === 0;
    change(turn, {
      plannedElection: { at: obstacle.retryAt, reason },
      failedElections: state.failedElections + 1,
    });
    if (obstacle.message !== null)
      tell(turn, isFirst ? 'info' : 'debug', {
        event: 'election-put-off',
        message: obstacle.message,
        fields: { reason },
      });
    return;
  }
  const isToBeAsked = reason !== 'admin' && state.lease === null && !isHandlerAsked;
  if (isToBeAsked && context.config.handler !== null) {
    change(turn, { handler: { purpose: 'failover', reason, startedAt: context.now } });
    turn.effects.push({ kind: 'run-handler', leaseUntil: null });
    return;
  }
  startElection(turn, reason);
}

interface Obstacle {
  readonly retryAt: Instant;
  readonly message: string | null;
}

function findObstacle(turn: Turn, reason: Reason): Obstacle | null {
  const { state, context } = turn;
  const { now, config } = context;
  const soon = after(now, config.timeoutMs);
  if (!context.isJournalUsable)
    return { retryAt: soon, message: 'no election: the journal cannot be written' };
  if (state.abstainUntil !== null && state.abstainUntil > now)
    return { retryAt: state.abstainUntil, message: null };
  const binding = bindingPromise(state, context.self.id, now);
  if (binding !== null) return { retryAt: binding.until, message: null };
  if (state.handler !== null) return { retryAt: soon, message: null };
  if (reason !== 'ticket-lost' && reason !== 'step-down') return null;
  const unmet = unmetPrerequisite(config.prerequisites, 'auto', context.attributes);
  return unmet === null
    ? null
    : { retryAt: soon, message: `no election: ${describePrerequisite(unmet)} does not hold here` };
}

/** Votes for itself, durably, and asks everybody (R3, R4). */
function startElection(turn: Turn, reason: Reason): void {
  const { state, context } = turn;
  const { now, config, self } = context;
  const term = nextTerm(state, self.id);
  const extraMs = isWholeRingMarked(context) ? 0 : STRICT_MARGIN_MS;
  const endsAt = after(now, config.timeoutMs + Math.min(extraMs, config.timeoutMs));
  change(turn, {
    role: 'candidate',
    term,
    vote: { term, candidate: self.id },
    isTermContested: false,
    plannedElection: null,
    election: {
      term,
      reason,
      startedAt: now,
      endsAt,
      resendAt: after(now, Math.ceil(config.timeoutMs / 2)),
      votes: [{ voter: self.id, candidate: self.id }],
      refusals: [],
      revokedTerm: null,
    },
    round: null,
  });
  turn.why = `election for term ${String(term)}: ${reason}`;
  persist(turn);
  broadcast(turn, voteRequest(turn, reason));
  evaluateElection(turn);
}

/** Asks again whoever has not answered, with the reason (booth-protocol 8.1.7). */
export function resendVoteRequest(turn: Turn): void {
  const { election } = turn.state;
  if (election === null) return;
  change(turn, { election: { ...election, resendAt: null } });
  if (!turn.context.isJournalUsable) return;
  const missing = unheard(turn, election);
  const isSelective = missing.length < peersOf(turn.context).length;
  send(turn, missing, voteRequest(turn, election.reason), isSelective);
}

/** A vote arrived. A second, different vote of one voter is not taken. */
export function countVote(turn: Turn, message: PeerMessage): void {
  const { election } = turn.state;
  if (election === null || message.leader === null) return;
  if (message.term > election.term) {
    change(turn, { isTermContested: true });
    loseElection(turn, message.term, `${nameOf(turn.context, message.from)} is in a higher term`);
    return;
  }
  if (message.term !== election.term) return;
  if (election.votes.some(({ voter }) => voter === message.from)) return;
  const votes = [...election.votes, { voter: message.from, candidate: message.leader }];
  if (message.leader !== turn.context.self.id) change(turn, { isTermContested: true });
  else if (message.isMarked)
    // The voter knows a holder whose resources may still be stopping (R9).
    learnDrain(turn, message.validForMs);
  change(turn, { election: { ...election, votes } });
  evaluateElection(turn);
}

/** A member refused; `validForMs` says for how long, where it is known. */
export function countRefusal(turn: Turn, message: PeerMessage): void {
  const { election } = turn.state;
  if (election === null || election.refusals.some(({ member }) => member === message.from)) return;
  const { now, config } = turn.context;
  const waitMs = Math.min(Math.max(message.validForMs, RETRY_MS_MIN), config.expireMs);
  const refusal: Refusal = { member: message.from, retryAt: after(now, waitMs) };
  change(turn, { election: { ...election, refusals: [...election.refusals, refusal] } });
  evaluateElection(turn);
}

/** Decides the election if it can be decided by now. */
export function evaluateElection(turn: Turn): void {
  const { election } = turn.state;
  if (election === null) return;
  const { context } = turn;
  const needed = quorumOf(context.members);
  const mine = election.votes.filter(({ candidate }) => candidate === context.self.id).length;
  const missing = unheard(turn, election).length;
  const isOver = election.endsAt <= context.now;
  if (mine >= needed && (missing === 0 || isOver || isWholeRingMarked(context))) winElection(turn);
  else if (isOver || mine + missing < needed)
    loseElection(turn, election.term, 'no quorum of votes');
}

/** Gives the election up and plans the next one, if anything still calls for it. */
export function loseElection(turn: Turn, heardTerm: number, why: string): void {
  const { election, grantRequest, lease } = turn.state;
  if (election === null) return;
  const { config, now } = turn.context;
  const isTermNew = heardTerm > turn.state.term;
  change(turn, {
    role: 'follower',
    election: null,
    term: Math.max(turn.state.term, heardTerm),
    failedElections: turn.state.failedElections + 1,
  });
  if (isTermNew) persist(turn);
  turn.why = `election not won: ${why}`;
  if (election.revokedTerm !== null && !isTermNew) {
    adoptRevoke(turn, election.revokedTerm);
    return;
  }
  if (grantRequest !== null) answer(turn, grantRequest.id, 'more', false);
  if (election.reason === 'admin' && grantRequest === null) return;
  const retryAt = retryMoment(turn, election, isTermNew);
  change(turn, { plannedElection: { at: retryAt, reason: election.reason } });
  tell(turn, turn.state.failedElections > QUIET_AFTER_FAILURES ? 'debug' : 'info', {
    event: 'election-lost',
    message: `${why}; standing again in ${seconds(retryAt - now)} s`,
    fields: {
      term: election.term,
      votes: election.votes.length,
      refusals: election.refusals.length,
      holdsLease: lease !== null,
      timeoutMs: config.timeoutMs,
    },
  });
}

/**
 * No quorum helps to acquire what one of them remembers as revoked. A real revoke is remembered
 * by a quorum, so that this is where a candidate that missed it always comes to (R15).
 */
function adoptRevoke(turn: Turn, term: number): void {
  turn.why = 'another member remembers that it was revoked';
  change(turn, { role: 'init', plannedElection: null, holder: { kind: 'nobody', term } });
  if (mayBeGranted(turn.state)) commitRevoke(turn);
  dropOwnPromise(turn);
  persist(turn);
}

/** Ends the own candidacy without a next try: somebody else leads, or an operator called it off. */
export function abandonElection(turn: Turn): void {
  if (turn.state.role === 'candidate') change(turn, { role: 'follower' });
  change(turn, { election: null, plannedElection: null });
}

function winElection(turn: Turn): void {
  const { state, context } = turn;
  const { election, grantRequest } = state;
  if (election === null) return;
  const { config, now, self } = context;
  const drained = drainMoment(state, self.id, config);
  const term = election.term;
  change(turn, {
    role: 'leader',
    election: null,
    plannedElection: null,
    drainUntil: drained,
    // `holder` changes when a quorum has acked: a leader that never got that far held nothing.
    promise: { to: self.id, term, until: after(now, config.expireMs), spanMs: config.expireMs },
    nextRenewalAt: null,
    grantRequest: grantRequest === null ? null : { ...grantRequest, electedTerm: term },
  });
  // A lease without a stored grant (a restart while it was delayed) waits like a first one.
  if (state.commit.stored !== 'granted') delayCommit(turn, drained);
  turn.why = `elected in term ${String(term)}`;
  persist(turn);
  startRound(turn, 'heartbeat');
}

/** The same term again if nobody else had a part in it, else the next one. */
function nextTerm(state: TicketState, self: MemberId): number {
  const closedTerm = state.holder.kind === 'unknown' ? 0 : state.holder.term;
  const isMine = state.vote?.term === state.term && state.vote.candidate === self;
  return isMine && !state.isTermContested && state.term > closedTerm ? state.term : state.term + 1;
}

/**
 * A marked candidate says in which term the ticket was last held (plus one; 0 for "not known"),
 * so that a voter that remembers a later revoke can refuse (R15).
 */
function voteRequest(turn: Turn, reason: Reason) {
  const { holder } = turn.state;
  const options = holder.kind === 'member' ? holder.term + 1 : 0;
  return compose(turn, { command: 'req-vote', reason, options, leader: turn.context.self.id });
}

const unheard = (turn: Turn, election: Election): MemberId[] =>
  peersOf(turn.context)
    .map((peer) => peer.id)
    .filter(
      (id) =>
        !election.votes.some(({ voter }) => voter === id) &&
        !election.refusals.some(({ member }) => member === id),
    );

function retryMoment(turn: Turn, election: Election, isTermNew: boolean): Instant {
  const { now, config, random } = turn.context;
  const pause = after(now, RETRY_MS_MIN + jitterMs(turn.context));
  if (isTermNew) return pause;
  const promised = earliest(election.refusals.map(({ retryAt }) => retryAt));
  const votesLeft = election.refusals.length > 0 ? promised : null;
  if (votesLeft !== null) return later(pause, votesLeft);
  const tries = Math.min(turn.state.failedElections, BACK_OFF_DOUBLINGS_MAX);
  const backOffMs = config.timeoutMs * (0.5 + random.next() / 2) * 2 ** Math.max(0, tries - 1);
  return later(pause, after(later(now, election.startedAt), backOffMs));
}

function learnDrain(turn: Turn, drainMs: number): void {
  if (drainMs <= 0) return;
  const { now, config } = turn.context;
  const until = after(
    now,
    Math.min(drainMs, config.acquireAfterMs + config.expireMs + WIRE_UNIT_MS),
  );
  const { drainUntil } = turn.state;
  change(turn, { drainUntil: drainUntil === null ? until : later(drainUntil, until) });
}

const seconds = (ms: number): string => (Math.max(0, ms) / 1000).toFixed(1);

/**
 * What a voter tells a marked candidate: how long the last holder, if that is not the candidate
 * itself, may still be stopping. Rounded up: on the wire it is cut to whole seconds.
 */
export function drainLeftMs({ state, context }: Turn, candidate: MemberId): number {
  const moment =
    state.promise?.to === candidate
      ? state.drainUntil
      : drainMoment(state, context.self.id, context.config);
  return Math.ceil(leftMs(moment, context.now) / WIRE_UNIT_MS) * WIRE_UNIT_MS;
}
