/**
 * Losing what one had: the lease that ran out, the leadership somebody else proved. Whatever ends
 * a holder's leadership revokes in its cluster in the same step (R6, R16).
 */
import { after, later } from '../base/instant.ts';
import type { Reason } from '../wire/message.ts';
import { isSite } from './context.ts';
import { jitterMs } from './jitter.ts';
import { drainEnd, surrenderAt } from './lease.ts';
import { commitRevoke, mayBeGranted } from './store.ts';
import type { Turn } from './turn.ts';
import { answer, change, persist, tell } from './turn.ts';

/**
 * R6: gives up in time. Runs before anything else of a step is looked at, so that a daemon that
 * was paused past its lease revokes before it processes what queued up meanwhile.
 */
export function surrenderExpiredLease(turn: Turn): void {
  const { lease } = turn.state;
  const { now, commitMarginMs } = turn.context;
  if (lease === null || surrenderAt(lease.until, commitMarginMs) > now) return;
  const lateMs = now - lease.until;
  const isHandlerRunning = turn.state.handler !== null;
  turn.why = 'no quorum renewed the lease';
  tell(turn, 'warning', {
    event: 'lease-lost',
    message:
      lateMs > 0
        ? `the lease ended ${String(Math.round(lateMs))} ms ago while this process was paused or busy; revoking in the cluster now`
        : 'the lease ends and no quorum renewed it; revoking in the cluster now',
    fields: { lateMs: Math.max(0, lateMs), term: lease.term },
  });
  loseLeadership(turn);
  planAfterLoss(turn, isHandlerRunning ? 'local-fail' : 'reacquire');
  dropOwnPromise(turn);
  persist(turn);
}

/**
 * The word to oneself ends with the loss, but never while the cluster may still run resources
 * under the ticket: until it has said "revoked" this member helps nobody else (R5, R8).
 */
export function dropOwnPromise(turn: Turn): void {
  const { promise } = turn.state;
  if (promise?.to !== turn.context.self.id || mayBeGranted(turn.state)) return;
  change(turn, { promise: null });
}

/** The cluster has revoked: what runs there stops from now on, and the own word is over. */
export function endOwnPromise(turn: Turn): void {
  const { state, context } = turn;
  if (state.role === 'leader' || state.lease !== null || state.promise?.to !== context.self.id)
    return;
  change(turn, { promise: null, drainUntil: drainEnd(state, context.now, context.config) });
  persist(turn);
}

/** Stops being leader or a candidate that still held, and revokes in the cluster. */
export function loseLeadership(turn: Turn): void {
  const { grantRequest, handler } = turn.state;
  if (handler !== null) turn.effects.push({ kind: 'stop-handler' });
  change(turn, {
    role: 'follower',
    lease: null,
    round: null,
    election: null,
    nextRenewalAt: null,
    isSteppingDown: false,
    handler: null,
  });
  if (mayBeGranted(turn.state)) commitRevoke(turn);
  if (grantRequest === null) return;
  answer(turn, grantRequest.id, 'failed', true);
  change(turn, { grantRequest: null });
}

/** After a lost lease: stand again once every promise to the old holder has ended. */
export function planAfterLoss(turn: Turn, reason: Reason): void {
  const { state, context } = turn;
  const endsAt = state.promise === null ? context.now : later(state.promise.until, context.now);
  const drained = drainEnd(state, endsAt, context.config);
  if (isSite(context) && context.config.mode === 'automatic')
    change(turn, { plannedElection: { at: after(drained, jitterMs(context)), reason } });
}
