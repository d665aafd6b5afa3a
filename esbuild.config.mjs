// Builds every program into one CommonJS file in dist/: a single file starts twice as fast as a
// tree of modules, and works through a symlink from anywhere.
import { build } from 'esbuild';
import { chmod, copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Program name → source file. The demo and the bench are built beside, but are no bin entries. */
const programs = {
  geo: 'core/cli/geo.ts',
  boothd: 'core/cli/boothd.ts',
  booth: 'core/cli/booth.ts',
  geostore: 'core/cli/geostore.ts',
  'booth-keygen': 'core/cli/booth-keygen.ts',
  'geobooth-site': 'site/main.ts',
  'geobooth-arbitrator': 'arbitrator/main.ts',
  demo: 'test/demo/main.ts',
  bench: 'test/bench/main.ts',
};

const { version } = JSON.parse(await readFile('package.json', 'utf8'));
const entryPoints = Object.entries(programs)
  .filter(([, source]) => existsSync(source))
  .map(([name, source]) => ({ in: source, out: name }));

/**
 * A bundle has no `import.meta.dirname`. What the bench takes from the lab runs from this repository
 * only, so it is told its source's folder.
 */
const labFolders = {
  name: 'lab-folders',
  setup: (building) => {
    building.onLoad(
      { filter: /[\\/]test[\\/](lab|support)[\\/][^\\/]+\.ts$/ },
      async ({ path }) => {
        const text = await readFile(path, 'utf8');
        const contents = text.replaceAll('import.meta.dirname', JSON.stringify(dirname(path)));
        return { contents, loader: 'ts' };
      },
    );
  },
};

// Built beside and swapped in at the end: a failed build leaves the programs that were there.
const target = process.env.GEOBOOTH_DIST ?? 'dist';
const outDir = `${target}.new-${process.pid}`;
await mkdir(outDir, { recursive: true });
process.on('exit', () => rmSync(outDir, { recursive: true, force: true }));
await build({
  entryPoints,
  outdir: outDir,
  outExtension: { '.js': '.js' },
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  banner: { js: '#!/usr/bin/env node' },
  plugins: [labFolders],
  define: { GEOBOOTH_VERSION: JSON.stringify(version) },
  // Less to read and parse at every start; names stay, so that stack traces do.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
});
for (const { out } of entryPoints) {
  const program = join(outDir, out);
  await copyFile(`${program}.js`, program);
  await rm(`${program}.js`);
  await chmod(program, 0o755);
}
await writeFile(join(outDir, 'package.json'), '{ "type": "commonjs" }\n');
if (existsSync('site/agents')) {
  const agents = join(outDir, 'agents');
  await mkdir(agents, { recursive: true });
  for (const agent of await readdir('site/agents')) {
    if (agent.includes('.')) continue;
    await copyFile(join('site/agents', agent), join(agents, agent));
    await chmod(join(agents, agent), 0o755);
  }
}
await rm(target, { recursive: true, force: true });
await rename(outDir, target);
