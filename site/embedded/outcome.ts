/** An operation has ended: what that means for the plan and for those who watch. */
import { withoutResourceHistory } from '../../core/cib/patch-history.ts';
import { isExpected } from '../../core/transition/judge.ts';
import type { OperationOutcome } from '../../core/transition/operation.ts';
import { withMonitor } from '../../core/transition/recurring.ts';
import { withDone } from '../../core/transition/walk.ts';
import type { ResourceViewRole } from '../cluster/port.ts';
import { recordOutcome, rereadResource } from './history.ts';
import type { Underway } from './state.ts';
import type { Turn } from './turn.ts';
import { changeStatus, emit, log, markDrains } from './turn.ts';

/** Records the outcome; one of an operation nobody waits for any more is ignored. */
export function noteOutcome(turn: Turn, callId: number, outcome: OperationOutcome): void {
  const underWay = turn.state.underWay.get(callId);
  if (underWay === undefined) return;
  const rest = new Map(turn.state.underWay);
  rest.delete(callId);
  turn.state = { ...turn.state, underWay: rest };
  if (outcome.status === 'cancelled') {
    // A monitor made way for a stop: it has nothing to say.
    return;
  }
  recordOutcome(turn, underWay, outcome);
  markDrains(turn, underWay.resource);
  if (underWay.intervalMs > 0) scheduleNext(turn, underWay);
  if (isExpected(underWay, outcome)) noteSuccess(turn, underWay);
  else noteSurprise(turn, underWay, outcome);
}

function noteSuccess(turn: Turn, { action, operation, resource }: Underway): void {
  const { state } = turn;
  if (action !== null) turn.state = { ...state, walk: withDone(state.walk, action.key) };
  if (operation === 'start') noteRole(turn, { resource, from: 'starting', to: 'started' }, '');
  if (operation === 'stop') {
    noteRole(turn, { resource, from: 'stopping', to: 'stopped' }, '');
    forgetStopped(turn, resource);
  }
}

/** A probe that finds something running is a surprise too, but no failure. */
function noteSurprise(turn: Turn, underWay: Underway, outcome: OperationOutcome): void {
  turn.isPlanStale = true;
  const { resource, operation, intervalMs, member } = underWay;
  const isProbe = operation === 'monitor' && intervalMs === 0;
  if (isProbe && outcome.status === 'done' && outcome.returnCode === 0) {
    const startedAs = new Map([...turn.state.startedAs, [resource, member]]);
    turn.state = { ...turn.state, startedAs };
    noteRole(turn, { resource, from: 'unknown', to: 'started' }, 'found running');
    return;
  }
  const reason = failureReason(underWay, outcome);
  emit(turn, { kind: 'change', change: { kind: 'failure', resource, reason } });
  log(turn, isProbe ? 'info' : 'warning', 'operation-failed', {
    message: `resource ${resource}: ${reason}`,
    fields: { resource, operation, returnCode: outcome.returnCode, output: outcome.output },
  });
}

const failureReason = ({ operation }: Underway, outcome: OperationOutcome): string => {
  const how = outcome.status === 'timeout' ? 'timed out' : `answered ${outcome.returnCode}`;
  return `${operation} ${how}${outcome.exitReason === '' ? '' : `: ${outcome.exitReason}`}`;
};

/** As long as it is configured; whether it makes sense is decided when it is due. */
function scheduleNext(turn: Turn, { resource, intervalMs }: Underway): void {
  const { recurring } = turn.state;
  const isConfigured = turn.state.members
    .get(resource)
    ?.primitive.operations.some(
      (operation) => operation.intervalMs === intervalMs && operation.isEnabled,
    );
  if (isConfigured !== true) return;
  turn.state = {
    ...turn.state,
    recurring: withMonitor(recurring, { resource, intervalMs }, turn.moment.now),
  };
}

/** What is stopped is started anew as configured then; a removed resource leaves nothing behind. */
function forgetStopped(turn: Turn, resource: string): void {
  const startedAs = new Map(turn.state.startedAs);
  startedAs.delete(resource);
  turn.state = { ...turn.state, startedAs };
  if (turn.state.members.has(resource)) return;
  changeStatus(turn, withoutResourceHistory(turn.state.document, turn.state.node, resource));
  rereadResource(turn, resource);
}

function noteRole(
  turn: Turn,
  change: {
    readonly resource: string;
    readonly from: ResourceViewRole;
    readonly to: ResourceViewRole;
  },
  reason: string,
): void {
  emit(turn, { kind: 'change', change: { kind: 'resource', ...change, reason } });
  const why = reason === '' ? '' : `, ${reason}`;
  log(turn, 'info', `resource-${change.to}`, {
    message: `resource ${change.resource} is ${change.to}${why}`,
    fields: { resource: change.resource },
  });
}
