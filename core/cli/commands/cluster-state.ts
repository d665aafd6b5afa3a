/**
 * The resources of this host's embedded cluster, from the CIB in its state directory: what the last
 * recorded operations say about each (Pacemaker Explained, "lrm_rsc_op").
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { problem, type Problem } from '../../base/problem.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { Cib, HistoryEntry, NodeState, Primitive } from '../../cib/model.ts';
import { primitivesOf } from '../../cib/query.ts';
import { readCib } from '../../cib/read.ts';
import { errnoCode, errnoText } from '../../io/errno.ts';
import { readGuardTrouble } from '../../io/guard-trouble.ts';
import { readXml, XML_MAX_CHARACTERS } from '../../xml/read.ts';

/** What `cib.xml` says runs here. */
export interface ClusterState {
  readonly path: string;
  readonly resources: readonly ShownResource[];
  /** Why there is no guard to rely on, as the daemon said last; null: there is one. */
  readonly guardTrouble: string | null;
}

/** One primitive as it is shown. */
export interface ShownResource {
  readonly id: string;
  /** `ocf:PROVIDER:TYPE`, `systemd:TYPE`, … */
  readonly agent: string;
  /** Id of the group it is in; null when it is in none. */
  readonly group: string | null;
  /** Tickets that it, or its group, is tied to. */
  readonly tickets: readonly string[];
  readonly state: 'started' | 'promoted' | 'stopped' | 'failed' | 'pending' | 'unknown';
  /** Node the state was seen on; null when nothing is recorded. */
  readonly node: string | null;
  /** What the agent said when it failed; empty when it said nothing. */
  readonly reason: string;
}

/** Reads `cib.xml`; null when this host has none, which is no fault. */
export function readClusterState(stateDir: string): Result<ClusterState | null, Problem> {
  const path = join(stateDir, 'cib.xml');
  try {
    const stats = statSync(path);
    if (!stats.isFile() || stats.size > XML_MAX_CHARACTERS) {
      return err(problem('cluster-unreadable', `${path} is no file of a size that can be read`));
    }
    const root = readXml(readFileSync(path, 'utf8'), path);
    if (!root.ok) return root;
    const resources = resourcesOf(readCib(root.value).cib);
    return ok({ path, resources, guardTrouble: readGuardTrouble(stateDir) });
  } catch (thrown) {
    if (errnoCode(thrown) === 'ENOENT') return ok(null);
    const message = `cannot read the cluster's state in ${path}: ${errnoText(thrown)}`;
    return err(problem('cluster-unreadable', message));
  }
}

/** Every primitive with its state, in the order of the document. */
export const resourcesOf = (cib: Cib): readonly ShownResource[] =>
  primitivesOf(cib).map(({ primitive, group }) => ({
    id: primitive.id,
    agent: [primitive.class, primitive.provider, primitive.type].filter(Boolean).join(':'),
    group: group?.id ?? null,
    tickets: ticketsOf(cib, [primitive.id, ...(group === null ? [] : [group.id])]),
    ...stateOf(cib, primitive),
  }));

const ticketsOf = (cib: Cib, ids: readonly string[]): readonly string[] => [
  ...new Set(
    cib.constraints
      .filter(({ targets }) => targets.some(({ resource }) => ids.includes(resource)))
      .map(({ ticket }) => ticket),
  ),
];

type State = Pick<ShownResource, 'state' | 'node' | 'reason'>;

/** Where it runs, else where something is known of it. */
function stateOf(cib: Cib, primitive: Primitive): State {
  const states = cib.nodeStates.flatMap((node) => stateOn(node, primitive.id));
  const active = states.find(({ state }) => state !== 'stopped');
  return active ?? states[0] ?? { state: 'unknown', node: null, reason: '' };
}

function stateOn(node: NodeState, resource: string): readonly State[] {
  const history = node.history.find((found) => found.resource === resource);
  const last = history?.operations.findLast(tellsState);
  if (last === undefined) return [];
  return [{ state: stateAfter(last), node: node.name, reason: last.exitReason }];
}

/** Notifications and the like leave the state as it was. */
const tellsState = ({ operation }: HistoryEntry): boolean =>
  ['start', 'stop', 'monitor', 'promote', 'demote'].includes(operation);

const NOT_RUNNING = 7;
const RUNNING_PROMOTED = 8;

function stateAfter(entry: HistoryEntry): ShownResource['state'] {
  const { operation, returnCode, status } = entry;
  if (status === -1) return 'pending';
  if (operation === 'monitor' && returnCode === NOT_RUNNING) {
    return entry.expectedReturnCode === 0 ? 'failed' : 'stopped';
  }
  if (operation === 'monitor' && returnCode === RUNNING_PROMOTED) return 'promoted';
  if (returnCode !== 0) return 'failed';
  if (operation === 'stop') return 'stopped';
  return operation === 'promote' ? 'promoted' : 'started';
}
