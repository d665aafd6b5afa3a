/**
 * The scheduler: a CIB in, a transition out, in the phases of pacemaker-scheduler 2. It plans for
 * one host, which is always a healthy member of its own cluster with quorum and without fencing;
 * placement over several nodes, colocation, ordering and clones grow in here.
 */
import type { Cib } from '../cib/model.ts';
import { actionsOf } from './actions.ts';
import type { Assignment } from './assign.ts';
import { assign } from './assign.ts';
import { hasExpiredCount, nextExpiryEpochS } from './failures.ts';
import { chainsOf, decideChain } from './group.ts';
import { decideOrphans } from './orphans.ts';
import type { Transition } from './plan.ts';
import type { Member, ScheduleContext, Scene } from './scene.ts';
import { sceneOf } from './scene.ts';
import { planOf } from './summary.ts';

/** What is to be done now so that the resources are where they belong. */
export function schedule(cib: Cib, context: ScheduleContext): Transition {
  const scene = sceneOf(cib, context);
  const chains = chainsOf(cib);
  const members = chains.flatMap((chain) => chain.members);
  const assignments = withHostStandby(members.map((member) => assign(scene, member)));
  const byMember = new Map(assignments.map((assignment) => [assignment.member, assignment]));
  const decided = chains.map((chain) => ({
    chain,
    decisions: decideChain(
      chain,
      chain.members.flatMap((member) => byMember.get(member) ?? []),
    ),
  }));
  const configured = new Set(members.map(({ primitive }) => primitive.id));
  const orphans = decideOrphans(scene, configured).map((decision) => ({
    chain: { members: [decision.assignment.member], isOrdered: true, isCollocated: true },
    decisions: [decision],
  }));
  const all = [...decided, ...orphans];
  return {
    resources: all.flatMap(({ decisions }) => decisions.map((decision) => planOf(decision))),
    actions: all.flatMap(({ chain, decisions }) => actionsOf(scene, chain, decisions)),
    ...expiry(scene, members),
  };
}

/** A failure with on-fail=standby empties the host: nothing else may run here either. */
function withHostStandby(assignments: readonly Assignment[]): readonly Assignment[] {
  const cause = assignments.find(({ state }) => state.failure?.effect === 'standby');
  if (cause === undefined) return assignments;
  const reason = `the node is in standby because ${cause.member.primitive.id} failed (on-fail)`;
  return assignments.map((assignment) => ({ ...assignment, ban: assignment.ban ?? reason }));
}

function expiry(
  scene: Scene,
  members: readonly Member[],
): Pick<Transition, 'expired' | 'recheckAtEpochS'> {
  const moments = members.flatMap((member) => nextExpiryEpochS(scene, member) ?? []);
  return {
    expired: members
      .filter((member) => hasExpiredCount(scene, member))
      .map(({ primitive }) => primitive.id),
    recheckAtEpochS: moments.length === 0 ? null : Math.min(...moments),
  };
}
