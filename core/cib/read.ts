import type { Problem } from '../base/problem.ts';
import type { XmlElement } from '../xml/element.ts';
import { attribute, childElements, childNamed, childrenNamed, element } from '../xml/element.ts';
import { isTrueWord } from './boolean.ts';
import type { Cib, ClusterNode } from './model.ts';
import { named, readOptions } from './options.ts';
import { readConstraints } from './read-constraints.ts';
import { readResources } from './read-resources.ts';
import { readNodeStates, readTickets } from './read-status.ts';
import type { Reading } from './reading.ts';
import { startReading } from './reading.ts';
import { readVersion } from './version.ts';

export interface CibReading {
  readonly cib: Cib;
  /**
   * Everything found, errors first. With errors the CIB must not be taken into service; it is
   * nevertheless complete enough to be shown, and what an error concerns is in `cib.unsafe`.
   */
  readonly problems: readonly Problem[];
}

/**
 * Reads the document into the model. Never throws. What is not understood is never passed over in
 * silence: a warning says so, or an error when the safety of a ticket depends on it.
 */
export function readCib(root: XmlElement): CibReading {
  const configuration = childNamed(root, 'configuration') ?? element('configuration');
  const status = childNamed(root, 'status') ?? element('status');
  const reading = startReading(configuration);
  checkShape(root, reading);
  const properties = readOptions(
    section(configuration, 'crm_config'),
    'cluster_property_set',
    reading,
  );
  const operationDefaults = readOptions(
    section(configuration, 'op_defaults'),
    'meta_attributes',
    reading,
  );
  const resources = readResources(section(configuration, 'resources'), operationDefaults, reading);
  const constraints = readConstraints(configuration, resources, { properties, reading });
  const cib: Cib = {
    version: readVersion(root),
    schema: attribute(root, 'validate-with'),
    hasQuorum: isTrueWord(attribute(root, 'have-quorum')),
    properties,
    nodes: readNodes(section(configuration, 'nodes'), reading),
    resources: resources.understood,
    constraints: constraints.understood,
    resourceDefaults: readOptions(
      section(configuration, 'rsc_defaults'),
      'meta_attributes',
      reading,
    ),
    operationDefaults,
    tickets: readTickets(status, constraints.understood),
    nodeStates: readNodeStates(status, reading),
    unsafe: constraints.unsafe,
  };
  return { cib, problems: reading.problems.toSorted((a, b) => weight(a) - weight(b)) };
}

const weight = (found: Problem): number => (found.severity === 'error' ? 0 : 1);

const section = (configuration: XmlElement, name: string): XmlElement =>
  childNamed(configuration, name) ?? element(name);

const understoodSections = new Set([
  ...['crm_config', 'nodes', 'resources', 'constraints', 'rsc_defaults', 'op_defaults', 'tags'],
]);

function checkShape(root: XmlElement, reading: Reading): void {
  if (root.name !== 'cib') {
    reading.error('cib-wrong-root', `the root element is "${root.name}", expected "cib"`);
  }
  for (const name of ['configuration', 'status']) {
    const count = childrenNamed(root, name).length;
    if (name === 'configuration' && count === 0) {
      reading.error('cib-missing-section', 'the cib has no configuration');
    } else if (count > 1) {
      reading.error('cib-duplicate-section', `the cib has ${count} elements "${name}", merge them`);
    }
  }
  const configuration = childNamed(root, 'configuration');
  const sections = configuration === null ? [] : childElements(configuration);
  for (const found of sections) {
    if (!understoodSections.has(found.name) && childElements(found).length > 0) {
      reading.unsupported(`configuration section ${found.name}`);
    }
    if (sections.filter((other) => other.name === found.name).indexOf(found) === 1) {
      reading.error('cib-duplicate-section', `section ${found.name} appears twice, merge them`);
    }
  }
}

function readNodes(of: XmlElement, reading: Reading): readonly ClusterNode[] {
  const nodes = childrenNamed(of, 'node').map((node): ClusterNode => {
    const type = attribute(node, 'type');
    const name = attribute(node, 'uname') ?? '';
    if (name === '') reading.error('cib-missing-attribute', `${named(node)} has no uname`);
    return {
      id: attribute(node, 'id') ?? '',
      name,
      kind: type === 'remote' || type === 'ping' ? type : 'member',
      attributes: readOptions(node, 'instance_attributes', reading),
    };
  });
  for (const [index, node] of nodes.entries()) {
    if (nodes.findIndex(({ name }) => name === node.name) !== index) {
      reading.error('cib-duplicate-id', `there are two nodes named "${node.name}", remove one`);
    }
  }
  return nodes;
}
