import type { AttributeValues, XmlElement, XmlNode } from './element.ts';
import { attribute, childElements, element } from './element.ts';

/** Edits that return a changed copy; everything not changed is shared with the original. */

/** Sets an attribute in its place, appends it when new, removes it when the value is null. */
export function withAttribute(of: XmlElement, name: string, value: string | null): XmlElement {
  const current = attribute(of, name);
  if (current === value) return of;
  if (value === null) {
    return { ...of, attributes: of.attributes.filter(([key]) => key !== name) };
  }
  if (current === null) return { ...of, attributes: [...of.attributes, [name, value]] };
  return {
    ...of,
    attributes: of.attributes.map((entry) => (entry[0] === name ? [name, value] : entry)),
  };
}

/** Sets (or, where null, removes) several attributes; an absent value leaves one alone. */
export const withAttributes = (of: XmlElement, values: AttributeValues): XmlElement =>
  Object.entries(values).reduce(
    (changed, [name, value]) =>
      value === undefined ? changed : withAttribute(changed, name, value),
    of,
  );

export const withChildren = (of: XmlElement, children: readonly XmlNode[]): XmlElement => ({
  ...of,
  children,
});

/** Appends a child. */
export const withChild = (of: XmlElement, child: XmlNode): XmlElement =>
  withChildren(of, [...of.children, child]);

/** Puts `next` in the place of the child `old` (the same object), or removes it when null. */
export const withChildReplaced = (of: XmlElement, old: XmlNode, next: XmlNode | null): XmlElement =>
  withChildren(
    of,
    of.children.flatMap((child) => (child !== old ? [child] : next === null ? [] : [next])),
  );

/** Which child an edit is about: the first with this name and these attributes. */
export interface ChildMatch {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** The first child element that has the name and all of the attributes, or null. */
export const findChild = (of: XmlElement, match: ChildMatch): XmlElement | null =>
  childElements(of).find(
    (child) =>
      child.name === match.name &&
      Object.entries(match.attributes ?? {}).every(
        ([key, value]) => attribute(child, key) === value,
      ),
  ) ?? null;

/** Changes the matching child; when there is none, a new one with the attributes is appended. */
export function withChildUpdated(
  of: XmlElement,
  match: ChildMatch,
  update: (child: XmlElement) => XmlElement,
): XmlElement {
  const found = findChild(of, match);
  if (found === null) return withChild(of, update(element(match.name, match.attributes)));
  const next = update(found);
  return next === found ? of : withChildReplaced(of, found, next);
}
