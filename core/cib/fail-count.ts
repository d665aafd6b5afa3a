import type { XmlElement } from '../xml/element.ts';
import type { NodeState } from './model.ts';
import { parseScore, SCORE_INFINITY, scoreText } from './number.ts';
import type { NodeReference } from './patch-node.ts';
import { withTransientAttribute } from './patch-node.ts';

/** How often an operation of a resource failed on a node (pacemaker-scheduler 7). */
export interface FailedOperation {
  readonly resource: string;
  readonly operation: string;
  readonly intervalMs: number;
}

const suffix = (failed: FailedOperation): string =>
  `${failed.resource}#${failed.operation}_${failed.intervalMs}`;

/** The sum over all operations of the resource on the node; SCORE_INFINITY at most. */
export function failCount(state: NodeState, resource: string): number {
  let sum = 0;
  for (const [name, value] of state.attributes) {
    if (name.startsWith(`fail-count-${resource}#`)) sum += Math.max(0, parseScore(value) ?? 0);
  }
  return Math.min(sum, SCORE_INFINITY);
}

/** When an operation of the resource last failed on the node, in epoch seconds; null when never. */
export function lastFailureEpochS(state: NodeState, resource: string): number | null {
  let last: number | null = null;
  for (const [name, value] of state.attributes) {
    const epochS = name.startsWith(`last-failure-${resource}#`) ? Number(value) : Number.NaN;
    if (Number.isFinite(epochS)) last = Math.max(last ?? 0, epochS);
  }
  return last;
}

/** Counts one more failure, or, where one is fatal (`isFatal`), sets the count to INFINITY. */
export function withFailureCounted(
  root: XmlElement,
  at: { readonly node: NodeReference; readonly state: NodeState | null },
  failed: FailedOperation & { readonly isFatal: boolean },
  nowEpochMs: number,
): XmlElement {
  const name = suffix(failed);
  const before = parseScore(at.state?.attributes.get(`fail-count-${name}`) ?? '0') ?? 0;
  const count = failed.isFatal ? SCORE_INFINITY : Math.min(before + 1, SCORE_INFINITY);
  const counted = withTransientAttribute(root, at.node, `fail-count-${name}`, scoreText(count));
  const nowEpochS = String(Math.floor(nowEpochMs / 1000));
  return withTransientAttribute(counted, at.node, `last-failure-${name}`, nowEpochS);
}

/** Clears the counts and times of all operations of the resource on the node. */
export function withFailuresCleared(
  root: XmlElement,
  at: { readonly node: NodeReference; readonly state: NodeState | null },
  resource: string,
): XmlElement {
  const names = [...(at.state?.attributes.keys() ?? [])].filter(
    (name) =>
      name.startsWith(`fail-count-${resource}#`) || name.startsWith(`last-failure-${resource}#`),
  );
  return names.reduce(
    (changed, name) => withTransientAttribute(changed, at.node, name, null),
    root,
  );
}
