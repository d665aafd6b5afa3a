import { XMLParser, XMLValidator } from 'fast-xml-parser';
import type { Problem } from '../base/problem.ts';
import { problem } from '../base/problem.ts';
import type { Result } from '../base/result.ts';
import { err, ok } from '../base/result.ts';
import type { XmlAttribute, XmlElement, XmlNode } from './element.ts';
import { withoutReferences } from './reference.ts';
import { scanXml } from './scan.ts';

/**
 * The strict reader. fast-xml-parser builds the tree, but on its own it accepts much that is not
 * XML and changes values that are; so the text is scanned and validated first, and references and
 * attribute white space are resolved here.
 */
export const XML_MAX_CHARACTERS = 16 * 1024 * 1024;

/** Elements inside elements; a CIB needs about 10. */
export const XML_MAX_DEPTH = 100;

/** Keeps attribute names apart from names an object has by itself. */
const ATTRIBUTE = '@';
const TEXT = '#text';
const CDATA = '#cdata';
const COMMENT = '#comment';
const ATTRIBUTES = ':@';

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: ATTRIBUTE,
  textNodeName: TEXT,
  cdataPropName: CDATA,
  commentPropName: COMMENT,
  trimValues: false,
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  ignoreDeclaration: true,
  maxNestedTags: XML_MAX_DEPTH + 1,
  onDangerousProperty: (name) => name,
});

/**
 * Reads one document and returns its root element. Never throws: bad input is one problem with line
 * and column. The XML declaration and comments outside the root element are not kept.
 */
export function readXml(text: string, file?: string): Result<XmlElement, Problem> {
  if (text.length > XML_MAX_CHARACTERS) {
    const size = `${text.length} characters, at most ${XML_MAX_CHARACTERS} are read`;
    return err(problem('xml-too-large', `the document has ${size}`, placed(file)));
  }
  const normalized = text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n');
  const fault = scanXml(normalized, XML_MAX_DEPTH);
  if (fault !== null) {
    const where = positionOf(normalized, fault.index);
    return err(problem(fault.code, fault.message, placed(file, where.line, where.column)));
  }
  const verdict = XMLValidator.validate(normalized);
  if (verdict !== true) {
    const { msg, line, col } = verdict.err;
    return err(problem('xml-invalid', lowerCased(msg), placed(file, line, col)));
  }
  return parse(normalized, file);
}

function parse(text: string, file: string | undefined): Result<XmlElement, Problem> {
  try {
    const tree: unknown = parser.parse(text);
    const root = nodesOf(tree).find((node) => node.kind === 'element');
    if (root !== undefined) return ok(root);
    return err(problem('xml-no-root', 'there is no element', placed(file)));
  } catch (thrown) {
    const reason = thrown instanceof Error ? lowerCased(thrown.message) : 'the parser gave up';
    return err(problem('xml-invalid', reason, placed(file)));
  }
}

function nodesOf(list: unknown): readonly XmlNode[] {
  if (!Array.isArray(list)) return [];
  const nodes: XmlNode[] = [];
  for (const item of list as readonly unknown[]) {
    const node = nodeOf(item);
    const last = nodes.at(-1);
    if (node?.kind === 'text' && last?.kind === 'text') {
      nodes[nodes.length - 1] = { kind: 'text', text: last.text + node.text };
    } else if (node !== null) {
      nodes.push(node);
    }
  }
  return nodes;
}

function nodeOf(item: unknown): XmlNode | null {
  if (!isRecord(item)) return null;
  for (const name of Object.keys(item)) {
    const content = item[name];
    if (name === TEXT) return textNode(withoutReferences(String(content)));
    if (name === CDATA) return textNode(rawText(content));
    if (name === COMMENT) return { kind: 'comment', text: rawText(content) };
    if (name !== ATTRIBUTES) return elementOf(name, item[ATTRIBUTES], content);
  }
  return null;
}

const elementOf = (name: string, attributes: unknown, content: unknown): XmlElement => ({
  kind: 'element',
  name,
  attributes: isRecord(attributes) ? attributesOf(attributes) : [],
  children: nodesOf(content),
});

/** White space in a value is a space unless it is written as a reference (XML 1.0, 3.3.3). */
const attributesOf = (attributes: Readonly<Record<string, unknown>>): readonly XmlAttribute[] =>
  Object.entries(attributes).map(([name, value]) => [
    name.slice(ATTRIBUTE.length),
    withoutReferences(String(value).replace(/[\t\n\r]/g, ' ')),
  ]);

/** Empty text and empty CDATA are no nodes. */
const textNode = (text: string): XmlNode | null => (text === '' ? null : { kind: 'text', text });

/** The content of a comment or CDATA section, which the parser wraps in a text node. */
function rawText(content: unknown): string {
  const first: unknown = Array.isArray(content) ? content[0] : undefined;
  return isRecord(first) ? String(first[TEXT] ?? '') : '';
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The parser's sentences, shaped like ours. */
const lowerCased = (message: string): string =>
  message.slice(0, 1).toLowerCase() + message.slice(1, 300).replace(/\.$/, '');

function positionOf(text: string, index: number): { line: number; column: number } {
  const before = text.slice(0, index);
  return { line: before.split('\n').length, column: index - before.lastIndexOf('\n') };
}

const placed = (
  file: string | undefined,
  line?: number,
  column?: number,
): { file?: string; line?: number; column?: number } => ({
  ...(file === undefined ? {} : { file }),
  ...(line === undefined ? {} : { line }),
  ...(column === undefined ? {} : { column }),
});
