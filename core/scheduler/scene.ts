/** What all parts of one scheduling run look at, indexed once. */
import { clusterFlag, nodeStateOf } from '../cib/query.ts';
import type {
  Cib,
  Group,
  NodeState,
  Options,
  Primitive,
  ResourceHistory,
  TicketConstraint,
  TicketTarget,
} from '../cib/model.ts';

export interface ScheduleContext {
  /** For failure-timeout. */
  readonly nowEpochS: number;
  /** The one node resources are run on: this host. */
  readonly node: string;
  /** Operations under way; their results are not in the history yet. */
  readonly inFlight: readonly InFlight[];
  /** Tickets that are granted in the CIB but not to be relied on; the rest is taken as it stands. */
  readonly doubts?: ReadonlyMap<string, TicketDoubt>;
}

/**
 * `unconfirmed`: what runs goes on, nothing is started, until somebody vouches for the grant.
 * `lapsed`: the lease behind the grant is over, which is the same as not granted.
 */
export type TicketDoubt = 'unconfirmed' | 'lapsed';

export interface InFlight {
  readonly resource: string;
  readonly operation: 'start' | 'stop' | 'monitor';
  /** More than 0 for a recurring monitor, which does not change what is planned. */
  readonly intervalMs: number;
}

export interface Scene {
  readonly cib: Cib;
  readonly context: ScheduleContext;
  readonly nodeState: NodeState | null;
  readonly histories: ReadonlyMap<string, ResourceHistory>;
  /** Operations under way that are not recurring monitors, by resource. */
  readonly inFlight: ReadonlyMap<string, InFlight>;
  /** Ticket constraints by the id they name (primitive or group). */
  readonly tickets: ReadonlyMap<string, readonly TicketRestraint[]>;
  readonly isProbing: boolean;
}

export interface TicketRestraint {
  readonly constraint: TicketConstraint;
  readonly target: TicketTarget;
}

/** A primitive with the group it is in. */
export interface Member {
  readonly primitive: Primitive;
  readonly group: Group | null;
}

/** Looks everything up once, for one run of the scheduler. */
export function sceneOf(cib: Cib, context: ScheduleContext): Scene {
  const nodeState = nodeStateOf(cib, context.node);
  return {
    cib,
    context,
    nodeState,
    histories: new Map((nodeState?.history ?? []).map((history) => [history.resource, history])),
    inFlight: new Map(
      context.inFlight
        .filter(({ intervalMs }) => intervalMs === 0)
        .map((operation) => [operation.resource, operation]),
    ),
    tickets: restraintsByResource(cib),
    isProbing: clusterFlag(cib, 'enable-startup-probes', true),
  };
}

/** Ticket constraints by the id of the primitive or group they name. */
export function restraintsByResource(cib: Cib): ReadonlyMap<string, readonly TicketRestraint[]> {
  const restraints = new Map<string, TicketRestraint[]>();
  for (const constraint of cib.constraints) {
    for (const target of constraint.targets) {
      const known = restraints.get(target.resource) ?? [];
      restraints.set(target.resource, [...known, { constraint, target }]);
    }
  }
  return restraints;
}

/** The ids a constraint on this primitive may name: itself and its group. */
export const idsOf = ({ primitive, group }: Member): readonly string[] =>
  group === null ? [primitive.id] : [primitive.id, group.id];

/** A meta-attribute: the primitive's own, else its group's, else `rsc_defaults`; `#default` is none. */
export function metaOf(cib: Cib, { primitive, group }: Member, name: string): string | null {
  const found =
    primitive.metaAttributes.get(name) ??
    group?.metaAttributes.get(name) ??
    cib.resourceDefaults.get(name) ??
    null;
  return found === '#default' ? null : found;
}

/** The parameters the agent gets: the primitive's own over its group's. */
export const parametersOfMember = ({ primitive, group }: Member): Options =>
  group === null
    ? primitive.instanceAttributes
    : new Map([...group.instanceAttributes, ...primitive.instanceAttributes]);
