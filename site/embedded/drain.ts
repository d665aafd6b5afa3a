/** Which lost tickets still have something running (R13: behind the commit, reported apart). */
import { msBetween } from '../../core/base/instant.ts';
import { stillActive } from '../../core/scheduler/dependents.ts';
import { stateOf } from '../../core/scheduler/history.ts';
import type { Scene } from '../../core/scheduler/scene.ts';
import { sceneOf } from '../../core/scheduler/scene.ts';
import { isActive } from '../../core/scheduler/plan.ts';
import type { Drain } from '../cluster/port.ts';
import type { Draining, EmbeddedState } from './state.ts';
import { isHeldNow, scheduleContextOf } from './state.ts';
import type { Turn } from './turn.ts';
import { emit, log } from './turn.ts';

/** Looks at tickets that may have been let go of; says so once when one has. */
export function updateDrains(turn: Turn): void {
  const stale = turn.staleDrains;
  turn.staleDrains = new Set();
  if (stale !== 'all' && stale.size === 0) return;
  const { state, moment } = turn;
  const scene = sceneOf(state.cib, scheduleContextOf(state, moment.epochMs));
  const drains = new Map<string, Draining>(state.drains);
  for (const ticket of stale === 'all' ? allTickets(state) : stale) {
    const chains = state.dependents.get(ticket) ?? [];
    const before = state.drains.get(ticket);
    drains.delete(ticket);
    if (chains.length === 0 || isHeldNow(state, ticket)) continue;
    const waitingFor = stillActive(scene, chains);
    const sinceAt = before?.sinceAt ?? moment.now;
    if (waitingFor.length > 0) {
      const wasActive = before?.wasActive === true || isAnyActive(scene, state, ticket);
      drains.set(ticket, { sinceAt, waitingFor, wasActive });
    } else if (before?.wasActive === true) {
      noteDrained(turn, ticket, msBetween(sinceAt, moment.now));
    }
  }
  turn.state = { ...turn.state, drains };
}

const allTickets = (state: EmbeddedState): ReadonlySet<string> =>
  new Set([...state.dependents.keys(), ...state.drains.keys()]);

/** How far the ticket has been let go of. */
export function drainOf(state: EmbeddedState, ticket: string, epochMs: number): Drain {
  const chains = state.dependents.get(ticket);
  if (chains === undefined) return { isDrained: true };
  const draining = state.drains.get(ticket);
  if (draining !== undefined) {
    return { isDrained: false, waitingFor: draining.waitingFor, sinceAt: draining.sinceAt };
  }
  if (!isHeldNow(state, ticket)) return { isDrained: true };
  const scene = sceneOf(state.cib, scheduleContextOf(state, epochMs));
  return { isDrained: false, waitingFor: stillActive(scene, chains), sinceAt: null };
}

const isAnyActive = (scene: Scene, state: EmbeddedState, ticket: string): boolean =>
  (state.dependents.get(ticket) ?? []).some((chain) =>
    chain.some((member) => isActive(stateOf(scene, member).role)),
  );

function noteDrained(turn: Turn, ticket: string, tookMs: number): void {
  emit(turn, { kind: 'change', change: { kind: 'drained', ticket, tookMs } });
  const message = `everything under ticket ${ticket} has stopped, ${Math.round(tookMs)} ms after it was lost`;
  log(turn, 'info', 'ticket-drained', { message, fields: { ticket, tookMs: Math.round(tookMs) } });
}
