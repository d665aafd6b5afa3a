import { storableText } from './characters.ts';
import type { XmlElement, XmlNode } from './element.ts';

/** Writes an element on its own, adding no white space: what `readXml` read, byte for byte. */
export function writeXml(root: XmlElement): string {
  if (root.children.length === 0) return `${openingTag(root)}/>`;
  return `${openingTag(root)}>${root.children.map(writeNode).join('')}</${root.name}>`;
}

/**
 * Writes a document the way libxml2 formats one and Pacemaker's tools print a CIB: two spaces a
 * level, a line an element, a newline at the end. Elements that contain text are written as they
 * are; formatting white space read from elsewhere must have been removed (`withoutFormatting`).
 */
export const formatXml = (root: XmlElement): string => `${formatNode(root, '')}\n`;

/** The tree without the white space between elements that only lays the document out. */
export function withoutFormatting(root: XmlElement): XmlElement {
  const isMixed = root.children.some(
    (child) => child.kind === 'text' && /[^ \t\r\n]/.test(child.text),
  );
  const kept = isMixed ? root.children : root.children.filter((child) => child.kind !== 'text');
  const hasElements = root.children.some((child) => child.kind !== 'text');
  return {
    ...root,
    children: (hasElements ? kept : root.children).map((child) =>
      child.kind === 'element' ? withoutFormatting(child) : child,
    ),
  };
}

function formatNode(node: XmlNode, indent: string): string {
  if (node.kind !== 'element' || node.children.length === 0 || hasText(node)) {
    return `${indent}${writeNode(node)}`;
  }
  const inner = node.children.map((child) => `${formatNode(child, `${indent}  `)}\n`).join('');
  return `${indent}${openingTag(node)}>\n${inner}${indent}</${node.name}>`;
}

const hasText = (of: XmlElement): boolean => of.children.some((child) => child.kind === 'text');

function writeNode(node: XmlNode): string {
  switch (node.kind) {
    case 'element':
      return writeXml(node);
    case 'text':
      return escapeText(node.text);
    case 'comment':
      return `<!--${storableText(node.text)}-->`;
  }
}

/** Without the end, which depends on what follows. */
const openingTag = (of: XmlElement): string =>
  `<${of.name}${of.attributes.map(([name, value]) => ` ${name}="${escapeValue(value)}"`).join('')}`;

const textEscapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\r': '&#13;',
};

const valueEscapes: Readonly<Record<string, string>> = {
  ...textEscapes,
  '"': '&quot;',
  '\n': '&#10;',
  '\t': '&#9;',
};

/** What XML cannot hold at all (control characters) is written as U+FFFD, never as it is. */
const escapeText = (text: string): string =>
  storableText(text).replace(/[&<>\r]/g, (character) => textEscapes[character] ?? character);

const escapeValue = (value: string): string =>
  storableText(value).replace(/[&<>"\r\n\t]/g, (character) => valueEscapes[character] ?? character);
