/** What the outcome of an operation means (commands 9.1). */
import type { HistoryEntry } from '../cib/model.ts';
import { OP_STATUS } from '../cib/patch-history.ts';
import type { OperationOutcome } from './operation.ts';

/** What was asked of the agent. */
export interface Asked {
  readonly operation: 'start' | 'stop' | 'monitor';
  /** 0: not recurring, so that a monitor is a probe. */
  readonly intervalMs: number;
}

const SUCCESS = 0;
const NOT_RUNNING = 7;
const DEGRADED = 190;

/** The code that a scheduler counts on: a probe is expected to find nothing. */
export const expectedReturnCode = ({ operation, intervalMs }: Asked): number =>
  operation === 'monitor' && intervalMs === 0 ? NOT_RUNNING : SUCCESS;

/** True when the plan may go on as made. */
export function isExpected(asked: Asked, outcome: OperationOutcome): boolean {
  if (outcome.status !== 'done') return false;
  const isDegraded = asked.operation === 'monitor' && asked.intervalMs > 0;
  return (
    outcome.returnCode === expectedReturnCode(asked) ||
    (isDegraded && outcome.returnCode === DEGRADED)
  );
}

/** Probes answer a question: whatever they say is no failure of an operation to be counted. */
export const isCountedFailure = (asked: Asked, outcome: OperationOutcome): boolean =>
  outcome.status !== 'cancelled' &&
  !(asked.operation === 'monitor' && asked.intervalMs === 0) &&
  !isExpected(asked, outcome);

/** The outcome's status as the CIB stores it. */
export const statusOf = (outcome: OperationOutcome): HistoryEntry['status'] =>
  OP_STATUS[outcome.status];
