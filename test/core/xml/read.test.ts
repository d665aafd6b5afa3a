import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { attribute, textOf } from '../../../core/xml/element.ts';
import { readXml, XML_MAX_CHARACTERS } from '../../../core/xml/read.ts';
import { formatXml, withoutFormatting, writeXml } from '../../../core/xml/write.ts';
import { xmlTree } from './arbitrary.ts';

describe('what is refused, with code and place', () => {
  const nested = (depth: number): string => '<a>'.repeat(depth) + '</a>'.repeat(depth);
  test.each([
    ['nothing', '', 'xml-no-root', [1, 1]],
    ['white space', ' \n ', 'xml-no-root', [2, 2]],
    ['only a comment', '<!-- x -->', 'xml-no-root', [1, 11]],
    ['text before the root', 'x<a/>', 'xml-text-outside-root', [1, 1]],
    ['text after the root', '<a/>\nx', 'xml-text-outside-root', [2, 1]],
    ['CDATA beside the root', '<a/><![CDATA[x]]>', 'xml-text-outside-root', [1, 5]],
    ['two roots', '<a/>\n<b/>', 'xml-two-roots', [2, 1]],
    ['an open element', '<a><b></b>', 'xml-not-closed', [1, 11]],
    ['crossed tags', '<a>\n<b></a></b>', 'xml-invalid', [2, 4]],
    ['a closing tag alone', '</a>', 'xml-tag', [1, 1]],
    ['a closing tag with attributes', '<a></a x="1">', 'xml-tag', [1, 4]],
    ['a bare ampersand in text', '<a>\n x & y</a>', 'xml-reference', [2, 4]],
    ['a bare ampersand in a value', '<a b="x&y"/>', 'xml-reference', [1, 8]],
    ['an unknown entity', '<a>&nbsp;</a>', 'xml-reference', [1, 4]],
    ['an entity named like a property', '<a>&constructor;</a>', 'xml-reference', [1, 4]],
    ['a reference to a control character', '<a>&#1;</a>', 'xml-reference', [1, 4]],
    ['a reference to a surrogate', '<a>&#xD800;</a>', 'xml-reference', [1, 4]],
    ['a reference beyond Unicode', '<a>&#x110000;</a>', 'xml-reference', [1, 4]],
    ['an empty reference', '<a>&#;</a>', 'xml-reference', [1, 4]],
    ['less-than in a value', '<a b="<"/>', 'xml-attribute', [1, 7]],
    ['less-than in text', '<a> < </a>', 'xml-tag', [1, 5]],
    ['a value without quotes', '<a b=c/>', 'xml-tag', [1, 3]],
    ['an attribute without value', '<a b/>', 'xml-tag', [1, 3]],
    ['an open value', '<a b="c/>', 'xml-attribute', [1, 6]],
    ['attributes without a space', '<a b="1"c="2"/>', 'xml-tag', [1, 9]],
    ['a repeated attribute', '<a b="1" b="2"/>', 'xml-invalid', [1, 10]],
    ['a name that begins with a digit', '<1/>', 'xml-tag', [1, 1]],
    ['an attribute name with a bracket', '<a [b]="1"/>', 'xml-tag', [1, 3]],
    ['a DOCTYPE', '<!DOCTYPE a><a/>', 'xml-doctype', [1, 1]],
    ['entities that grow', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 'xml-doctype', [1, 1]],
    ['a declaration inside', '<a><!ENTITY b "c"></a>', 'xml-doctype', [1, 4]],
    ['a processing instruction', '<a><?php x?></a>', 'xml-instruction', [1, 4]],
    ['a declaration not at the start', ' <?xml version="1.0"?><a/>', 'xml-instruction', [1, 2]],
    ['a malformed declaration', '<?xml ?><a/>', 'xml-declaration', [1, 1]],
    ['another encoding', '<?xml version="1.0" encoding="latin1"?><a/>', 'xml-encoding', [1, 1]],
    ['a NUL', '<a>\u0000</a>', 'xml-control-character', [1, 4]],
    ['an escape character in a value', '<a b="\u001b[31m"/>', 'xml-control-character', [1, 7]],
    ['half a surrogate pair', '<a>\ud800</a>', 'xml-control-character', [1, 4]],
    ['a double dash in a comment', '<a><!-- a -- b --></a>', 'xml-comment', [1, 11]],
    ['an open comment', '<a><!-- a</a>', 'xml-comment', [1, 4]],
    ['an open CDATA section', '<a><![CDATA[ </a>', 'xml-cdata-end', [1, 4]],
    ['the end of CDATA in text', '<a>]]></a>', 'xml-cdata-end', [1, 4]],
    ['a name that begins with a byte order mark', '<\ufeffa/>', 'xml-tag', [1, 1]],
    ['a name with a space of another script', '<a\u1680/>', 'xml-tag', [1, 3]],
    ['a no-break space before an attribute', '<a\u00a0b="1"/>', 'xml-tag', [1, 3]],
    ['a line separator beside the root', '<a/>\u2028', 'xml-text-outside-root', [1, 5]],
    ['a declaration with a no-break space', '<?xml\u00a0?><a/>', 'xml-instruction', [1, 1]],
    ['101 levels', nested(101), 'xml-too-deep', [1, 301]],
  ])('%s', (_, text, code, [line, column]) => {
    const read = readXml(text, 'cib.xml');
    expect(read).toMatchObject({
      ok: false,
      error: { code, severity: 'error', where: { file: 'cib.xml', line, column } },
    });
  });

  test('a document over the size limit, whatever is in it', () => {
    expect(readXml(' '.repeat(XML_MAX_CHARACTERS + 1))).toMatchObject({
      ok: false,
      error: { code: 'xml-too-large' },
    });
  });

  test('names that JavaScript objects react to, without a throw', () => {
    expect(readXml('<__proto__/>').ok).toBe(false);
    expect(readXml('<a __proto__="1" constructor="2"/>')).toMatchObject({
      value: { attributes: expect.arrayContaining([['constructor', '2']]) as unknown },
    });
  });
});

describe('what is read', () => {
  test.each([
    ['references', '<a>&lt;&gt;&amp;&quot;&apos;&#10;&#xE9;&#x1F600;</a>', '<>&"\'\né😀'],
    ['a reference once only', '<a>&amp;lt;</a>', '&lt;'],
    ['CDATA as text', '<a>x<![CDATA[<&amp;>]]>y</a>', 'x<&amp;>y'],
    ['white space as it is', '<a>  x \n</a>', '  x \n'],
    ['line ends as newline', '<a>x\r\ny\rz</a>', 'x\ny\nz'],
    ['a carriage return by reference', '<a>&#13;</a>', '\r'],
    ['100 levels', '<a>'.repeat(99) + '<a/>' + '</a>'.repeat(99), ''],
    [
      'a byte order mark and a declaration',
      '\ufeff<?xml version="1.0" encoding="UTF-8"?>\n<a>x</a>',
      'x',
    ],
    ['comments around the root', '<!-- 1 --><a>x</a><!-- 2 -->\n', 'x'],
  ])('text: %s', (_, text, expected) => {
    const read = readXml(text);
    expect(read.ok && textOf(read.value)).toBe(expected);
  });

  test.each([
    ['newline and tab as spaces', '<a b="x\ny\tz"/>', 'x y z'],
    ['newline and tab by reference', '<a b="x&#10;y&#9;z"/>', 'x\ny\tz'],
    ['leading and trailing spaces', '<a b="  x  "/>', '  x  '],
    ['apostrophes', `<a b='"'/>`, '"'],
    ['what looks like a number', '<a b="007"/>', '007'],
    ['nothing', '<a b=""/>', ''],
    ['greater-than', '<a b="x>y"/>', 'x>y'],
  ])('value: %s', (_, text, expected) => {
    const read = readXml(text);
    expect(read.ok && attribute(read.value, 'b')).toBe(expected);
  });
});

describe('any tree', () => {
  test('is read back as it was written', () => {
    fc.assert(
      fc.property(xmlTree, (tree) => {
        expect(readXml(writeXml(tree))).toEqual({ ok: true, value: tree });
      }),
      { numRuns: 300 },
    );
  });

  test('keeps its content when formatted, and formatting it again changes nothing', () => {
    fc.assert(
      fc.property(xmlTree, (tree) => {
        const bare = withoutFormatting(tree);
        const read = readXml(formatXml(bare));
        expect(read.ok && formatXml(withoutFormatting(read.value))).toBe(formatXml(bare));
      }),
      { numRuns: 300 },
    );
  });
});

describe('any text', () => {
  const pieces = fc.constantFrom(
    ...['<a>', '</a>', '<b/>', '<a x="1"', " y='2'", '>', '/>', '&amp;', '&', '<!--', '-->', '--'],
    ...[
      '<![CDATA[',
      ']]>',
      '<?xml version="1.0"?>',
      '<!DOCTYPE a>',
      '&#10;',
      'text',
      '"',
      ' ',
      '\n',
    ],
  );
  const soup = fc.oneof(
    fc.array(pieces, { maxLength: 12 }).map((parts) => `<a>${parts.join('')}</a>`),
    fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
    fc.string({ maxLength: 60 }),
    fc
      .tuple(
        xmlTree.map(writeXml),
        fc.nat(),
        fc.nat({ max: 3 }),
        fc.constantFrom('', '<', '"', '&'),
      )
      .map(([text, at, count, put]) => {
        const index = at % (text.length + 1);
        return text.slice(0, index) + put + text.slice(index + count);
      }),
  );

  test('is read or refused, never thrown at', () => {
    fc.assert(
      fc.property(soup, (text) => {
        const read = readXml(text);
        if (read.ok) expect(readXml(writeXml(read.value))).toEqual(read);
      }),
      { numRuns: 2000 },
    );
  });

  const hasXmllint = spawnSync('xmllint', ['--version']).error === undefined;
  test.skipIf(!hasXmllint)(
    `is refused when libxml2 refuses it${hasXmllint ? '' : ' (skipped: xmllint is not installed)'}`,
    () => {
      const texts = fc.sample(soup, { numRuns: 300, seed: 7 });
      const accepted = texts.filter((text) => readXml(text).ok);
      const refused = accepted.filter(
        (text) => spawnSync('xmllint', ['--noout', '-'], { input: text }).status !== 0,
      );
      expect(refused).toEqual([]);
      expect(accepted.length).toBeGreaterThan(20);
    },
  );

  test.skipIf(!hasXmllint)(
    `has the canonical form libxml2 gives it${hasXmllint ? '' : ' (skipped: xmllint is not installed)'}`,
    () => {
      for (const text of fc.sample(xmlTree.map(writeXml), { numRuns: 60, seed: 11 })) {
        if (text.includes('x:y')) continue;
        const read = readXml(text);
        const canonical = (input: string): string =>
          spawnSync('xmllint', ['--c14n', '-'], { input, encoding: 'utf8' }).stdout;
        expect(read.ok && canonical(writeXml(read.value))).toBe(canonical(text));
      }
    },
  );
});
