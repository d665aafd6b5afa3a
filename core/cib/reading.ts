import type { Problem } from '../base/problem.ts';
import { problem, warning } from '../base/problem.ts';
import type { XmlElement } from '../xml/element.ts';
import { attribute, childElements } from '../xml/element.ts';

/** What the readers of the CIB's parts share: where ids lead, and the problems found so far. */
export interface Reading {
  /** The first element of the configuration with the id. */
  readonly byId: ReadonlyMap<string, XmlElement>;
  readonly problems: readonly Problem[];
  error(code: string, message: string): void;
  warn(code: string, message: string): void;
  /** Reports that `what` is not understood and ignored. */
  unsupported(what: string): void;
  /** The element itself, or what its `id-ref` names; null (and an error) when that is missing. */
  resolved(of: XmlElement): XmlElement | null;
}

/** A node's id is no XML id, and these elements use `id` to refer to another element. */
const withoutOwnId = new Set(['node', 'resource_ref', 'obj_ref', 'role']);

/** Indexes the configuration and reports ids that are used twice. */
export function startReading(configuration: XmlElement): Reading {
  const byId = new Map<string, XmlElement>();
  const problems: Problem[] = [];
  const error = (code: string, message: string): void => {
    problems.push(problem(code, message));
  };
  const warn = (code: string, message: string): void => {
    problems.push(warning(code, message));
  };
  index(configuration, (id, of) => {
    const first = byId.get(id);
    if (first === undefined) byId.set(id, of);
    else
      error('cib-duplicate-id', `id "${id}" is used by ${first.name} and ${of.name}, rename one`);
  });
  return {
    byId,
    problems,
    error,
    warn,
    unsupported(what) {
      warn('cib-unsupported', `${what} is not understood by this version and ignored`);
    },
    resolved(of) {
      const reference = attribute(of, 'id-ref');
      if (reference === null) return of;
      const target = byId.get(reference);
      if (target?.name === of.name) return target;
      error('cib-missing-reference', `there is no ${of.name} "${reference}" to refer to`);
      return null;
    },
  };
}

function index(of: XmlElement, found: (id: string, of: XmlElement) => void): void {
  const id = attribute(of, 'id');
  if (id !== null && !withoutOwnId.has(of.name)) found(id, of);
  for (const child of childElements(of)) index(child, found);
}
