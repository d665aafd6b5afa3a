/** Resources that ran here and are no longer configured (pacemaker-scheduler 20): they are stopped. */
import { clusterFlag } from '../cib/query.ts';
import type { Primitive } from '../cib/model.ts';
import type { Assignment } from './assign.ts';
import { stateOf } from './history.ts';
import type { Decision } from './group.ts';
import { isActive } from './plan.ts';
import type { Scene } from './scene.ts';

/** What is to happen to every orphan that is active. */
export function decideOrphans(scene: Scene, configured: ReadonlySet<string>): readonly Decision[] {
  const isStopping = clusterFlag(scene.cib, 'stop-removed-resources', true);
  return [...scene.histories.values()].flatMap((history): Decision[] => {
    if (configured.has(history.resource)) return [];
    const assignment = assignOrphan(scene, {
      kind: 'primitive',
      id: history.resource,
      class: history.class,
      provider: history.provider,
      type: history.type,
      instanceAttributes: new Map(),
      metaAttributes: new Map(),
      operations: [],
    });
    if (!isActive(assignment.state.role)) return [];
    const isStopped = isStopping && assignment.management.isManaged;
    return [
      {
        assignment,
        next: isStopped ? 'stopped' : 'started',
        isStopping: isStopped,
        isStarting: false,
        isStopBlocked: false,
        isStartBlocked: false,
        reason: 'it is no longer configured',
      },
    ];
  });
}

function assignOrphan(scene: Scene, primitive: Primitive): Assignment {
  const member = { primitive, group: null };
  const state = stateOf(scene, member);
  const isBlocked = state.failure?.effect === 'block';
  const isManaged = !isBlocked && !clusterFlag(scene.cib, 'maintenance-mode', false);
  return {
    member,
    state,
    management: { isManaged, isMaintenance: false, reason: '' },
    isBlocked,
    ban: null,
    reason: '',
  };
}
