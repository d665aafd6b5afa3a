import { storableText } from '../xml/characters.ts';
import type { XmlElement } from '../xml/element.ts';
import { attribute, childElements, childNamed, element } from '../xml/element.ts';
import { findChild, withChildReplaced, withChildUpdated, withChildren } from '../xml/edit.ts';
import { CRM_FEATURE_SET } from './empty.ts';
import type { Primitive } from './model.ts';
import type { NodeReference } from './patch-node.ts';
import { withNodeStateUpdated } from './patch-node.ts';
import { transitionKeyText } from './transition-key.ts';
import type { TransitionKey } from './transition-key.ts';

/** `op-status` of Pacemaker, those an executor reports. */
export const OP_STATUS = {
  pending: -1,
  done: 0,
  cancelled: 1,
  timeout: 2,
  notSupported: 3,
  error: 4,
  hardError: 5,
  fatalError: 6,
  notInstalled: 7,
} as const;

/** One result of an agent's action, or, with status pending, its beginning. */
export interface OperationResult {
  readonly operation: string;
  /** 0 for operations that do not recur. */
  readonly intervalMs: number;
  readonly key: TransitionKey;
  /** Rises by one with every operation of the node; -1 while pending. */
  readonly callId: number;
  readonly returnCode: number;
  readonly status: number;
  /** When the return code became what it is. */
  readonly changedEpochMs: number;
  readonly execMs: number;
  readonly queueMs: number;
  readonly exitReason: string;
  /** `operationDigest` of the parameters used. */
  readonly digest: string;
}

type Agent = Pick<Primitive, 'id' | 'class' | 'provider' | 'type'>;

/**
 * Records a result below `node_state/lrm/lrm_resources/lrm_resource` as Pacemaker's controller
 * does: results of actions that do not recur share `RSC_last_0`, every recurring one has its own
 * `RSC_OPERATION_INTERVAL`, and a failure is kept a second time as `RSC_last_failure_0`.
 */
export function withOperationResult(
  root: XmlElement,
  node: NodeReference,
  resource: Agent,
  result: OperationResult,
): XmlElement {
  const entries = entryIds(resource.id, result).map((id) =>
    entryElement(id, node.name, resource.id, result),
  );
  return withHistory(root, node, resource, (history) =>
    entries.reduce(
      (changed, entry) =>
        withChildUpdated(
          changed,
          { name: 'lrm_rsc_op', attributes: { id: attribute(entry, 'id') ?? '' } },
          () => entry,
        ),
      history,
    ),
  );
}

/** True for an ended operation whose outcome is not the expected one. */
const isFailure = (result: OperationResult): boolean =>
  result.status !== OP_STATUS.pending &&
  result.status !== OP_STATUS.cancelled &&
  (result.status !== OP_STATUS.done || result.returnCode !== result.key.expectedReturnCode);

/** `RSC_OPERATION_INTERVALms`. */
export const operationKey = (resource: string, operation: string, intervalMs: number): string =>
  `${resource}_${operation}_${intervalMs}`;

/** Forgets everything recorded of a resource on a node, so that it is probed again. */
export const withoutResourceHistory = (
  root: XmlElement,
  node: NodeReference,
  resource: string,
): XmlElement => withResourceReplaced(root, node, resource, () => null);

/** Forgets one recurring operation, after it was cancelled. */
export function withoutOperation(
  root: XmlElement,
  node: NodeReference,
  resource: string,
  recurring: { readonly operation: string; readonly intervalMs: number },
): XmlElement {
  const key = operationKey(resource, recurring.operation, recurring.intervalMs);
  return withResourceReplaced(root, node, resource, (history) =>
    withChildren(
      history,
      childElements(history).filter(
        (entry) => attribute(entry, 'id') !== key && attribute(entry, 'operation_key') !== key,
      ),
    ),
  );
}

/** Forgets everything that ran on the node: after a boot of the host nothing of it is true. */
export const withNodeHistoryForgotten = (root: XmlElement, node: NodeReference): XmlElement =>
  withNodeStateUpdated(root, node, (state) =>
    withChildren(
      state,
      state.children.filter(
        (child) =>
          child.kind !== 'element' ||
          (child.name !== 'lrm' && child.name !== 'transient_attributes'),
      ),
    ),
  );

function entryIds(resource: string, result: OperationResult): readonly string[] {
  const own =
    result.intervalMs === 0
      ? `${resource}_last_0`
      : operationKey(resource, result.operation, result.intervalMs);
  return isFailure(result) ? [`${resource}_last_failure_0`, own] : [own];
}

function entryElement(
  id: string,
  nodeName: string,
  resource: string,
  result: OperationResult,
): XmlElement {
  const key = transitionKeyText(result.key);
  return element('lrm_rsc_op', {
    id,
    operation_key: operationKey(resource, result.operation, result.intervalMs),
    operation: result.operation,
    'crm-debug-origin': 'geobooth',
    crm_feature_set: CRM_FEATURE_SET,
    'transition-key': key,
    'transition-magic': `${result.status}:${result.returnCode};${key}`,
    'exit-reason': storableText(result.exitReason),
    on_node: nodeName,
    'call-id': String(result.callId),
    'rc-code': String(result.returnCode),
    'op-status': String(result.status),
    interval: String(result.intervalMs),
    'last-rc-change': String(Math.floor(result.changedEpochMs / 1000)),
    'exec-time': String(Math.round(result.execMs)),
    'queue-time': String(Math.round(result.queueMs)),
    'op-digest': result.digest,
  });
}

function withHistory(
  root: XmlElement,
  node: NodeReference,
  resource: Agent,
  update: (history: XmlElement) => XmlElement,
): XmlElement {
  const match = { name: 'lrm_resource', attributes: { id: resource.id } };
  return withNodeStateUpdated(root, node, (state) =>
    withChildUpdated(state, { name: 'lrm', attributes: { id: node.id } }, (lrm) =>
      withChildUpdated(lrm, { name: 'lrm_resources' }, (list) =>
        withChildUpdated(list, match, (history) => update(withAgent(history, resource))),
      ),
    ),
  );
}

const withAgent = (history: XmlElement, resource: Agent): XmlElement => ({
  ...history,
  attributes: [
    ['id', resource.id],
    ['type', resource.type],
    ['class', resource.class],
    ...(resource.provider === null ? [] : [['provider', resource.provider] as const]),
  ],
});

function withResourceReplaced(
  root: XmlElement,
  node: NodeReference,
  resource: string,
  replace: (history: XmlElement) => XmlElement | null,
): XmlElement {
  const status = childNamed(root, 'status');
  const state =
    status === null ? null : findChild(status, { name: 'node_state', attributes: { id: node.id } });
  const lrm = state === null ? null : childNamed(state, 'lrm');
  const list = lrm === null ? null : childNamed(lrm, 'lrm_resources');
  const history =
    list === null ? null : findChild(list, { name: 'lrm_resource', attributes: { id: resource } });
  if (status === null || state === null || lrm === null || list === null || history === null) {
    return root;
  }
  const path = [root, status, state, lrm, list];
  return (
    path.reduceRight<{ old: XmlElement; next: XmlElement | null }>(
      ({ old, next }, parent) => ({ old: parent, next: withChildReplaced(parent, old, next) }),
      { old: history, next: replace(history) },
    ).next ?? root
  );
}
