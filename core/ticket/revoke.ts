/**
 * Revoking on an operator's word. The holder's cluster first, then the ring; the client is told
 * success when a quorum remembers it, because only then can no election undo it (R15).
 *
 * Differs from booth: a revoke does not wait for acknowledgements of the last renewal; it begins at
 * once, and is told as done when a quorum has it on disk, not before anybody has heard of it.
 */
import { after } from '../base/instant.ts';
import { nameOf } from './context.ts';
import { abandonElection, loseElection } from './election.ts';
import { planFailover } from './failover.ts';
import type { PeerMessage } from './input.ts';
import { bindingPromise, drainEnd, isAbstaining } from './lease.ts';
import { isEveryoneIn, recordAck, startRound } from './round.ts';
import { liveHolder } from './state.ts';
import { commitFollowing, commitRevoke } from './store.ts';
import type { Turn } from './turn.ts';
import { answer, change, compose, persist, send, tell } from './turn.ts';

/** A client wants the ticket revoked (booth-protocol 4.4). */
export function onRevokeRequest(turn: Turn, request: number): void {
  const { state, context } = turn;
  if (state.role === 'leader') {
    if (isHoldingOrGranting(turn)) return beginRevoke(turn, request);
    refuseForElection(turn, request);
    return;
  }
  const holder = liveHolder(state, context.now);
  if (holder !== null && holder !== context.self.id) {
    answer(turn, request, 'redirect', true);
  } else if (state.grantRequest !== null) {
    cancelGrant(turn, request);
  } else if (state.holder.kind === 'member') {
    refuseForElection(turn, request);
  } else if (state.startUp !== null || state.abstainUntil !== null) {
    refuseForStart(turn, request);
  } else answer(turn, request, 'ticket-idle', true);
}

/** Elected without an operator, a leader holds nothing until a quorum has acked (R15). */
const isHoldingOrGranting = ({ state, context }: Turn): boolean =>
  context.config.mode === 'manual' || state.lease !== null || state.grantRequest !== null;

/** A lease is over or given away, and an election is under way: "idle" would be a lie. */
function refuseForElection(turn: Turn, request: number): void {
  tell(turn, 'warning', {
    event: 'revoke-refused',
    message: 'no leader at the moment; try again after the election',
  });
  answer(turn, request, 'failed', true);
}

/** Just started, and not everybody has said yet who holds it: "idle" might be a lie, too. */
function refuseForStart(turn: Turn, request: number): void {
  tell(turn, 'warning', {
    event: 'revoke-refused',
    message:
      'just started, and not every member has said yet who holds the ticket; try again, or ask another site',
  });
  answer(turn, request, 'failed', true);
}

/** The cluster has revoked it: now the ring must remember that. */
export function finishRevoke(turn: Turn): void {
  const { state, context } = turn;
  const { holder } = state;
  if (state.revokeRequest === null) return;
  const isHeldHere = holder.kind === 'member' && holder.id === context.self.id;
  // Whatever was learned of this leadership, and however it was reached, ends with it.
  const ownTerm = state.vote?.candidate === context.self.id ? state.vote.term : 0;
  const lapsedTerm = isHeldHere ? Math.max(holder.term, ownTerm) : null;
  const { electedTerm } = state.revokeRequest;
  const closedTerm = electedTerm === null ? lapsedTerm : Math.max(electedTerm, ownTerm);
  const revokedTerm = state.role === 'leader' ? state.term : closedTerm;
  if (revokedTerm === null) {
    answer(turn, state.revokeRequest.id, 'failed', true);
    change(turn, { revokeRequest: null });
    return;
  }
  turn.why = 'revoked by an operator';
  if (state.handler !== null) turn.effects.push({ kind: 'stop-handler' });
  change(turn, {
    role: 'init',
    lease: null,
    promise: null,
    drainUntil: drainEnd(state, context.now, context.config),
    nextRenewalAt: null,
    plannedElection: null,
    election: null,
    handler: null,
    holder: { kind: 'nobody', term: revokedTerm },
    claims: state.claims.filter((id) => id !== context.self.id),
  });
  commitFollowing(turn);
  persist(turn);
  startRound(turn, 'revoke', 'admin');
}

/** An ack to our REVOKE. */
export function onRevokeAck(turn: Turn, message: PeerMessage): void {
  const { round, holder, term, revokeRequest } = turn.state;
  const isOurs = round?.command === 'revoke' && holder.kind === 'nobody';
  if (isOurs && revokeRequest !== null && message.term > holder.term) {
    // Somebody may have been elected in that term before the revoke was heard: it ends that, too.
    // Once it is told as done, a later term is that of a later grant.
    change(turn, {
      term: Math.max(term, message.term),
      holder: { kind: 'nobody', term: message.term },
    });
    persist(turn);
    startRound(turn, 'revoke', 'admin');
    return;
  }
  if (recordAck(turn, message) !== 'ignored') settleRevoke(turn);
}

/**
 * Tells success once a quorum remembers the revoke durably, this member among them; the round
 * goes on until everybody does.
 */
export function settleRevoke(turn: Turn): void {
  const { round, revokeRequest } = turn.state;
  if (round?.command !== 'revoke' || !round.isCounted || !turn.context.isJournalUsable) return;
  if (revokeRequest !== null) answer(turn, revokeRequest.id, 'success', true);
  change(turn, { revokeRequest: null });
  if (isEveryoneIn(turn, round)) change(turn, { round: null });
}

/** REVOKE from whoever held it. */
export function onRevoked(turn: Turn, message: PeerMessage): void {
  const { state, context } = turn;
  if (context.config.mode === 'manual' && state.role === 'leader') {
    onRivalClaimEnded(turn, message);
    return;
  }
  if (!context.isJournalUsable || state.role === 'leader' || state.lease !== null) return;
  switch (state.holder.kind) {
    case 'unknown':
      return recordRevoke(turn, message);
    case 'nobody':
      return state.holder.term >= message.term
        ? acknowledge(turn, message)
        : recordRevoke(turn, message);
    case 'member': {
      // What the word given to somebody else may rest on is held there, whatever is revoked here:
      // no ack, or the client would be told "revoked" while it runs (R15).
      if (bindingPromise(state, message.from, context.now) !== null) return;
      const isHolders = state.holder.id === message.from && message.term === state.holder.term;
      if (isHolders || message.term > state.holder.term) recordRevoke(turn, message);
    }
  }
}

/** A manual ticket was granted twice and is revoked at the other site: it is held here alone. */
function onRivalClaimEnded(turn: Turn, message: PeerMessage): void {
  change(turn, { claims: turn.state.claims.filter((id) => id !== message.from) });
  acknowledge(turn, message);
  startRound(turn, 'heartbeat');
}

function recordRevoke(turn: Turn, message: PeerMessage): void {
  const { state, context } = turn;
  // An operator's grant that is under way here is newer than the revoke of what came before; but
  // its election ends with its term, and the next one is held above the revoked one.
  const isOperatorGranting = state.grantRequest !== null;
  const isOvertaken = state.election !== null && state.election.term <= message.term;
  if (!isOperatorGranting) abandonElection(turn);
  else if (isOvertaken) loseElection(turn, message.term, 'a term up to this one was revoked');
  turn.why = `revoked at ${nameOf(context, message.from)}`;
  change(turn, {
    role: isOperatorGranting ? turn.state.role : 'init',
    term: Math.max(turn.state.term, message.term),
    isTermContested: true,
    holder: { kind: 'nobody', term: message.term },
    promise: state.promise?.to === message.from ? null : state.promise,
    drainUntil: drainEnd(state, context.now, context.config),
    claims: state.claims.filter((id) => id !== message.from),
  });
  commitFollowing(turn);
  persist(turn);
  acknowledge(turn, message);
}

function acknowledge(turn: Turn, message: PeerMessage): void {
  // R7: who is revoked in a term may have been followed in a later one, and that forgotten.
  if (isAbstaining(turn.state, turn.context.now)) return;
  send(
    turn,
    [message.from],
    compose(turn, {
      command: 'ack',
      request: 'revoke',
      options: message.options,
      leader: null,
      term: Math.max(message.term, turn.state.term),
    }),
  );
}

function beginRevoke(turn: Turn, request: number): void {
  const { state, context } = turn;
  if (state.revokeRequest !== null || state.isSteppingDown) {
    answer(turn, request, 'failed', true);
    return;
  }
  if (state.grantRequest !== null) answer(turn, state.grantRequest.id, 'failed', true);
  if (state.handler !== null) turn.effects.push({ kind: 'stop-handler' });
  change(turn, {
    handler: null,
    grantRequest: null,
    revokeRequest: {
      id: request,
      tellMoreAt: after(context.now, context.config.timeoutMs),
      electedTerm: state.grantRequest?.electedTerm ?? null,
    },
  });
  commitRevoke(turn);
}

/**
 * The election of a grant is called off before it was won. Nothing was held here, and no quorum
 * remembers anything of it: that is "idle", not "revoked", and if another site's ticket was lost
 * the others may still fail over (R15). One that was won in vain is remembered by those who
 * followed: the ring must hear of its end.
 */
function cancelGrant(turn: Turn, request: number): void {
  const { grantRequest, handler, holder } = turn.state;
  if (grantRequest === null) return;
  if (grantRequest.electedTerm !== null) {
    abandonElection(turn);
    beginRevoke(turn, request);
    return;
  }
  turn.why = 'the grant was called off by an operator';
  if (handler !== null) turn.effects.push({ kind: 'stop-handler' });
  abandonElection(turn);
  answer(turn, grantRequest.id, 'failed', true);
  answer(turn, request, holder.kind === 'member' ? 'failed' : 'ticket-idle', true);
  change(turn, { grantRequest: null, handler: null, role: 'init' });
  planFailover(turn);
}
