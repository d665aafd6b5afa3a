/**
 * What hangs on a ticket here: the resources its loss stops, in the order they start. The guard's
 * list and the question whether a lost ticket has been let go of both come from this.
 */
import type { Cib } from '../cib/model.ts';
import { chainsOf } from './group.ts';
import { stateOf } from './history.ts';
import type { Member, Scene } from './scene.ts';
import { idsOf, restraintsByResource } from './scene.ts';
import { stopsOnLoss } from './tickets.ts';

/**
 * One list per top-level resource that depends on the ticket, its members in the order they start:
 * those a constraint names and, in an ordered group, those behind them. What policy `freeze`
 * leaves running is not among them.
 */
export function ticketDependents(cib: Cib, ticket: string): readonly (readonly Member[])[] {
  const restraints = restraintsByResource(cib);
  const isDirect = (member: Member): boolean =>
    idsOf(member)
      .flatMap((id) => restraints.get(id) ?? [])
      .some((restraint) => restraint.constraint.ticket === ticket && stopsOnLoss(restraint));
  return chainsOf(cib).flatMap(({ members, isOrdered, isCollocated }) => {
    const first = members.findIndex(isDirect);
    if (first < 0) return [];
    const isChained = isOrdered || isCollocated;
    return [isChained ? members.slice(first) : members.filter(isDirect)];
  });
}

/** Those of them that are not known to be stopped, in the order they will stop. */
export const stillActive = (
  scene: Scene,
  dependents: readonly (readonly Member[])[],
): readonly string[] =>
  dependents
    .flatMap((members) => members.toReversed())
    .filter((member) => stateOf(scene, member).role !== 'stopped')
    .map(({ primitive }) => primitive.id);
