/** The orderly end: with or without stopping what runs. */
import { noMonitors } from '../../core/transition/recurring.ts';
import { nextSteps } from '../../core/transition/walk.ts';
import { PARALLEL_MAX } from './advance.ts';
import { foldRenewals } from './ticket-store.ts';
import type { Turn } from './turn.ts';
import { emit, log } from './turn.ts';

/** No new work from now on but, if asked for, stopping what runs. */
export function beginEnding(turn: Turn, stopResources: boolean): void {
  if (turn.state.ending !== null) return;
  turn.state = {
    ...turn.state,
    ending: { stopResources, revision: null, isDone: false },
    recurring: noMonitors,
  };
  for (const { callId, intervalMs } of turn.state.underWay.values()) {
    if (intervalMs > 0) emit(turn, { kind: 'cancel', callId });
  }
  turn.isPlanStale = true;
}

/** When nothing is under way any more: a last write, a farewell to the guard, the answer. */
export function finishEnding(turn: Turn): void {
  if (turn.state.ending?.isDone !== false) return;
  foldRenewals(turn);
  const { ending, underWay, walk, disk } = turn.state;
  if (underWay.size > 0) return;
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
