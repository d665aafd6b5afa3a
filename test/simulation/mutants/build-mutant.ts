/** Bundles the simulator with a mutant's edits in place, into a file of its own. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { applyEdits, type Edit, type Mutant } from './mutant.ts';

export interface MutantBuild {
  /** Top of the repository. */
  readonly root: string;
  /** Where the bundle goes. */
  readonly outfile: string;
  /** From the top of the repository; default: the hunt. */
  readonly entry?: string;
}

/** Rejects when an edit does not fit, or what comes of it cannot be parsed. */
export async function buildMutant(
  { edits }: Pick<Mutant, 'edits'>,
  { root, outfile, entry = 'test/simulation/mutants/hunt-worker.ts' }: MutantBuild,
): Promise<void> {
  const edited = new Map<string, Edit[]>();
  for (const edit of edits) {
    const path = join(root, edit.file);
    edited.set(path, [...(edited.get(path) ?? []), edit]);
  }
  const loaded = new Set<string>();
  await build({
    entryPoints: [join(root, entry)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    define: { GEOBOOTH_VERSION: '"mutant"' },
    logLevel: 'silent',
    plugins: [editing(edited, loaded)],
  });
  for (const path of edited.keys())
    if (!loaded.has(path)) throw new Error(`no simulated member runs ${path}`);
}

const editing = (edited: ReadonlyMap<string, readonly Edit[]>, loaded: Set<string>): Plugin => ({
  name: 'mutant',
  setup: (building) => {
    building.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const edits = edited.get(path);
      if (edits === undefined) return undefined;
      loaded.add(path);
      return { contents: applyEdits(await readFile(path, 'utf8'), edits), loader: 'ts' };
    });
  },
});
