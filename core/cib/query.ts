import { parseBoolean } from './boolean.ts';
import type {
  Cib,
  Group,
  LossPolicy,
  NodeState,
  Primitive,
  ResourceHistory,
  ResourceRole,
  TicketConstraint,
} from './model.ts';
import { parseDurationMs } from './duration.ts';
import { DEFAULT_TIMEOUT_MS } from './read-operations.ts';

/** Questions the scheduler and the tools ask of the model. */

/** The newer names of cluster options and what they were called before (pacemaker-scheduler 4). */
const olderNames: ReadonlyMap<string, string> = new Map([
  ['fencing-enabled', 'stonith-enabled'],
  ['fencing-action', 'stonith-action'],
  ['fencing-timeout', 'stonith-timeout'],
  ['stop-removed-resources', 'stop-orphan-resources'],
  ['cancel-removed-actions', 'stop-orphan-actions'],
]);

/** A cluster property by its newer name, whichever of its names it was set under. */
export const clusterOption = (cib: Cib, name: string): string | null =>
  cib.properties.get(name) ?? cib.properties.get(olderNames.get(name) ?? name) ?? null;

/** A true/false cluster property; the default where it is absent or no such word. */
export function clusterFlag(cib: Cib, name: string, byDefault: boolean): boolean {
  const text = clusterOption(cib, name);
  return text === null ? byDefault : (parseBoolean(text) ?? byDefault);
}

export interface PlacedPrimitive {
  readonly primitive: Primitive;
  /** Null for a primitive on its own. */
  readonly group: Group | null;
}

/** Every primitive, in document order, with the group it is in. */
export const primitivesOf = (cib: Cib): readonly PlacedPrimitive[] =>
  cib.resources.flatMap((resource): readonly PlacedPrimitive[] =>
    resource.kind === 'group'
      ? resource.members.map((primitive) => ({ primitive, group: resource }))
      : [{ primitive: resource, group: null }],
  );

/** How long an operation may take, configured or not. */
export function operationTimeoutMs(
  cib: Cib,
  primitive: Primitive,
  operation: { readonly name: string; readonly intervalMs: number },
): number {
  const configured = primitive.operations.find(
    ({ name, intervalMs }) => name === operation.name && intervalMs === operation.intervalMs,
  );
  if (configured !== undefined) return configured.timeoutMs;
  const text = cib.operationDefaults.get('timeout');
  return text === undefined ? DEFAULT_TIMEOUT_MS : (parseDurationMs(text) ?? DEFAULT_TIMEOUT_MS);
}

/** What the loss of the ticket does to a target of this role (pacemaker-tickets 2). */
export const lossPolicyFor = (
  constraint: TicketConstraint,
  role: ResourceRole | null,
): LossPolicy => constraint.lossPolicy ?? (role === 'Promoted' ? 'demote' : 'stop');

/** The state of a node by its name, or null. */
export const nodeStateOf = (cib: Cib, node: string): NodeState | null =>
  cib.nodeStates.find(({ name }) => name === node) ?? null;

/** The history of one resource on one node, or null when nothing was ever recorded. */
export const historyOf = (cib: Cib, node: string, resource: string): ResourceHistory | null =>
  nodeStateOf(cib, node)?.history.find((history) => history.resource === resource) ?? null;
