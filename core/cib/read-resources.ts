import type { XmlElement } from '../xml/element.ts';
import { attribute, childElements, childrenNamed } from '../xml/element.ts';
import type { Group, Options, Primitive, Resource } from './model.ts';
import { named, readOptions } from './options.ts';
import { readOperations } from './read-operations.ts';
import type { Reading } from './reading.ts';

export interface ResourcesRead {
  readonly understood: readonly Resource[];
  /** Ids of resources (and of everything inside them) that are in the CIB but not understood. */
  readonly ignored: ReadonlySet<string>;
}

/** Reads `resources`: primitives and groups; everything else is reported by its name. */
export function readResources(
  of: XmlElement,
  operationDefaults: Options,
  reading: Reading,
): ResourcesRead {
  const ignored = new Set<string>();
  const understood: Resource[] = [];
  for (const child of childElements(of)) {
    const resource = readResource(child, operationDefaults, reading);
    if (resource === null) addIds(child, ignored);
    else understood.push(resource);
  }
  return { understood, ignored };
}

function readResource(
  of: XmlElement,
  operationDefaults: Options,
  reading: Reading,
): Resource | null {
  switch (of.name) {
    case 'primitive':
      return readPrimitive(of, operationDefaults, reading);
    case 'group':
      return readGroup(of, operationDefaults, reading);
    default:
      reading.unsupported(named(of));
      return null;
  }
}

/** A group with a member that is not understood is not understood: its order would be broken. */
function readGroup(of: XmlElement, operationDefaults: Options, reading: Reading): Group | null {
  const id = attribute(of, 'id');
  const children = childrenNamed(of, 'primitive');
  const members = children.flatMap((child) => {
    const member = readPrimitive(child, operationDefaults, reading);
    return member === null ? [] : [member];
  });
  reportUnknownChildren(of, ['primitive', 'meta_attributes', 'instance_attributes'], reading);
  if (id === null || children.length === 0) {
    reading.error(
      'cib-missing-attribute',
      `${named(of)} needs an id and at least one primitive, complete or remove it`,
    );
    return null;
  }
  if (members.length < children.length) {
    reading.unsupported(`${named(of)} has a member that is not understood; the whole group`);
    return null;
  }
  return {
    kind: 'group',
    id,
    members,
    metaAttributes: readOptions(of, 'meta_attributes', reading),
    instanceAttributes: readOptions(of, 'instance_attributes', reading),
  };
}

function readPrimitive(
  of: XmlElement,
  operationDefaults: Options,
  reading: Reading,
): Primitive | null {
  if (attribute(of, 'template') !== null) {
    reading.unsupported(`${named(of)} is made from a template, which`);
    return null;
  }
  const agent = readAgent(of, reading);
  if (agent === null) return null;
  reportUnknownChildren(of, ['instance_attributes', 'meta_attributes', 'operations'], reading);
  return {
    kind: 'primitive',
    ...agent,
    instanceAttributes: readOptions(of, 'instance_attributes', reading),
    metaAttributes: readOptions(of, 'meta_attributes', reading),
    operations: readOperations(of, operationDefaults, reading),
  };
}

type Agent = Pick<Primitive, 'id' | 'class' | 'provider' | 'type'>;

/** Words that become part of an agent's path, and so can never lead out of the agents' folder. */
const agentWord = /^[A-Za-z0-9_][A-Za-z0-9_.@:-]*$/;

/** Fence agents and init scripts may be named by a path. */
const agentPath = /^(?!(?:.*\/)?\.\.?(?:\/|$))[A-Za-z0-9_.@:/-]+$/;

const pathClasses: readonly string[] = ['lsb', 'service', 'stonith'];

function readAgent(of: XmlElement, reading: Reading): Agent | null {
  const [id, agentClass, type] = [
    attribute(of, 'id'),
    attribute(of, 'class'),
    attribute(of, 'type'),
  ];
  const provider = attribute(of, 'provider');
  if (id === null || agentClass === null || type === null) {
    reading.error('cib-missing-attribute', `${named(of)} needs id, class and type`);
    return null;
  }
  if (agentClass === 'ocf' && provider === null) {
    reading.error('cib-missing-attribute', `${named(of)} is of class ocf and needs a provider`);
    return null;
  }
  const typeForm = pathClasses.includes(agentClass) ? agentPath : agentWord;
  const wrong = typeForm.test(type)
    ? [agentClass, provider ?? 'none'].find((word) => !agentWord.test(word))
    : type;
  if (wrong !== undefined) {
    reading.error('cib-bad-agent', `${named(of)}: "${wrong}" cannot be part of an agent's name`);
    return null;
  }
  return { id, class: agentClass, provider: agentClass === 'ocf' ? provider : null, type };
}

function reportUnknownChildren(of: XmlElement, known: readonly string[], reading: Reading): void {
  for (const child of childElements(of)) {
    if (!known.includes(child.name)) reading.unsupported(`${child.name} of ${named(of)}`);
  }
}

function addIds(of: XmlElement, ids: Set<string>): void {
  const id = attribute(of, 'id');
  if (id !== null) ids.add(id);
  for (const child of childElements(of)) addIds(child, ids);
}
