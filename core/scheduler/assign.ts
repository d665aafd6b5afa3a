/**
 * Whether one resource, looked at alone, may run on this host, and whether it may be touched.
 * Placement over several nodes will grow from here (pacemaker-scheduler 9).
 */
import { clusterFlag } from '../cib/query.ts';
import type { Failure } from './failures.ts';
import { thresholdBan } from './failures.ts';
import type { ResourceState } from './history.ts';
import { stateOf } from './history.ts';
import type { Management } from './managed.ts';
import { managementOf, nodeFlag } from './managed.ts';
import { isActive } from './plan.ts';
import type { Member, Scene } from './scene.ts';
import { idsOf, metaOf } from './scene.ts';
import type { TicketEffect } from './tickets.ts';
import { ticketEffect, ticketsOf } from './tickets.ts';

export interface Assignment {
  readonly member: Member;
  readonly state: ResourceState;
  readonly management: Management;
  /** Left alone because of a failure. */
  readonly isBlocked: boolean;
  /** Why it may not run here; null when it may. */
  readonly ban: string | null;
  /** For people: what lets it run, or what it is left alone for. */
  readonly reason: string;
}

/** Looks at one primitive, whether alone or in a group. */
export function assign(scene: Scene, member: Member): Assignment {
  const state = stateOf(scene, member);
  const ticket = ticketEffect(scene, member, isActive(state.role));
  const isBlocked = state.failure?.effect === 'block';
  const leftAlone = isBlocked ? `blocked: ${state.failure.text}` : leftAloneBy(ticket);
  const management = leaveAlone(managementOf(scene, member), leftAlone);
  return {
    member,
    state,
    management,
    isBlocked,
    ban: ticket.kind === 'banned' ? ticket.reason : banOf(scene, member, state),
    reason: management.isManaged
      ? ticketsOf(scene, member)
          .map((name) => `ticket ${name} is granted here`)
          .join(', ')
      : management.reason,
  };
}

const leaveAlone = (management: Management, reason: string | null): Management =>
  reason === null ? management : { ...management, isManaged: false, reason };

function leftAloneBy(ticket: TicketEffect): string | null {
  if (ticket.kind === 'kept') return ticket.reason;
  return ticket.kind === 'frozen' ? `${ticket.reason}, left running (loss-policy freeze)` : null;
}

/** Everything that keeps a resource from this host apart from its tickets. */
function banOf(scene: Scene, member: Member, state: ResourceState): string | null {
  const unsafe = idsOf(member).flatMap((id) => scene.cib.unsafe.get(id) ?? [])[0];
  if (unsafe !== undefined) return unsafe;
  if (clusterFlag(scene.cib, 'stop-all-resources', false)) return 'stop-all-resources is on';
  if (metaOf(scene.cib, member, 'target-role')?.toLowerCase() === 'stopped') {
    return 'target-role is Stopped';
  }
  if (nodeFlag(scene, 'standby')) return 'the node is in standby';
  return failureBan(state.failure) ?? state.ban ?? thresholdBan(scene, member);
}

const failureBan = (failure: Failure | null): string | null =>
  failure?.effect === 'stop' || failure?.effect === 'standby' ? `${failure.text} (on-fail)` : null;
