import type { XmlElement } from '../xml/element.ts';
import { attribute, childElements, childNamed, childrenNamed, element } from '../xml/element.ts';
import { parseBoolean } from './boolean.ts';
import type {
  Constraint,
  LossPolicy,
  Options,
  Resource,
  TicketConstraint,
  TicketTarget,
} from './model.ts';
import { named } from './options.ts';
import { parseRole } from './read-operations.ts';
import type { ResourcesRead } from './read-resources.ts';
import type { Reading } from './reading.ts';

export interface ConstraintsRead {
  readonly understood: readonly Constraint[];
  /** Resources held back because a constraint on them is not understood; with the reason. */
  readonly unsafe: ReadonlyMap<string, string>;
}

interface Scene {
  readonly properties: Options;
  readonly reading: Reading;
}

interface Names extends Scene {
  /** Primitives and groups a constraint may name. */
  readonly understood: ReadonlySet<string>;
  readonly ignored: ReadonlySet<string>;
  readonly tags: ReadonlyMap<string, readonly string[]>;
  readonly unsafe: Map<string, string>;
}

/** Reads `constraints`. A ticket constraint is understood as a whole, or its resources are unsafe. */
export function readConstraints(
  configuration: XmlElement,
  resources: ResourcesRead,
  scene: Scene,
): ConstraintsRead {
  const names: Names = {
    ...scene,
    understood: new Set(resources.understood.flatMap(idsOf)),
    ignored: resources.ignored,
    tags: readTags(configuration),
    unsafe: new Map(),
  };
  const understood: Constraint[] = [];
  for (const constraint of childElements(
    childNamed(configuration, 'constraints') ?? element('constraints'),
  )) {
    if (constraint.name === 'rsc_ticket') {
      const ticket = readTicketConstraint(constraint, names);
      if (ticket !== null) understood.push(ticket);
    } else {
      for (const id of namedResources(constraint)) targetsOf(constraint, id, names);
      scene.reading.unsupported(named(constraint));
    }
  }
  return { understood, unsafe: names.unsafe };
}

const idsOf = (resource: Resource): readonly string[] =>
  resource.kind === 'group'
    ? [resource.id, ...resource.members.map(({ id }) => id)]
    : [resource.id];

function readTags(configuration: XmlElement): ReadonlyMap<string, readonly string[]> {
  const section = childNamed(configuration, 'tags');
  const tags = section === null ? [] : childrenNamed(section, 'tag');
  return new Map(
    tags.map((tag) => [
      attribute(tag, 'id') ?? '',
      childrenNamed(tag, 'obj_ref').flatMap((reference) => attribute(reference, 'id') ?? []),
    ]),
  );
}

function readTicketConstraint(of: XmlElement, names: Names): TicketConstraint | null {
  const fault = faultOf(of);
  if (fault !== null) return refuse(of, fault, names);
  const rsc = attribute(of, 'rsc');
  const targets =
    rsc === null
      ? childrenNamed(of, 'resource_set').flatMap((set) => setTargets(of, set, names))
      : withRole(targetsOf(of, rsc, names), attribute(of, 'rsc-role'));
  if (targets.length === 0) return null;
  const lossPolicy = lossPolicies.find((policy) => policy === attribute(of, 'loss-policy')) ?? null;
  if (lossPolicy === 'fence' && !isFencingEnabled(names.properties)) {
    names.reading.warn(
      'cib-fence-without-fencing',
      `${named(of)}: loss-policy "fence" acts as "stop" because fencing is not enabled`,
    );
  }
  return {
    kind: 'ticket',
    id: attribute(of, 'id') ?? '',
    ticket: attribute(of, 'ticket') ?? '',
    targets,
    lossPolicy,
  };
}

const lossPolicies: readonly LossPolicy[] = ['stop', 'demote', 'fence', 'freeze'];
const ticketAttributes = ['id', 'ticket', 'rsc', 'rsc-role', 'loss-policy'];

/** Why a ticket constraint cannot be understood; null when it can. */
const faultOf = (of: XmlElement): string | null => faultOfWords(of) ?? faultOfTargets(of);

function faultOfWords(of: XmlElement): string | null {
  const unknown = of.attributes.find(([name]) => !ticketAttributes.includes(name))?.[0];
  const lossPolicy = attribute(of, 'loss-policy');
  const roles = [
    attribute(of, 'rsc-role'),
    ...childElements(of).map((set) => attribute(set, 'role')),
  ];
  const role = roles.find((text) => text !== null && parseRole(text) === null);
  if ((attribute(of, 'ticket') ?? '') === '') return 'it names no ticket';
  if (unknown !== undefined) return `attribute "${unknown}" is unknown`;
  if (lossPolicy !== null && !lossPolicies.some((policy) => policy === lossPolicy)) {
    return `loss-policy "${lossPolicy}" is unknown, use one of ${lossPolicies.join(', ')}`;
  }
  return role === undefined ? null : `role "${role ?? ''}" is unknown`;
}

function faultOfTargets(of: XmlElement): string | null {
  const isSingle = attribute(of, 'rsc') !== null;
  const sets = childElements(of);
  if (sets.some((set) => set.name !== 'resource_set')) return 'it contains more than resource sets';
  if (isSingle && sets.length > 0) return 'it has both rsc and resource sets, keep one';
  return isSingle || sets.length > 0 ? null : 'it names no resource';
}

function refuse(of: XmlElement, fault: string, names: Names): null {
  const ids = namedResources(of).flatMap((id) => targetsOf(of, id, names));
  hold(of, fault, { ids, names });
  return null;
}

/** What a constraint restrains although we cannot tell how must not run. */
function hold(
  of: XmlElement,
  fault: string,
  { ids, names }: { readonly ids: readonly string[]; readonly names: Names },
): void {
  const reason = `ticket constraint "${attribute(of, 'id') ?? ''}" is not understood: ${fault}`;
  for (const id of ids) names.unsafe.set(id, reason);
  const kept = ids.length === 0 ? '' : `; ${ids.join(', ')} will not be started`;
  names.reading.error('cib-ticket-constraint', `${reason}${kept}`);
}

function setTargets(of: XmlElement, set: XmlElement, names: Names): readonly TicketTarget[] {
  const target = names.reading.resolved(set);
  if (target === null) return [];
  const refs = childrenNamed(target, 'resource_ref').flatMap((ref) => attribute(ref, 'id') ?? []);
  const ids = refs.flatMap((id) => targetsOf(of, id, names));
  const role = attribute(target, 'role');
  if (role === null || parseRole(role) !== null) return withRole(ids, role);
  hold(of, `role "${role}" of set "${attribute(target, 'id') ?? ''}" is unknown`, { ids, names });
  return [];
}

const withRole = (ids: readonly string[], role: string | null): readonly TicketTarget[] =>
  ids.map((resource) => ({ resource, role: role === null ? null : parseRole(role) }));

/** The resources an id in a constraint stands for: itself, or what carries the tag. */
function targetsOf(of: XmlElement, id: string, names: Names): readonly string[] {
  return (names.tags.get(id) ?? [id]).filter((resource) => {
    if (names.understood.has(resource)) return true;
    if (!names.ignored.has(resource)) {
      names.reading.error(
        'cib-missing-resource',
        `${named(of)} names resource "${resource}", which does not exist, add it or remove the constraint`,
      );
    } else if (of.name === 'rsc_ticket') {
      names.reading.unsupported(`${named(of)}: resource "${resource}"`);
    }
    return false;
  });
}

/** Every id a constraint of any kind refers to. */
function namedResources(of: XmlElement): readonly string[] {
  const own = ['rsc', 'with-rsc', 'first', 'then'].flatMap((name) => attribute(of, name) ?? []);
  const inSets = childrenNamed(of, 'resource_set').flatMap((set) =>
    childrenNamed(set, 'resource_ref').flatMap((reference) => attribute(reference, 'id') ?? []),
  );
  return [...own, ...inSets];
}

const isFencingEnabled = (properties: Options): boolean =>
  parseBoolean(properties.get('fencing-enabled') ?? properties.get('stonith-enabled') ?? 'true') ??
  true;
