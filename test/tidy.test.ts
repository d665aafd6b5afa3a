/**
 * House rules that a linter cannot see: who may import whom, no cycles, the shape of the tree,
 * and that every rule of the protocol has a place in the code and in the tests.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const sources = tracked.filter((path) => /^(core|site|arbitrator)\/.*\.ts$/.test(path));
const code = tracked.filter((path) => /\.m?ts$/.test(path));

/**
 * `layers`: folder → folders it may import, besides itself; a folder imports nothing that is not
 * there. `shells` may import all that begins so. ESLint holds the same table.
 */
interface ImportBorders {
  readonly layers: Readonly<Record<string, readonly string[]>>;
  readonly shells: Readonly<Record<string, readonly string[]>>;
}
const { layers, shells } = JSON.parse(read('test/import-borders.json')) as ImportBorders;

/** `core/cli/commands/x.ts` → `core/cli`; `site/main.ts` → `site`. */
function folderOf(path: string): string {
  const parts = path.split('/');
  return parts.length <= 2 ? (parts[0] ?? '') : parts.slice(0, 2).join('/');
}

function importsOf(path: string): { own: string[]; outside: string[] } {
  const text = read(path);
  const statements = text.matchAll(/^(?:import|export)\b[^;'`]*?\bfrom '([^']+)';/gm);
  const dynamic = text.matchAll(/\bimport\('([^']+)'\)/g);
  const found = [...statements, ...dynamic].map(([, target = '']) => target);
  const own = found.filter((target) => target.startsWith('.'));
  return {
    own: own.map((target) => normalize(join(dirname(path), target))),
    outside: found.filter((target) => !target.startsWith('.')),
  };
}

const graph = new Map(sources.map((path) => [path, importsOf(path).own]));

describe('imports', () => {
  test('every folder imports only the layers below it', () => {
    const wrong = sources.flatMap((path) => {
      const folder = folderOf(path);
      const allowed = layers[folder];
      const isAllowed = (target: string): boolean =>
        folderOf(target) === folder ||
        (allowed?.includes(folderOf(target)) ??
          (shells[folder] ?? []).some((prefix) => target.startsWith(prefix)));
      return (graph.get(path) ?? [])
        .filter((target) => !isAllowed(target))
        .map((target) => `${path} imports ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  test('there are no cycles', () => {
    const done = new Set<string>();
    const visit = (path: string, trail: readonly string[]): string[] => {
      if (trail.includes(path)) return [[...trail.slice(trail.indexOf(path)), path].join(' → ')];
      if (done.has(path)) return [];
      const cycles = (graph.get(path) ?? []).flatMap((next) => visit(next, [...trail, path]));
      done.add(path);
      return cycles;
    };
    expect(sources.flatMap((path) => visit(path, []))).toEqual([]);
  });

  test('what is imported exists, and what is a package is declared', () => {
    const manifest = JSON.parse(read('package.json')) as {
      dependencies: Record<string, string>;
      devDependencies: Record<string, string>;
    };
    const missing = sources.flatMap((path) => [
      ...(graph.get(path) ?? []).filter((target) => !tracked.includes(target)),
      ...importsOf(path)
        .outside.filter((name) => !name.startsWith('node:'))
        .filter((name) => !(name in manifest.dependencies))
        .map((name) => `${path} imports ${name}`),
    ]);
    expect(missing).toEqual([]);
    const used = new Set(sources.flatMap((path) => importsOf(path).outside));
    expect(Object.keys(manifest.dependencies).filter((name) => !used.has(name))).toEqual([]);
  });
});

describe('the tree', () => {
  test('the top level holds what it should and no more', () => {
    const top = new Set(tracked.map((path) => path.split('/')[0] ?? ''));
    const allowed = new Set(
      (
        'package.json package-lock.json tsconfig.json eslint.config.mjs esbuild.config.mjs ' +
        'vitest.config.mts README.md CHANGELOG.md LICENSE core site arbitrator test'
      ).split(' '),
    );
    expect([...top].filter((name) => !name.startsWith('.') && !allowed.has(name))).toEqual([]);
  });

  test('files are named after one concept', () => {
    const vague = /(^|[/-])(utils?|helpers?|manager|misc|common)([-./]|$)/;
    expect(code.filter((path) => vague.test(path))).toEqual([]);
    const unkebab = sources.filter((path) => !/^[a-z0-9/-]+\.ts$/.test(path));
    expect(unkebab).toEqual([]);
    expect(sources.filter((path) => path.endsWith('/index.ts'))).toEqual([]);
  });

  test('nothing is left unfinished or switched off', () => {
    const smells = /\bTODO\b|\bFIXME\b|@ts-ignore|@ts-expect-error/;
    expect(code.filter((path) => path !== 'test/tidy.test.ts' && smells.test(read(path)))).toEqual(
      [],
    );
    const switched = /\b(it|test|describe)\.(only|todo)\b/;
    expect(
      code.filter((path) => path !== 'test/tidy.test.ts' && switched.test(read(path))),
    ).toEqual([]);
  });
});

describe('the protocol', () => {
  test.each(Array.from({ length: 17 }, (_, index) => `R${String(index + 1)}`))(
    '%s has its place in the code and a test by its name',
    (rule) => {
      const named = new RegExp(`\\b${rule}\\b`);
      expect(sources.filter((path) => named.test(read(path)))).not.toEqual([]);
      const tests = tracked.filter((path) => /^test\/.*\.(test\.ts|txt)$/.test(path));
      expect(
        tests.filter((path) => path !== 'test/tidy.test.ts' && named.test(read(path))),
      ).not.toEqual([]);
    },
  );
});
