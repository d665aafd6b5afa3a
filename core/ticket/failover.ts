/** A held ticket that is held no more finds a holder again, whatever else was tried meanwhile. */
import { after, later } from '../base/instant.ts';
import { isSite } from './context.ts';
import { jitterMs } from './jitter.ts';
import type { Turn } from './turn.ts';
import { change } from './turn.ts';

/**
 * Plans to stand for the ticket if somebody is known to have held it, after any promise has ended
 * and others had their chance. Nothing is planned for one that was revoked, or never held (R15).
 */
export function planFailover(turn: Turn): void {
  const { state, context } = turn;
  const { now, config, self } = context;
  if (state.holder.kind !== 'member' || !isSite(context) || config.mode === 'manual') return;
  const promisedUntil = state.promise === null ? now : later(state.promise.until, now);
  const waitMs = config.acquireAfterMs + 2 * config.timeoutMs + jitterMs(context);
  const reason = state.holder.id === self.id ? 'reacquire' : 'ticket-lost';
  change(turn, {
    role: state.role === 'init' ? 'follower' : state.role,
    plannedElection: { at: after(promisedUntil, waitMs), reason },
  });
}
