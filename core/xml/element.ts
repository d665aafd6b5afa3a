/**
 * XML as plain data that never changes: what was written, in the order it was written. Everything
 * a CIB, an agent's metadata or a tool's XML output carries is kept, formatting white space and
 * comments included, so that a document read and written unchanged is the same document.
 */
export type XmlNode = XmlElement | XmlText | XmlComment;

/** Name and value, decoded; the value is never null. */
export type XmlAttribute = readonly [name: string, value: string];

export interface XmlElement {
  readonly kind: 'element';
  readonly name: string;
  /** In document order; names are unique. */
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlNode[];
}

/** Character data, decoded; adjacent pieces of text and CDATA are one node. */
export interface XmlText {
  readonly kind: 'text';
  readonly text: string;
}

/** What stands between `<!--` and `-->`. */
export interface XmlComment {
  readonly kind: 'comment';
  readonly text: string;
}

/** Attributes as an object (order kept); entries whose value is null or absent are left out. */
export type AttributeValues = Readonly<Record<string, string | null | undefined>>;

/** Builds an element. */
export const element = (
  name: string,
  attributes: AttributeValues = {},
  children: readonly XmlNode[] = [],
): XmlElement => ({
  kind: 'element',
  name,
  attributes: Object.entries(attributes).flatMap(([key, value]): XmlAttribute[] =>
    value === null || value === undefined ? [] : [[key, value]],
  ),
  children,
});

/** The value of an attribute, or null when the element does not have it. */
export function attribute(of: XmlElement, name: string): string | null {
  for (const [key, value] of of.attributes) if (key === name) return value;
  return null;
}

/** The child elements, without text and comments. */
export const childElements = (of: XmlElement): readonly XmlElement[] =>
  of.children.filter((child) => child.kind === 'element');

/** The child elements with one of the names, in document order. */
export const childrenNamed = (of: XmlElement, ...names: readonly string[]): readonly XmlElement[] =>
  childElements(of).filter((child) => names.includes(child.name));

/** The first child element with the name, or null. */
export const childNamed = (of: XmlElement, name: string): XmlElement | null =>
  childrenNamed(of, name)[0] ?? null;

/** All elements of the tree that have the name, the root included, in document order. */
export function descendantsNamed(root: XmlElement, name: string): readonly XmlElement[] {
  const below = childElements(root).flatMap((child) => descendantsNamed(child, name));
  return root.name === name ? [root, ...below] : below;
}

/** The first element of the tree (the root included) whose `id` attribute has the value. */
export function findById(root: XmlElement, id: string): XmlElement | null {
  if (attribute(root, 'id') === id) return root;
  for (const child of childElements(root)) {
    const found = findById(child, id);
    if (found !== null) return found;
  }
  return null;
}

/** The text directly inside an element, joined. */
export const textOf = (of: XmlElement): string =>
  of.children.map((child) => (child.kind === 'text' ? child.text : '')).join('');
