/**
 * Walks a transition: which actions may run now, given what has succeeded and what is under way.
 * A walk never repairs itself: when a result is not the expected one, or the world changes, it is
 * replaced by the walk of a new transition that knows of the operations still under way.
 */
import { operationKey } from '../cib/patch-history.ts';
import type { Action, Transition } from '../scheduler/plan.ts';
import type { InFlight } from '../scheduler/scene.ts';

export interface Walk {
  readonly transition: Transition;
  /** Keys of actions that have succeeded. */
  readonly done: ReadonlySet<string>;
}

/** The plan, with nothing of it done. */
export const beginWalk = (transition: Transition): Walk => ({ transition, done: new Set() });

/** Marks an action as done; keys that are not of this transition do nothing. */
export const withDone = (walk: Walk, key: string): Walk => ({
  ...walk,
  done: new Set([...walk.done, key]),
});

/** What to do next. */
export interface NextSteps {
  /** To be run now. */
  readonly run: readonly Action[];
  /** Recurring monitors to be ended because they are no longer wanted; done at once. */
  readonly cancel: readonly Action[];
  /** Resources whose monitor under way stands in the way of their stop. */
  readonly interrupt: readonly string[];
}

/**
 * One operation at a time for each resource. `limit` bounds the operations under way at once;
 * stops are not bounded by it, so that nothing that hangs can delay them.
 */
export function nextSteps(walk: Walk, inFlight: readonly InFlight[], limit: number): NextSteps {
  const underWay = new Set(inFlight.map(keyOf));
  const busy = new Map(inFlight.map((operation) => [operation.resource, operation]));
  const waiting = walk.transition.actions.filter(
    ({ key, after }) =>
      !walk.done.has(key) && !underWay.has(key) && after.every((needed) => walk.done.has(needed)),
  );
  const isFree = ({ resource }: Action): boolean => !busy.has(resource);
  const stops = waiting.filter(({ kind }) => kind === 'stop');
  const others = waiting.filter(({ kind }) => kind !== 'stop' && kind !== 'cancel');
  const room = Math.max(0, limit - inFlight.length);
  return {
    run: [...stops.filter(isFree), ...oncePerResource(others.filter(isFree)).slice(0, room)],
    cancel: waiting.filter(({ kind }) => kind === 'cancel'),
    interrupt: stops
      .filter(({ resource }) => (busy.get(resource)?.intervalMs ?? 0) > 0)
      .map(({ resource }) => resource),
  };
}

/** Nothing is left to do, or to wait for. */
export const isComplete = (walk: Walk): boolean =>
  walk.transition.actions.every(({ key }) => walk.done.has(key));

/** True while the transition is about to stop the resource: monitoring it makes no sense. */
export const isStopAhead = (walk: Walk, resource: string): boolean =>
  walk.transition.actions.some(
    ({ kind, key, resource: id }) => kind === 'stop' && id === resource && !walk.done.has(key),
  );

const keyOf = ({ resource, operation, intervalMs }: InFlight): string =>
  operationKey(resource, operation, intervalMs);

/** The first ready action of each resource; the others follow when it has ended. */
function oncePerResource(actions: readonly Action[]): readonly Action[] {
  const seen = new Set<string>();
  return actions.filter(({ resource }) => {
    if (seen.has(resource)) return false;
    seen.add(resource);
    return true;
  });
}
