import { forbiddenCharacterAt, namePattern } from './characters.ts';
import { referencedText, referencePattern } from './reference.ts';

/**
 * Finds what fast-xml-parser and its validator let pass although it is not XML, or that no document
 * of ours may contain: a DOCTYPE or other declarations, processing instructions, control
 * characters, bare `&` and `<`, references to unknown entities, malformed comments and tags, text or
 * a second element beside the root, deep nesting. Whether closing tags match and attributes are
 * unique is left to the validator.
 */
export interface ScanFault {
  readonly code: string;
  readonly message: string;
  /** Where in the text, counted in UTF-16 units. */
  readonly index: number;
}

interface Position {
  readonly text: string;
  readonly index: number;
  /** Elements open here. */
  readonly depth: number;
  readonly hasRoot: boolean;
}

/** What XML calls white space; `\s` takes no-break spaces and line separators as well. */
const space = '[ \t\r\n]';
const declaration = new RegExp(
  `<\\?xml${space}+version${space}*=${space}*["']1\\.[0-9]+["']` +
    `(?:${space}+encoding${space}*=${space}*["']([A-Za-z][A-Za-z0-9._-]*)["'])?` +
    `(?:${space}+standalone${space}*=${space}*["'](?:yes|no)["'])?${space}*\\?>`,
  'y',
);
const openingName = new RegExp(`<${namePattern}`, 'y');
const closingTag = new RegExp(`</${namePattern}${space}*>`, 'y');
const attributeStart = new RegExp(`${space}+${namePattern}${space}*=${space}*(["'])`, 'y');
const tagEnd = new RegExp(`${space}*(/?)>`, 'y');
const beginsDeclaration = new RegExp(`^<\\?xml${space}`);
const oneReference = new RegExp(referencePattern, 'y');

/** The first fault of the text, or null when there is none. Line ends must be normalised. */
export function scanXml(text: string, maxDepth: number): ScanFault | null {
  const forbidden = forbiddenCharacterAt(text);
  if (forbidden >= 0) {
    return fault('xml-control-character', 'character that XML does not allow', forbidden);
  }
  let position: Position | ScanFault = afterDeclaration(text);
  while (!isFault(position) && position.index < text.length) {
    position = afterText(position);
    if (!isFault(position) && position.index < text.length)
      position = afterMarkup(position, maxDepth);
  }
  if (isFault(position)) return position;
  if (!position.hasRoot) return fault('xml-no-root', 'there is no element', position.index);
  return position.depth > 0
    ? fault('xml-not-closed', 'the document ends inside an element', position.index)
    : null;
}

function afterDeclaration(text: string): Position | ScanFault {
  const start: Position = { text, index: 0, depth: 0, hasRoot: false };
  if (!beginsDeclaration.test(text)) return start;
  const match = matchAt(declaration, text, 0);
  if (match === null) return fault('xml-declaration', 'the XML declaration is malformed', 0);
  const encoding = match[1] ?? 'utf-8';
  if (!/^(utf-8|us-ascii|ascii)$/i.test(encoding)) {
    return fault('xml-encoding', `encoding "${encoding}" is not supported, write utf-8`, 0);
  }
  return { ...start, index: match[0].length };
}

/** Passes character data up to the next `<`. */
function afterText(from: Position): Position | ScanFault {
  const { text, index } = from;
  const next = text.indexOf('<', index);
  const end = next < 0 ? text.length : next;
  const content = text.slice(index, end);
  const textAt = content.search(/[^ \t\r\n]/);
  if (from.depth === 0 && textAt >= 0) {
    return fault('xml-text-outside-root', 'text outside the root element', index + textAt);
  }
  const closing = content.indexOf(']]>');
  if (closing >= 0) return fault('xml-cdata-end', '"]]>" in text, write "]]&gt;"', index + closing);
  return faultyReference(content, index) ?? { ...from, index: end };
}

function afterMarkup(from: Position, maxDepth: number): Position | ScanFault {
  const { text, index } = from;
  if (text.startsWith('<!--', index)) return afterComment(from);
  if (text.startsWith('<![CDATA[', index)) return afterCdata(from);
  if (text.startsWith('<!', index)) {
    return fault('xml-doctype', 'DOCTYPE and other declarations are refused, remove them', index);
  }
  if (text.startsWith('<?', index)) {
    return fault('xml-instruction', 'processing instructions are refused, remove them', index);
  }
  return text.startsWith('</', index) ? afterClosingTag(from) : afterOpeningTag(from, maxDepth);
}

function afterComment(from: Position): Position | ScanFault {
  const dashes = from.text.indexOf('--', from.index + 4);
  if (dashes < 0) return fault('xml-comment', 'the comment is not closed', from.index);
  return from.text.startsWith('-->', dashes)
    ? { ...from, index: dashes + 3 }
    : fault('xml-comment', '"--" inside a comment', dashes);
}

function afterCdata(from: Position): Position | ScanFault {
  if (from.depth === 0) {
    return fault('xml-text-outside-root', 'text outside the root element', from.index);
  }
  const end = from.text.indexOf(']]>', from.index);
  return end < 0
    ? fault('xml-cdata-end', 'the CDATA section is not closed', from.index)
    : { ...from, index: end + 3 };
}

function afterClosingTag(from: Position): Position | ScanFault {
  const match = matchAt(closingTag, from.text, from.index);
  if (match === null) return fault('xml-tag', 'the closing tag is malformed', from.index);
  if (from.depth === 0) return fault('xml-tag', 'closing tag without an opening tag', from.index);
  return { ...from, index: from.index + match[0].length, depth: from.depth - 1 };
}

function afterOpeningTag(from: Position, maxDepth: number): Position | ScanFault {
  const { text, depth } = from;
  const name = matchAt(openingName, text, from.index);
  if (name === null) return fault('xml-tag', '"<" does not begin a tag, write "&lt;"', from.index);
  if (depth === 0 && from.hasRoot) {
    return fault('xml-two-roots', 'a second element after the root element', from.index);
  }
  if (depth >= maxDepth) {
    return fault('xml-too-deep', `elements are nested deeper than ${maxDepth}`, from.index);
  }
  const index = afterAttributes(text, from.index + name[0].length);
  if (typeof index !== 'number') return index;
  const end = matchAt(tagEnd, text, index);
  if (end === null) return fault('xml-tag', 'the tag or one of its attributes is malformed', index);
  return {
    text,
    index: index + end[0].length,
    depth: end[1] === '/' ? depth : depth + 1,
    hasRoot: true,
  };
}

function afterAttributes(text: string, from: number): number | ScanFault {
  let index = from;
  for (;;) {
    const start = matchAt(attributeStart, text, index);
    if (start === null) return index;
    const valueAt = index + start[0].length;
    const end = text.indexOf(start[1] ?? '"', valueAt);
    if (end < 0) return fault('xml-attribute', 'the attribute value is not closed', valueAt - 1);
    const value = text.slice(valueAt, end);
    const less = value.indexOf('<');
    if (less >= 0) {
      return fault('xml-attribute', '"<" in an attribute value, write "&lt;"', valueAt + less);
    }
    const wrong = faultyReference(value, valueAt);
    if (wrong !== null) return wrong;
    index = end + 1;
  }
}

function faultyReference(content: string, offset: number): ScanFault | null {
  for (let at = content.indexOf('&'); at >= 0; at = content.indexOf('&', at + 1)) {
    const match = matchAt(oneReference, content, at);
    if (match === null) return fault('xml-reference', 'bare "&", write "&amp;"', offset + at);
    if (referencedText(match[0]) === null) {
      return fault('xml-reference', `reference ${match[0]} is not allowed`, offset + at);
    }
  }
  return null;
}

function matchAt(pattern: RegExp, text: string, index: number): RegExpExecArray | null {
  pattern.lastIndex = index;
  return pattern.exec(text);
}

const fault = (code: string, message: string, index: number): ScanFault => ({
  code,
  message,
  index,
});

const isFault = (value: Position | ScanFault): value is ScanFault => 'code' in value;
