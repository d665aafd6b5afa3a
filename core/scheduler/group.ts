/**
 * A group's chain (pacemaker-scheduler 11): each member needs the one before it, starts after it
 * and stops before it. A primitive of its own is a chain of one.
 */
import { parseBoolean } from '../cib/boolean.ts';
import type { Cib, Group } from '../cib/model.ts';
import type { Assignment } from './assign.ts';
import { isActive } from './plan.ts';
import type { Member } from './scene.ts';

/** What is to happen to one member. */
export interface Decision {
  readonly assignment: Assignment;
  readonly next: 'stopped' | 'started';
  /** Wanted; `…Blocked` says that it cannot be done now. */
  readonly isStopping: boolean;
  readonly isStarting: boolean;
  readonly isStopBlocked: boolean;
  readonly isStartBlocked: boolean;
  readonly reason: string;
}

export interface Chain {
  readonly members: readonly Member[];
  readonly isOrdered: boolean;
  readonly isCollocated: boolean;
}

/** The top-level resources as chains, in the order of the configuration. */
export const chainsOf = (cib: Cib): readonly Chain[] =>
  cib.resources.map((resource) =>
    resource.kind === 'group'
      ? {
          members: resource.members.map((primitive) => ({ primitive, group: resource })),
          isOrdered: flagOf(resource, 'ordered'),
          isCollocated: flagOf(resource, 'collocated'),
        }
      : { members: [{ primitive: resource, group: null }], isOrdered: true, isCollocated: true },
  );

const flagOf = (group: Group, name: string): boolean =>
  parseBoolean(group.metaAttributes.get(name) ?? '') ?? true;

/** Decides the members of a chain together. */
export function decideChain(chain: Chain, assignments: readonly Assignment[]): readonly Decision[] {
  const placed: Decision[] = [];
  for (const assignment of assignments) {
    placed.push(decide(assignment, hindranceFor(chain, placed), requiredBy(chain, placed)));
  }
  return chain.isOrdered ? withBlockedStops(placed) : placed;
}

interface Hindrance {
  readonly reason: string;
  /** The earlier member is wanted but cannot start, so that this one is wanted too. */
  readonly isUnrunnable: boolean;
}

/** Why a member cannot run because of one before it. */
function hindranceFor(chain: Chain, before: readonly Decision[]): Hindrance | null {
  if (!chain.isOrdered && !chain.isCollocated) return null;
  for (const { assignment, next, isStartBlocked } of before) {
    const id = assignment.member.primitive.id;
    if (next === 'stopped' || isStartBlocked) {
      const isUnrunnable = isStartBlocked || !assignment.management.isManaged;
      return { reason: `${id} before it in the group does not run`, isUnrunnable };
    }
  }
  return null;
}

/** An earlier member that has to start, so that this one has to start after it. */
function requiredBy(chain: Chain, before: readonly Decision[]): string | null {
  if (!chain.isOrdered) return null;
  const starting = before.find(({ isStarting }) => isStarting);
  return starting?.assignment.member.primitive.id ?? null;
}

function decide(
  assignment: Assignment,
  hindrance: Hindrance | null,
  requiredBy: string | null,
): Decision {
  const { state, management, ban } = assignment;
  const isUp = isActive(state.role);
  const base = { assignment, isStopBlocked: false, isStartBlocked: false };
  if (!management.isManaged) {
    const next = isUp ? 'started' : 'stopped';
    return { ...base, next, isStopping: false, isStarting: false, reason: assignment.reason };
  }
  const isWanted = ban === null && (hindrance === null || hindrance.isUnrunnable);
  if (!isWanted || (hindrance !== null && isUp)) {
    const reason = ban ?? hindrance?.reason ?? '';
    return { ...base, next: 'stopped', isStopping: isUp, isStarting: false, reason };
  }
  if (hindrance !== null) {
    const { reason } = hindrance;
    const unrunnable = { ...base, isStartBlocked: true, isStopping: false, isStarting: true };
    return { ...unrunnable, next: 'started', reason };
  }
  const cause = state.role === 'started' ? restartCause(assignment, requiredBy) : null;
  const isStopping = state.role === 'stopping' || cause !== null;
  const isStarting = state.role !== 'started' || isStopping;
  return { ...base, next: 'started', isStopping, isStarting, reason: cause ?? assignment.reason };
}

/** Why a running resource must be stopped and started again; null when it need not. */
function restartCause(assignment: Assignment, requiredBy: string | null): string | null {
  const { failure, isOutdated } = assignment.state;
  if (failure !== null && failure.effect !== 'ignore') return failure.text;
  if (isOutdated) return 'its parameters have changed';
  return requiredBy === null ? null : `${requiredBy} before it in the group has to start first`;
}

/** A stop waits for the later members to stop; one that is left alone makes it impossible. */
function withBlockedStops(decisions: readonly Decision[]): readonly Decision[] {
  return decisions.map((decision, index) => {
    const obstacle = decisions
      .slice(index + 1)
      .find(
        ({ assignment: { management, state } }) => !management.isManaged && isActive(state.role),
      );
    if (obstacle === undefined || !decision.assignment.management.isManaged) return decision;
    const id = obstacle.assignment.member.primitive.id;
    const needsLaterToStop = decision.isStopping || decision.isStarting;
    if (!needsLaterToStop) return decision;
    return {
      ...decision,
      isStopBlocked: decision.isStopping,
      isStartBlocked: decision.isStarting,
      reason: `${decision.reason === '' ? '' : `${decision.reason}, but `}${id} after it cannot be stopped: ${obstacle.assignment.reason}`,
    };
  });
}
