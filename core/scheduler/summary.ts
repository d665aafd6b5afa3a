/** A decision as an entry of the transition summary (pacemaker-scheduler 21). */
import type { Decision } from './group.ts';
import type { ResourcePlan } from './plan.ts';

export function planOf(decision: Decision): ResourcePlan {
  const { assignment, next, reason } = decision;
  const { member, state, management, isBlocked } = assignment;
  return {
    resource: member.primitive.id,
    group: member.group?.id ?? null,
    now: state.role,
    next,
    isFailed: state.failure !== null && state.failure.effect !== 'ignore',
    isManaged: management.isManaged,
    isBlocked,
    verb: verbOf(decision),
    isVerbBlocked: decision.isStopBlocked || decision.isStartBlocked,
    reason,
  };
}

function verbOf(decision: Decision): ResourcePlan['verb'] {
  const { isStopping, isStarting, assignment } = decision;
  if (isStopping && isStarting && !decision.isStopBlocked)
    return assignment.state.failure === null ? 'Restart' : 'Recover';
  if (isStopping) return 'Stop';
  return isStarting ? 'Start' : null;
}
