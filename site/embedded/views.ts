/** What people see of the resources. */
import { stateOf } from '../../core/scheduler/history.ts';
import type { Member, Scene } from '../../core/scheduler/scene.ts';
import { sceneOf } from '../../core/scheduler/scene.ts';
import { ticketsOf } from '../../core/scheduler/tickets.ts';
import { agentText } from '../../core/transition/operation.ts';
import type { ResourceView } from '../cluster/port.ts';
import type { EmbeddedState } from './state.ts';
import { scheduleContextOf } from './state.ts';

/** Configured resources in their order, then removed ones that are still there. */
export function resourceViews(state: EmbeddedState, epochMs: number): readonly ResourceView[] {
  const scene = sceneOf(state.cib, scheduleContextOf(state, epochMs));
  const { members } = state;
  const orphans = [...state.startedAs].filter(([id]) => !members.has(id));
  return [...members, ...orphans].map(([, member]) => viewOf(state, scene, member));
}

function viewOf(state: EmbeddedState, scene: Scene, member: Member): ResourceView {
  const { primitive, group } = member;
  const plan = state.walk.transition.resources.find(({ resource }) => resource === primitive.id);
  const now = stateOf(scene, member);
  const isFailed = now.failure !== null && now.failure.effect !== 'ignore';
  return {
    id: primitive.id,
    group: group?.id ?? null,
    agent: agentText(primitive),
    role: now.role,
    isFailed,
    isBlocked: plan?.isBlocked ?? false,
    isManaged: plan?.isManaged ?? true,
    tickets: ticketsOf(scene, member),
    reason: plan?.reason ?? '',
  };
}
