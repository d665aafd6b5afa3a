/**
 * Being leader: renewing the lease, counting acks, and noticing that somebody else leads.
 */
import { after } from '../base/instant.ts';
import type { Reason } from '../wire/message.ts';
import { nameOf } from './context.ts';
import type { PeerMessage } from './input.ts';
import { jitterMs } from './jitter.ts';
import { leaseEnd, renewalSpanMs, surrenderAt } from './lease.ts';
import { dropOwnPromise } from './loss.ts';
import { settleRevoke } from './revoke.ts';
import { haveAllSitesAcked, isEveryoneIn, needsUpdates, recordAck, startRound } from './round.ts';
import { liftUnreachableDelay, refreshCommit, tryCommitGrant } from './store.ts';
import type { Turn } from './turn.ts';
import { change, persist, tell } from './turn.ts';

/** Manual tickets have no lease; their claim is repeated this often (booth-protocol 6.11). */
const MANUAL_RENEWAL_MS = 60_000;

/** A renewal is due: ask the handler first, where there is one. */
export function renew(turn: Turn): void {
  const { state, context } = turn;
  if (!context.isJournalUsable) {
    change(turn, { nextRenewalAt: after(context.now, context.config.timeoutMs) });
    return;
  }
  change(turn, { nextRenewalAt: null });
  if (context.config.handler === null || context.config.mode === 'manual') {
    sendHeartbeat(turn);
    return;
  }
  if (state.handler !== null) return;
  change(turn, { handler: { purpose: 'renewal', reason: 'none', startedAt: context.now } });
  turn.effects.push({ kind: 'run-handler', leaseUntil: state.lease?.until ?? null });
}

/** A new round: its lease will count from now, if a quorum acks it (R1, R3). */
export function sendHeartbeat(turn: Turn): void {
  const { now, config, self } = turn.context;
  const { term } = turn.state;
  if (config.mode === 'automatic') {
    const until = after(now, config.expireMs);
    change(turn, { promise: { to: self.id, term, until, spanMs: config.expireMs } });
  }
  persist(turn);
  startRound(turn, 'heartbeat');
}

/** An ack to the present round. */
export function onAck(turn: Turn, message: PeerMessage): void {
  const { state, context } = turn;
  if (state.role !== 'leader') return;
  if (message.term !== state.term || message.leader !== context.self.id) return;
  const verdict = recordAck(turn, message);
  if (verdict === 'ignored') return;
  if (verdict === 'quorum') onQuorum(turn);
  const { round } = turn.state;
  if (round === null || round.command === 'revoke' || round.command === 'vote-for') return;
  if (haveAllSitesAcked(turn, round)) liftUnreachableDelay(turn);
  tryCommitGrant(turn);
  if (isEveryoneIn(turn, round)) change(turn, { round: { ...round, resendsLeft: 0 } });
}

/** A ring of one: the own word is the quorum. */
export function countAlone(turn: Turn): void {
  const { round } = turn.state;
  if (round === null) return;
  change(turn, { round: { ...round, isCounted: true, resendsLeft: 0 } });
  if (turn.state.role !== 'leader') return settleRevoke(turn);
  liftUnreachableDelay(turn);
  onQuorum(turn);
  tryCommitGrant(turn);
}

/** A quorum stands behind the round: the lease counts from its first send. */
function onQuorum(turn: Turn): void {
  const { round, term, lease } = turn.state;
  if (round === null) return;
  const { config, self } = turn.context;
  if (config.mode === 'manual') {
    change(turn, { nextRenewalAt: after(round.sentAt, MANUAL_RENEWAL_MS) });
    refreshCommit(turn);
    return;
  }
  if (round.command !== 'heartbeat') return;
  const until = leaseEnd(round.sentAt, config);
  // A right that would have to be given up at once is none: the acks came too late.
  if (surrenderAt(until, turn.context.commitMarginMs) <= turn.context.now) {
    sendHeartbeat(turn);
    return;
  }
  change(turn, {
    lease: { term, until },
    holder: { kind: 'member', id: self.id, term, isReleased: false },
    failedElections: 0,
    nextRenewalAt: after(round.sentAt, renewalSpanMs(config)),
  });
  if (lease === null) turn.why = 'a quorum acknowledged: the lease runs';
  // Not behind the persist: the promise that the lease rests on was durable before the heartbeat
  // left, and a slow disk must not let the lease in the cluster run out (R14).
  tryCommitGrant(turn);
  refreshCommit(turn);
  persist(turn);
  if (needsUpdates(turn)) startRound(turn, 'update');
}

/**
 * A member refused a heartbeat because it has taken part in a higher term. The lease stands on
 * promises, not on terms: the leader keeps it and has itself elected again above that term.
 */
export function onHeartbeatRefused(turn: Turn, message: PeerMessage): void {
  const { state, context } = turn;
  if (state.role !== 'leader' || context.config.mode === 'manual') return;
  if (message.request !== 'heartbeat' && message.request !== 'update') return;
  const isBehind = message.result === 'term-outdated' && message.term > state.term;
  const isClosed = message.result === 'you-are-outdated' && message.term >= state.term;
  // A late answer is one to an older round.
  if (!isBehind && !(isClosed && message.options === state.round?.nonce)) return;
  tell(turn, 'info', {
    event: 'term-behind',
    message: `${nameOf(context, message.from)} is in term ${String(message.term)}; standing again above it, the lease runs on`,
    fields: { heardTerm: message.term },
  });
  change(turn, {
    role: 'candidate',
    term: message.term,
    isTermContested: true,
    round: null,
    nextRenewalAt: null,
    plannedElection: { at: context.now, reason: nextReason(turn) },
  });
  persist(turn);
}

/**
 * The first heartbeat found no quorum, repeated as often as `retries` says: this leadership never
 * came to anything, and holding on to it would keep the others from a better one.
 */
export function giveUpLeadership(turn: Turn): void {
  const { config, now } = turn.context;
  const reason = nextReason(turn);
  turn.why = 'no quorum acknowledged';
  change(turn, {
    role: 'follower',
    round: null,
    isTermContested: true,
    failedElections: turn.state.failedElections + 1,
    plannedElection: { at: after(now, config.timeoutMs + jitterMs(turn.context)), reason },
  });
  dropOwnPromise(turn);
  persist(turn);
}

/** An operator's grant stays one until it is given up; anything else goes on as what was held. */
const nextReason = ({ state }: Turn): Reason =>
  state.grantRequest === null ? 'reacquire' : 'admin';
