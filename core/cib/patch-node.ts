import type { XmlElement } from '../xml/element.ts';
import { attribute } from '../xml/element.ts';
import { findChild, withAttributes, withChildReplaced, withChildUpdated } from '../xml/edit.ts';

/**
 * Edits of one node's part of the status section. All edits of this folder are pure and leave the
 * version alone: a caller makes as many as belong together and then counts once
 * (`withStatusChange`, `withConfigurationChange`).
 */
export interface NodeReference {
  readonly id: string;
  readonly name: string;
}

/** What a cluster knows of a node; null removes a field, absent leaves it. */
export interface NodeStateChange {
  readonly in_ccm?: string | null;
  readonly crmd?: string | null;
  readonly join?: string | null;
  readonly expected?: string | null;
}

/** Who is named as the origin of an entry, as Pacemaker names one of its functions. */
const ORIGIN = 'geobooth';

/** Sets the node's membership; the `node_state` is made when missing. */
export const withNodeState = (
  root: XmlElement,
  node: NodeReference,
  change: NodeStateChange,
): XmlElement =>
  withNodeStateUpdated(root, node, (state) =>
    withAttributes(state, { ...change, 'crm-debug-origin': ORIGIN }),
  );

/** Changes the node's `node_state`, made when missing. */
export const withNodeStateUpdated = (
  root: XmlElement,
  node: NodeReference,
  update: (state: XmlElement) => XmlElement,
): XmlElement =>
  withChildUpdated(root, { name: 'status' }, (status) =>
    withChildUpdated(status, { name: 'node_state', attributes: { id: node.id } }, (state) =>
      update(withAttributes(state, { uname: node.name })),
    ),
  );

/** Sets a transient node attribute (a fail count, `shutdown`, …), or removes it when null. */
export function withTransientAttribute(
  root: XmlElement,
  node: NodeReference,
  name: string,
  value: string | null,
): XmlElement {
  const block = { name: 'instance_attributes', attributes: { id: `status-${node.id}` } };
  return withNodeStateUpdated(root, node, (state) =>
    withChildUpdated(
      state,
      { name: 'transient_attributes', attributes: { id: node.id } },
      (transient) =>
        withChildUpdated(transient, block, (pairs) => withPair(pairs, node.id, name, value)),
    ),
  );
}

function withPair(
  pairs: XmlElement,
  nodeId: string,
  name: string,
  value: string | null,
): XmlElement {
  const match = { name: 'nvpair', attributes: { name } };
  if (value === null) {
    const found = findChild(pairs, match);
    return found === null ? pairs : withChildReplaced(pairs, found, null);
  }
  return withChildUpdated(pairs, match, (pair) =>
    attribute(pair, 'id') === null
      ? { ...pair, attributes: pairAttributes(nodeId, name, value) }
      : withAttributes(pair, { value }),
  );
}

/** Characters that an XML id cannot have become `.`, as Pacemaker does. */
const pairAttributes = (nodeId: string, name: string, value: string): XmlElement['attributes'] => [
  ['id', `status-${nodeId}-${name.replace(/[^A-Za-z0-9_.-]/g, '.')}`],
  ['name', name],
  ['value', value],
];
