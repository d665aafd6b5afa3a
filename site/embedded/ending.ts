/**
 * The orderly end: with or without stopping what runs. Left running is only what a guard would stop
 * at the end of its lease (R14): one that is missing is waited for, and where none comes all is
 * stopped.
 */
import type { Instant } from '../../core/base/instant.ts';
import { noMonitors } from '../../core/transition/recurring.ts';
import { nextSteps } from '../../core/transition/walk.ts';
import { PARALLEL_MAX } from './advance.ts';
import type { EmbeddedState } from './state.ts';
import { foldRenewals } from './ticket-store.ts';
import type { Turn } from './turn.ts';
import { emit, log } from './turn.ts';
import { heldWithLease } from './unguarded.ts';

/** No new work from now on but, if asked for, stopping what runs. */
export function beginEnding(turn: Turn, stopResources: boolean): void {
  const { state, moment } = turn;
  if (state.ending !== null) return;
  // Nothing goes on being stopped meanwhile, so with tickets that are lost there is no time.
  const guardBy = state.drains.size > 0 ? moment.now : (state.guard.giveUpAt ?? moment.now);
  turn.state = {
    ...state,
    ending: { stopResources, guardBy, revision: null, isDone: false },
    recurring: noMonitors,
  };
  for (const { callId, intervalMs } of turn.state.underWay.values()) {
    if (intervalMs > 0) emit(turn, { kind: 'cancel', callId });
  }
  turn.isPlanStale = true;
}

/** No guard has come: without one nobody would ever stop what is left. */
export function endUnguarded(turn: Turn): void {
  const { state, moment } = turn;
  const guardBy = nextUnguardedEndAt(state);
  if (state.ending === null || guardBy === null || guardBy > moment.now) return;
  turn.state = { ...state, ending: { ...state.ending, stopResources: true } };
  turn.isPlanStale = true;
  log(turn, 'error', 'unguarded', {
    message:
      'no guard can be had that would stop what this daemon leaves running: all resources are stopped',
  });
}

/** When that is due; null: there is a guard, or nothing it would have to stop. */
export function nextUnguardedEndAt(state: EmbeddedState): Instant | null {
  const { ending, guard } = state;
  if (ending === null || ending.stopResources || !guard.isWanted || guard.isThere) return null;
  return state.drains.size > 0 || heldWithLease(state).length > 0 ? ending.guardBy : null;
}

/** When nothing is under way any more: a last write, a farewell to the guard, the answer. */
export function finishEnding(turn: Turn): void {
  if (turn.state.ending?.isDone !== false) return;
  foldRenewals(turn);
  const { ending, underWay, walk, disk } = turn.state;
  if (underWay.size > 0 || nextUnguardedEndAt(turn.state) !== null) return;
  if (ending.stopResources && nextSteps(walk, [], PARALLEL_MAX).run.length > 0) return;
  if (ending.revision === null) {
    turn.isWriteUrgent = disk.writtenRevision < disk.revision;
    turn.state = { ...turn.state, ending: { ...ending, revision: disk.revision } };
    if (ending.stopResources) reportLeftRunning(turn);
  }
  const last = turn.state.ending?.revision ?? 0;
  if (disk.writtenRevision < last && !disk.isFailing) return;
  turn.state = { ...turn.state, ending: { ...ending, revision: last, isDone: true } };
  sayFarewell(turn);
  emit(turn, { kind: 'stopped' });
}

function reportLeftRunning(turn: Turn): void {
  const left = turn.state.walk.transition.resources.filter(({ next }) => next === 'started');
  for (const { resource, reason } of left) {
    log(turn, 'warning', 'resource-left-running', {
      message: `resource ${resource} is left running: ${reason}`,
      fields: { resource },
    });
  }
}

/** A guard that is owed something stays, and acts at its moment unless we come back before. */
function sayFarewell(turn: Turn): void {
  const { guard } = turn.state;
  if (!guard.isThere) return;
  const word = guard.lastWord + 1;
  turn.state = { ...turn.state, guard: { ...guard, lastWord: word } };
  emit(turn, { kind: 'tell-guard', words: [{ kind: 'farewell', word }] });
}
