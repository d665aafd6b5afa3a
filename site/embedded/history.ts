/** Results of operations in the status section, and what they say. */
import { operationDigest } from '../../core/cib/digest.ts';
import { withFailureCounted } from '../../core/cib/fail-count.ts';
import { withOperationResult } from '../../core/cib/patch-history.ts';
import { clusterFlag, historyOf, nodeStateOf } from '../../core/cib/query.ts';
import { readResourceHistory, readTransient } from '../../core/cib/read-status.ts';
import type { NodeState } from '../../core/cib/model.ts';
import { startReading } from '../../core/cib/reading.ts';
import { failureEffect } from '../../core/scheduler/failures.ts';
import { parametersOfMember } from '../../core/scheduler/scene.ts';
import {
  expectedReturnCode,
  isCountedFailure,
  isExpected,
  statusOf,
} from '../../core/transition/judge.ts';
import type { OperationOutcome } from '../../core/transition/operation.ts';
import { childNamed, element } from '../../core/xml/element.ts';
import { findChild } from '../../core/xml/edit.ts';
import { memberFor, operationOf } from './operations.ts';
import type { Underway } from './state.ts';
import type { Turn } from './turn.ts';
import { changeStatus } from './turn.ts';

/** Writes the outcome into the history and counts a failure; a repeated success changes nothing. */
export function recordOutcome(turn: Turn, underWay: Underway, outcome: OperationOutcome): void {
  if (underWay.intervalMs > 0 && isRepeated(turn, underWay, outcome)) return;
  const { state, moment } = turn;
  const recorded = withOperationResult(
    state.document,
    state.node,
    memberFor(state, underWay.member, underWay).primitive,
    {
      operation: underWay.operation,
      intervalMs: underWay.intervalMs,
      key: {
        action: underWay.callId,
        transition: underWay.transition,
        expectedReturnCode: expectedReturnCode(underWay),
        run: state.run,
      },
      callId: underWay.callId,
      returnCode: outcome.returnCode,
      status: statusOf(outcome),
      changedEpochMs: moment.epochMs,
      execMs: outcome.execMs,
      queueMs: 0,
      exitReason: outcome.exitReason,
      digest: digestOf(turn, underWay),
    },
  );
  const isCounted =
    isCountedFailure(underWay, outcome) &&
    failureEffect(state.cib, underWay.member, underWay) !== 'ignore';
  changeStatus(turn, isCounted ? counted(turn, recorded, underWay) : recorded);
  rereadResource(turn, underWay.resource);
}

/** Reads again what the status section says of one resource; the rest has not changed. */
export function rereadResource(turn: Turn, resource: string): void {
  const { document, cib, node } = turn.state;
  const status = childNamed(document, 'status') ?? element('status');
  const stored = findChild(status, { name: 'node_state', attributes: { id: node.id } });
  const known = nodeStateOf(cib, node.name);
  if (stored === null || known === null) return;
  const reading = startReading(element('configuration'));
  const list = childNamed(childNamed(stored, 'lrm') ?? element('lrm'), 'lrm_resources');
  const found = findChild(list ?? element('lrm_resources'), {
    name: 'lrm_resource',
    attributes: { id: resource },
  });
  const others = known.history.filter((history) => history.resource !== resource);
  const next: NodeState = {
    ...known,
    attributes: readTransient(stored, reading),
    history: found === null ? others : [...others, readResourceHistory(found, reading)],
  };
  const nodeStates = cib.nodeStates.map((one) => (one === known ? next : one));
  turn.state = { ...turn.state, cib: { ...cib, nodeStates } };
}

/** Failed starts (unless told otherwise) and failed stops are final for this host. */
function counted(
  turn: Turn,
  document: Turn['state']['document'],
  { resource, operation, intervalMs }: Underway,
): Turn['state']['document'] {
  const { cib, node } = turn.state;
  const isFatal =
    operation === 'stop' ||
    (operation === 'start' && clusterFlag(cib, 'start-failure-is-fatal', true));
  return withFailureCounted(
    document,
    { node, state: nodeStateOf(cib, node.name) },
    { resource, operation, intervalMs, isFatal },
    turn.moment.epochMs,
  );
}

function isRepeated(turn: Turn, underWay: Underway, outcome: OperationOutcome): boolean {
  if (!isExpected(underWay, outcome)) return false;
  const { cib, node } = turn.state;
  const history = historyOf(cib, node.name, underWay.resource);
  const last = history?.operations.findLast(
    ({ operation, intervalMs, id }) =>
      operation === 'monitor' && intervalMs === underWay.intervalMs && !id.endsWith('_failure_0'),
  );
  return last?.returnCode === outcome.returnCode && last.digest === digestOf(turn, underWay);
}

/** Recurring operations are told apart by their timeout too, as Pacemaker does. */
function digestOf(turn: Turn, underWay: Underway): string {
  const parameters = parametersOfMember(memberFor(turn.state, underWay.member, underWay));
  return underWay.intervalMs === 0
    ? operationDigest(parameters)
    : operationDigest(parameters, operationOf(turn.state, underWay.member, underWay).timeoutMs);
}
