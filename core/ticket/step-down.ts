/**
 * Giving the ticket away: the handler refused a renewal, or the cluster cannot store the grant.
 * The cluster is told first; only its word that the ticket is revoked there lets the ring know
 * (booth-protocol 6.10, R5).
 */
import { after } from '../base/instant.ts';
import { isSite, nameOf } from './context.ts';
import type { PeerMessage } from './input.ts';
import { jitterMs } from './jitter.ts';
import { drainEnd } from './lease.ts';
import { startRound } from './round.ts';
import { commitRevoke } from './store.ts';
import type { Turn } from './turn.ts';
import { change, persist, tell } from './turn.ts';

/** Starts to give the ticket away. */
export function beginStepDown(turn: Turn, why: string): void {
  const { state, context } = turn;
  if (state.role !== 'leader' || state.isSteppingDown) return;
  turn.why = `stepping down: ${why}`;
  tell(turn, 'warning', {
    event: 'step-down',
    message: `giving the ticket away: ${why}`,
    fields: { term: state.term },
  });
  change(turn, { isSteppingDown: true, nextRenewalAt: null });
  commitRevoke(turn);
  // Without a commit in flight there is nothing to wait for (a site always has one).
  if (!isSite(context)) finishStepDown(turn);
}

/** The cluster has revoked it: tell the ring that anybody may have it. */
export function finishStepDown(turn: Turn): void {
  const { state, context } = turn;
  const { now, config, self } = context;
  const retryAt = after(now, config.expireMs + config.acquireAfterMs + jitterMs(context));
  change(turn, {
    role: 'follower',
    isSteppingDown: false,
    election: null,
    nextRenewalAt: null,
    lease: null,
    promise: null,
    drainUntil: drainEnd(state, now, config),
    holder: { kind: 'member', id: self.id, term: state.term, isReleased: true },
    // The others come first; this site stands again only if none of them took it.
    plannedElection: { at: retryAt, reason: 'reacquire' },
  });
  persist(turn);
  startRound(turn, 'vote-for');
}

/** VOTE_FOR with nobody in the leader field: its sender gave the ticket away. */
export function onStepDown(turn: Turn, message: PeerMessage): void {
  const { state, context } = turn;
  const { holder } = state;
  const isHolder = holder.kind === 'member' && holder.id === message.from && !holder.isReleased;
  // R5: of the very term the promise belongs to; a repeated or late one changes nothing.
  if (!isHolder || message.term !== holder.term) return;
  if (state.role === 'leader' || state.lease !== null) return;
  const { now, config } = context;
  turn.why = `${nameOf(context, message.from)} gave the ticket away`;
  change(turn, {
    holder: { ...holder, isReleased: true },
    promise: null,
    drainUntil: drainEnd(state, now, config),
    plannedElection:
      isSite(context) && config.mode === 'automatic'
        ? { at: after(now, jitterMs(context)), reason: 'step-down' }
        : null,
  });
  persist(turn);
}
