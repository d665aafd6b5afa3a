/** Makes a new plan where the old one no longer fits, and runs what can run now. */
import { withFailuresCleared } from '../../core/cib/fail-count.ts';
import { nodeStateOf } from '../../core/cib/query.ts';
import type { Cib } from '../../core/cib/model.ts';
import { withoutOperation } from '../../core/cib/patch-history.ts';
import type { Action } from '../../core/scheduler/plan.ts';
import { schedule } from '../../core/scheduler/schedule.ts';
import type { Member } from '../../core/scheduler/scene.ts';
import type { Asked } from '../../core/transition/judge.ts';
import { dueMonitors, withoutMonitor, withoutMonitors } from '../../core/transition/recurring.ts';
import { beginWalk, isStopAhead, nextSteps, withDone } from '../../core/transition/walk.ts';
import type { ClusterChange } from '../cluster/port.ts';
import { rereadResource } from './history.ts';
import { operationOf } from './operations.ts';
import type { EmbeddedState, Underway } from './state.ts';
import { scheduleContextOf } from './state.ts';
import type { Turn } from './turn.ts';
import { changeStatus, emit, log } from './turn.ts';

/** Operations under way at once, stops not counted (R13: nothing that hangs may delay a stop). */
export const PARALLEL_MAX = 16;

/** Makes a new plan when the world no longer fits the old one. */
export function replan(turn: Turn): void {
  if (!turn.isPlanStale) return;
  turn.isPlanStale = false;
  const { state, moment } = turn;
  const context = scheduleContextOf(state, moment.epochMs);
  const transition =
    state.ending?.stopResources === true
      ? schedule(withAllStopping(state.cib), { ...context, doubts: withoutKeeping(state.doubts) })
      : schedule(state.cib, context);
  turn.state = { ...state, walk: beginWalk(transition), transition: state.transition + 1 };
  forgetExpired(turn, transition.expired);
}

/** Starts everything that can start now; nothing new while the cluster ends and leaves all running. */
export function advance(turn: Turn): void {
  if (turn.state.ending !== null && !turn.state.ending.stopResources) return;
  const { state } = turn;
  const { run, cancel, interrupt } = nextSteps(
    state.walk,
    [...state.underWay.values()],
    PARALLEL_MAX,
  );
  for (const action of cancel) cancelMonitor(turn, action);
  for (const resource of interrupt) interruptMonitor(turn, resource);
  for (const action of run) {
    const member = state.members.get(action.resource) ?? state.startedAs.get(action.resource);
    if (member === undefined) giveUpOrphan(turn, action);
    else runAction(turn, action, member);
  }
  if (turn.state.ending === null) runDueMonitors(turn);
}

function runAction(turn: Turn, action: Action, member: Member): void {
  const { resource, operation, reason } = action;
  if (operation === 'stop') {
    turn.state = { ...turn.state, recurring: withoutMonitors(turn.state.recurring, resource) };
    noteBegin(turn, { kind: 'resource', resource, from: 'started', to: 'stopping', reason });
  }
  if (operation === 'start') {
    rememberStartedAs(turn, member);
    noteBegin(turn, { kind: 'resource', resource, from: 'stopped', to: 'starting', reason });
  }
  launch(turn, member, { operation, intervalMs: action.intervalMs }, action);
}

function launch(turn: Turn, member: Member, asked: Asked, action: Action | null): void {
  const { state } = turn;
  const callId = state.lastCallId + 1;
  const underWay: Underway = {
    ...asked,
    callId,
    action,
    member,
    resource: member.primitive.id,
    transition: state.transition,
  };
  turn.state = {
    ...state,
    lastCallId: callId,
    underWay: new Map([...state.underWay, [callId, underWay]]),
  };
  emit(turn, { kind: 'run', callId, operation: operationOf(state, member, asked) });
}

/** From its start on, a resource is stopped the way it was started; the guard is told. */
function rememberStartedAs(turn: Turn, member: Member): void {
  const { startedAs, basis } = turn.state;
  const before = startedAs.get(member.primitive.id);
  if (before === member) return;
  turn.state = {
    ...turn.state,
    startedAs: new Map([...startedAs, [member.primitive.id, member]]),
    basis: before === undefined ? basis : basis + 1,
  };
}

function cancelMonitor(turn: Turn, { key, resource, intervalMs }: Action): void {
  const { state } = turn;
  turn.state = {
    ...state,
    walk: withDone(state.walk, key),
    recurring: withoutMonitor(state.recurring, resource, intervalMs),
  };
  const recurring = { operation: 'monitor', intervalMs };
  changeStatus(turn, withoutOperation(state.document, state.node, resource, recurring));
  rereadResource(turn, resource);
}

function interruptMonitor(turn: Turn, resource: string): void {
  for (const { callId, intervalMs, resource: id } of turn.state.underWay.values()) {
    if (id === resource && intervalMs > 0) emit(turn, { kind: 'cancel', callId });
  }
}

function runDueMonitors(turn: Turn): void {
  for (const { resource, intervalMs } of dueMonitors(turn.state.recurring, turn.moment.now)) {
    const { underWay, walk, members } = turn.state;
    if (underWay.size >= PARALLEL_MAX) return;
    const isBusy = [...underWay.values()].some((one) => one.resource === resource);
    const member = members.get(resource);
    if (isBusy || member === undefined || isStopAhead(walk, resource)) continue;
    launch(turn, member, { operation: 'monitor', intervalMs }, null);
  }
}

/** A removed resource of which nobody knows how it was started cannot be stopped by us. */
function giveUpOrphan(turn: Turn, { key, resource }: Action): void {
  turn.state = { ...turn.state, walk: withDone(turn.state.walk, key) };
  const message = `resource ${resource} is no longer configured and cannot be stopped: how it was started is not known, stop it by hand`;
  log(turn, 'error', 'orphan-left-running', { message, fields: { resource } });
}

function forgetExpired(turn: Turn, expired: readonly string[]): void {
  if (expired.length === 0) return;
  const { node, cib } = turn.state;
  const at = { node, state: nodeStateOf(cib, node.name) };
  const cleared = expired.reduce(
    (document, resource) => withFailuresCleared(document, at, resource),
    turn.state.document,
  );
  changeStatus(turn, cleared);
  for (const resource of expired) rereadResource(turn, resource);
}

function noteBegin(turn: Turn, change: Extract<ClusterChange, { kind: 'resource' }>): void {
  const { resource, to, reason } = change;
  emit(turn, { kind: 'change', change });
  const why = reason === '' ? '' : `: ${reason}`;
  const message = `resource ${resource} is ${to}${why}`;
  log(turn, 'info', `resource-${to}`, { message, fields: { resource, reason } });
}

/** A grant that is not confirmed keeps what runs: not from being stopped with everything else. */
const withoutKeeping = (doubts: EmbeddedState['doubts']): EmbeddedState['doubts'] =>
  new Map([...doubts].filter(([, doubt]) => doubt !== 'unconfirmed'));

const withAllStopping = (cib: Cib): Cib => ({
  ...cib,
  properties: new Map([...cib.properties, ['stop-all-resources', 'true']]),
});
