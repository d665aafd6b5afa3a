/**
 * The manual says what the programs do. Tables that exist in the sources are compared with the
 * README, byte for byte; run with UPDATE=1 to write them anew. What the README says in its own
 * words is compared by the names it must have.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exitCodeTable } from '../../core/cli/exit-code.ts';
import { keywordMarkdown } from '../../core/config/keyword-help.ts';
import { localKeys } from '../../core/config/local-config.ts';
import { configCodes } from '../../core/config/problem-codes.ts';

const root = join(import.meta.dirname, '..', '..');
const readmePath = join(root, 'README.md');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const readme = (): string => readFileSync(readmePath, 'utf8');

/** Paths below a folder, `/` between names; empty when there is no such folder. */
const filesBelow = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));

const sources = ['core', 'site', 'arbitrator']
  .flatMap(filesBelow)
  .filter((path) => path.endsWith('.ts') || path.startsWith('site/agents/'))
  .sort();

const cell = (text: string): string => text.replaceAll('|', '\\|');
const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map(cell).join(' | ')} |\n`)
    .join('');

/** Where a difference is stated, by folder: the headings of the list. */
const areas: readonly (readonly [title: string, folders: readonly string[]])[] = [
  ['Configuration', ['core/config']],
  ['Messages', ['core/wire', 'core/base']],
  ['Tickets', ['core/ticket', 'core/member']],
  ['Daemons', ['core/io', 'core/cli/daemon', 'site', 'arbitrator']],
  ['Clients', ['core/cli']],
];
const marker = 'Differs from booth: ';
const codesFile = 'core/config/problem-codes.ts';

interface Difference {
  readonly path: string;
  readonly text: string;
}

/** From the marker to the end of its paragraph, or to the next marker; comment signs taken off. */
function differencesIn(path: string): readonly Difference[] {
  const text = read(path)
    .split('\n')
    .map((line) =>
      line.replace(/^\s*(?:\/\*\*?|\*\/|\*|\/\/|#)? ?/, '').replace(/\s*\*\/$/, '\n\n'),
    )
    .join('\n');
  return text
    .split(marker)
    .slice(1)
    .map((rest) => (rest.split('\n\n')[0] ?? '').replaceAll(/\s+/g, ' ').trim())
    .map((found) => found.replace(/ \((?:booth-protocol )?\d+(?:\.\d+)+\)/g, ''))
    .map((found) => ({ path, text: found }));
}

const codeDifferences = Object.entries(configCodes).flatMap(([code, explanation]): Difference[] => {
  const text = `\`${code}\`: ${explanation}`;
  return explanation.includes(marker) ? [{ path: codesFile, text }] : [];
});

const differences: readonly Difference[] = sources.flatMap((path) =>
  path === codesFile ? codeDifferences : differencesIn(path),
);

function differencesList(): string {
  const areaOf = (path: string): string =>
    areas
      .flatMap(([title, folders]) => folders.map((folder) => ({ title, folder })))
      .filter(({ folder }) => path.startsWith(`${folder}/`))
      .sort((a, b) => b.folder.length - a.folder.length)[0]?.title ?? '';
  return areas
    .map(([title]) => {
      const own = differences.filter(({ path }) => areaOf(path) === title);
      const items = own.map(({ path, text }) => `* ${text} (\`${path}\`)\n`).join('');
      return `**${title}**\n\n${items}`;
    })
    .join('\n');
}

const generated: Readonly<Record<string, () => string>> = {
  keywords: keywordMarkdown,
  'local-settings': () =>
    table(
      ['key and flag', 'meaning'],
      Object.entries(localKeys).map(([key, help]) => [`\`${key}\``, help]),
    ),
  'exit-codes': () =>
    table(
      ['code', 'meaning', 'programs'],
      exitCodeTable.map(({ code, meaning, programs }) => [
        String(code),
        meaning,
        programs.map((name) => `\`${name}\``).join(' '),
      ]),
    ),
  'problem-codes': () =>
    table(
      ['code', 'meaning'],
      Object.entries(configCodes).map(([code, explanation]) => [`\`${code}\``, explanation]),
    ),
  differences: differencesList,
};

const beginOf = (name: string): string => `<!-- begin: ${name} -->\n`;
const endOf = (name: string): string => `<!-- end: ${name} -->\n`;

function sectionOf(text: string, name: string): { readonly from: number; readonly to: number } {
  const begin = text.indexOf(beginOf(name));
  const to = text.indexOf(endOf(name));
  if (begin < 0 || to < begin) throw new Error(`README.md has no section "${name}"`);
  return { from: begin + beginOf(name).length, to };
}

describe('tables that the sources have too', () => {
  test.each(Object.entries(generated))('%s', (name, generate) => {
    const text = readme();
    const { from, to } = sectionOf(text, name);
    const expected = `\n${generate()}\n`;
    if ((process.env['UPDATE'] ?? '') !== '') {
      writeFileSync(readmePath, text.slice(0, from) + expected + text.slice(to));
    }
    const { from: start, to: end } = sectionOf(readme(), name);
    expect(readme().slice(start, end), 'run this test with UPDATE=1').toBe(expected);
  });

  test('every difference from booth has an area and a text of its own', () => {
    expect(differences.length).toBeGreaterThan(20);
    const listed = differencesList();
    for (const { path, text } of differences) expect(listed).toContain(`* ${text} (\`${path}\`)\n`);
    const texts = differences.map(({ text }) => text);
    expect(texts.filter((text) => text.length < 20)).toEqual([]);
    expect(new Set(texts).size).toBe(texts.length);
  });
});

/** The words in backticks of the first column of a section's tables. */
function namedIn(heading: string): readonly string[] {
  const [, section = ''] = readme().split(`\n## ${heading}\n`);
  const rows = (section.split('\n## ')[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('| `'));
  return rows.flatMap((row) =>
    [...(row.split(' | ')[0] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  );
}

describe('names that the README explains', () => {
  test('every reason for which a packet is refused, and no other', () => {
    const [, union = ''] = read('core/wire/message.ts').split('export type RefusalReason =');
    const reasons = [...(union.split(';')[0] ?? '').matchAll(/'([a-z-]+)'/g)].map(
      ([, name]) => name,
    );
    expect(reasons.length).toBeGreaterThan(20);
    expect([...namedIn('Refused packets')].sort()).toEqual(reasons.sort());
  });

  test('every problem code of daemons and files, and no other', () => {
    const folders = ['core/io/', 'core/cli/daemon/', 'core/wire/authentication.ts', 'site/'];
    const text = sources
      .filter((path) => folders.some((folder) => path.startsWith(folder)))
      .map(read)
      .join('\n');
    const call = /\b(?:problem|warning|refuse|finding)\(\s*(?:session,\s*)?'([a-z]+(?:-[a-z]+)+)'/g;
    const codes = [...text.matchAll(call)].map(([, code = '']) => code);
    const explained = namedIn('Problem codes');
    expect(codes.length).toBeGreaterThan(20);
    expect(codes.filter((code) => !explained.includes(code))).toEqual([]);
    const known: readonly string[] = Object.keys(configCodes);
    const everything = sources.map(read).join('\n');
    expect(
      explained.filter((code) => !known.includes(code) && !everything.includes(`'${code}'`)),
    ).toEqual([]);
  });

  test('every event it names is one of the log', () => {
    const everything = sources.map(read).join('\n');
    const events = namedIn('Logs');
    expect(events).toContain('state');
    const isLogged = (event: string): boolean =>
      new RegExp(`(?:event: |log\\(turn, [^;]{0,60})'${event}'`).test(everything);
    expect(events.filter((event) => !isLogged(event))).toEqual([]);
  });

  test('every agent that geobooth ships', () => {
    const shipped = filesBelow('site/agents').map((path) => path.slice('site/agents/'.length));
    const names = shipped
      .filter((name) => !name.includes('.'))
      .map((name) => `ocf:geobooth:${name}`);
    expect(
      namedIn('The embedded cluster')
        .filter((name) => name.startsWith('ocf:'))
        .sort(),
    ).toEqual(names.sort());
  });

  test('every program, and every link inside the page leads somewhere', () => {
    const { bin } = JSON.parse(read('package.json')) as { bin: Record<string, string> };
    expect([...namedIn('Programs')].sort()).toEqual(Object.keys(bin).sort());
    const anchors = [...readme().matchAll(/^## (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^a-z0-9 -]/g, '')
        .replaceAll(' ', '-'),
    );
    const links = [...readme().matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
    expect(links.filter((anchor) => !anchors.includes(anchor ?? ''))).toEqual([]);
  });
});
