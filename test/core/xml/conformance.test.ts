import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { XmlElement } from '../../../core/xml/element.ts';
import { readXml } from '../../../core/xml/read.ts';
import { formatXml, withoutFormatting, writeXml } from '../../../core/xml/write.ts';

/** CIBs of Pacemaker's scheduler regression suite; data that is not part of this repository. */
const folder = join(import.meta.dirname, '../../../../shared/conformance/scheduler/xml');
const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.xml')) : [];
const skipped = files.length === 0 ? ' (skipped: the conformance data are not here)' : '';

const hasXmllint = spawnSync('xmllint', ['--version']).error === undefined;
const unlinted = hasXmllint ? skipped : ' (skipped: xmllint is not installed)';

test.skipIf(skipped !== '')(`scheduler CIBs are written as they were read${skipped}`, () => {
  const changed = documents().filter(([, text, root]) => writeXml(root) !== onLines(text));
  expect(changed.map(([name]) => name)).toEqual([]);
});

test.skipIf(unlinted !== '')(`scheduler CIBs are formatted as libxml2 does${unlinted}`, () => {
  const differing = documents().filter(([, text, root]) => {
    const pretty = formatXml(withoutFormatting(root));
    if (pretty === text) return false;
    const { stdout } = spawnSync('xmllint', ['--format', '--encode', 'utf-8', '-'], {
      input: text,
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    return stdout.replace(/^<\?xml.*\?>\n/, '') !== pretty;
  });
  expect(differing.map(([name]) => name)).toEqual([]);
});

function documents(): readonly (readonly [string, string, XmlElement])[] {
  return files.map((name) => {
    const text = readFileSync(join(folder, name), 'utf8');
    const read = readXml(text, name);
    if (!read.ok) throw new Error(`${name}: ${read.error.message}`);
    return [name, text, read.value];
  });
}

/** White space inside a tag is no part of the tree: one file breaks a tag over two lines. */
const onLines = (text: string): string => text.trim().replace(/\n\s*(?=[a-z-]+=")/g, ' ');
