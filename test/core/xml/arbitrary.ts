import fc from 'fast-check';
import type { XmlElement, XmlNode } from '../../../core/xml/element.ts';

const word = fc.constantFrom('a', 'cib', 'rsc_ticket', 'x:y', 'é', '_', 'b.c-d', 'hasOwnProperty');

/** Text of everything XML can hold, rich in what must be escaped. */
const content = fc
  .array(
    fc.oneof(
      fc.constantFrom('&', '<', '>', '"', "'", '\n', '\t', '\r', ' ', ']]>', '&amp;', '--', '😀'),
      fc.string({ maxLength: 4 }),
      fc.string({ unit: 'grapheme', maxLength: 4 }),
    ),
    { maxLength: 6 },
  )
  .map((parts) =>
    [...parts.join('')]
      .filter((character) =>
        /[\t\n\r\u0020-\ud7ff\ue000-\ufffd]|[\u{10000}-\u{10ffff}]/u.test(character),
      )
      .join(''),
  );

const comment = content.map((text) => text.replace(/\r/g, '').replace(/-+/g, '=').trim());

/** Element trees as the reader gives them: no empty and no adjacent text nodes. */
export const xmlTree: fc.Arbitrary<XmlElement> = fc.letrec<{ tree: XmlElement }>((tie) => ({
  tree: fc.record({
    kind: fc.constant('element' as const),
    name: word,
    attributes: fc.uniqueArray(fc.tuple(word, content), {
      maxLength: 4,
      selector: ([name]) => name,
    }),
    children: fc
      .array(
        fc.oneof(
          { maxDepth: 4, depthIdentifier: 'xml' },
          content.map((text): XmlNode => ({ kind: 'text', text })),
          comment.map((text): XmlNode => ({ kind: 'comment', text })),
          tie('tree'),
        ),
        { maxLength: 4, depthIdentifier: 'xml' },
      )
      .map(withTextJoined),
  }),
})).tree;

function withTextJoined(nodes: readonly XmlNode[]): readonly XmlNode[] {
  const joined: XmlNode[] = [];
  for (const node of nodes) {
    const last = joined.at(-1);
    if (node.kind === 'text' && last?.kind === 'text') {
      joined[joined.length - 1] = { kind: 'text', text: last.text + node.text };
    } else if (node.kind !== 'text' || node.text !== '') {
      joined.push(node);
    }
  }
  return joined;
}
