import { describe, expect, test } from 'vitest';
import type { XmlElement } from '../../../core/xml/element.ts';
import {
  attribute,
  childElements,
  childNamed,
  childrenNamed,
  descendantsNamed,
  element,
  findById,
  textOf,
} from '../../../core/xml/element.ts';
import {
  findChild,
  withAttribute,
  withAttributes,
  withChild,
  withChildReplaced,
  withChildUpdated,
} from '../../../core/xml/edit.ts';
import { readXml } from '../../../core/xml/read.ts';
import { formatXml, withoutFormatting, writeXml } from '../../../core/xml/write.ts';

const xml = (text: string): XmlElement => {
  const read = readXml(text);
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
};

describe('questions', () => {
  const root = xml('<a id="1" x=""><b id="2">t<!-- c -->u</b><c/><b id="3"><b id="4"/></b></a>');

  test('an attribute is its value, or null; empty is a value', () => {
    expect([attribute(root, 'id'), attribute(root, 'x'), attribute(root, 'y')]).toEqual([
      '1',
      '',
      null,
    ]);
  });

  test('children and descendants come in document order', () => {
    expect(childElements(root).map(({ name }) => name)).toEqual(['b', 'c', 'b']);
    expect(childrenNamed(root, 'c', 'b')).toHaveLength(3);
    expect(childNamed(root, 'd')).toBeNull();
    expect(descendantsNamed(root, 'b').map((found) => attribute(found, 'id'))).toEqual([
      '2',
      '3',
      '4',
    ]);
    expect(descendantsNamed(root, 'a')).toEqual([root]);
  });

  test('an id is found at any depth, the text without comments', () => {
    expect([findById(root, '1'), findById(root, '5')]).toEqual([root, null]);
    expect(findById(root, '4')).toEqual(element('b', { id: '4' }));
    expect(textOf(findById(root, '2') ?? root)).toBe('tu');
  });
});

describe('edits leave the original alone', () => {
  const root = xml('<a x="1" y="2"><b id="1"/><b id="2"/></a>');
  const before = writeXml(root);

  test.each([
    [
      'an attribute is set in its place',
      withAttribute(root, 'x', '9'),
      '<a x="9" y="2"><b id="1"/><b id="2"/></a>',
    ],
    [
      'a new one is last',
      withAttribute(root, 'z', '9'),
      '<a x="1" y="2" z="9"><b id="1"/><b id="2"/></a>',
    ],
    ['null removes it', withAttribute(root, 'x', null), '<a y="2"><b id="1"/><b id="2"/></a>'],
    [
      'several at once',
      withAttributes(root, { x: null, y: '3', z: undefined, w: '4' }),
      '<a y="3" w="4"><b id="1"/><b id="2"/></a>',
    ],
    [
      'a child is appended',
      withChild(root, element('c')),
      '<a x="1" y="2"><b id="1"/><b id="2"/><c/></a>',
    ],
    [
      'a child is changed where it is',
      withChildUpdated(root, { name: 'b', attributes: { id: '1' } }, (b) =>
        withAttribute(b, 'k', 'v'),
      ),
      '<a x="1" y="2"><b id="1" k="v"/><b id="2"/></a>',
    ],
    [
      'a missing child is made',
      withChildUpdated(root, { name: 'b', attributes: { id: '3' } }, (b) =>
        withAttribute(b, 'k', 'v'),
      ),
      '<a x="1" y="2"><b id="1"/><b id="2"/><b id="3" k="v"/></a>',
    ],
    [
      'a child is removed',
      withChildReplaced(root, findChild(root, { name: 'b' }) ?? root, null),
      '<a x="1" y="2"><b id="2"/></a>',
    ],
  ])('%s', (_, changed, expected) => {
    expect(writeXml(changed)).toBe(expected);
    expect(writeXml(root)).toBe(before);
  });

  test('what does not change is the same object', () => {
    expect(withAttribute(root, 'x', '1')).toBe(root);
    expect(withAttribute(root, 'z', null)).toBe(root);
    expect(withChildUpdated(root, { name: 'b' }, (b) => b)).toBe(root);
    expect(withAttribute(root, 'x', '9').children).toBe(root.children);
  });
});

describe('writing', () => {
  test('escapes what would not come back as it is', () => {
    const tree = element('a', { b: '<>&"\'\n\t\r é' }, [{ kind: 'text', text: '<>&"\'\n\t\r é' }]);
    expect(writeXml(tree)).toBe(
      '<a b="&lt;&gt;&amp;&quot;\'&#10;&#9;&#13; é">&lt;&gt;&amp;"\'\n\t&#13; é</a>',
    );
  });

  test('never writes a character that could not be read again', () => {
    const tree = element('a', { b: 'x\u0000\u001b[31m\ud800' }, [{ kind: 'text', text: '\u0007' }]);
    expect(readXml(writeXml(tree))).toMatchObject({
      ok: true,
      value: { attributes: [['b', 'x\ufffd\ufffd[31m\ufffd']] },
    });
  });

  test('formats by two spaces and leaves elements with text alone', () => {
    const tree = withoutFormatting(xml('<a>\n\n <b/><!-- c --> <d>t <e/></d><f> </f></a>'));
    expect(formatXml(tree)).toBe('<a>\n  <b/>\n  <!-- c -->\n  <d>t <e/></d>\n  <f> </f>\n</a>\n');
  });
});
