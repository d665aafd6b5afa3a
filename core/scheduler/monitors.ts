/** Recurring monitors: which should run, and which should no longer (pacemaker-scheduler 16). */
import { operationDigest } from '../cib/digest.ts';
import type { Operation } from '../cib/model.ts';
import type { Decision } from './group.ts';
import { isActive } from './plan.ts';
import { parametersOfMember } from './scene.ts';

export interface MonitorPlan {
  /** Intervals in ms. */
  readonly scheduled: readonly number[];
  readonly cancelled: readonly number[];
}

/** After a start all are scheduled anew; a stop ends all without being told. */
export function monitorsOf(decision: Decision): MonitorPlan {
  const { state, management, isBlocked, member } = decision.assignment;
  const recorded = [...state.monitors.keys()];
  if (management.isMaintenance) return { scheduled: [], cancelled: recorded };
  const willRun = decision.next === 'started' && !decision.isStartBlocked && !isBlocked;
  const configured = willRun ? member.primitive.operations.filter(isRecurringMonitor) : [];
  const isFresh = decision.isStarting || !isActive(state.role);
  const scheduled = configured.filter(
    ({ intervalMs, timeoutMs }) =>
      isFresh || state.monitors.get(intervalMs) !== digestOf(decision, timeoutMs),
  );
  const isStopping = decision.isStopping && !decision.isStopBlocked;
  const cancelled = isStopping
    ? []
    : recorded.filter(
        (recordedMs) => !configured.some(({ intervalMs }) => intervalMs === recordedMs),
      );
  return {
    scheduled: scheduled.map(({ intervalMs }) => intervalMs),
    cancelled: willRun ? cancelled : [],
  };
}

/** Without a role, or for Started; those for Stopped belong to other nodes. */
const isRecurringMonitor = ({ name, intervalMs, isEnabled, role }: Operation): boolean =>
  name === 'monitor' &&
  intervalMs > 0 &&
  isEnabled &&
  (role === null || role === 'Started' || role === 'Unpromoted');

const digestOf = (decision: Decision, timeoutMs: number): string =>
  operationDigest(parametersOfMember(decision.assignment.member), timeoutMs);
