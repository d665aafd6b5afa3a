// Builds every program into one CommonJS file in dist/: a single file starts twice as fast as a
// tree of modules, and works through a symlink from anywhere.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Program name → source file. Demo, bench, simulator and fuzzer are built beside, but are no bin entries. */
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
  sim: 'test/simulation/program/main.ts',
  fuzz: 'test/fuzz/main.ts',
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

/** commander loads this for subcommands that are programs of their own, of which we have none. */
const lateChildProcess = {
  name: 'late-child-process',
  setup: (building) => {
    building.onLoad({ filter: /[\\/]commander[\\/]lib[\\/]command\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const contents = text
        .replace("const childProcess = require('node:child_process');", '')
        .replaceAll('childProcess.', "require('node:child_process').");
      return { contents, loader: 'js' };
    });
  },
};

/**
 * Our imports of Node's modules, each loaded where it is first used: `node:crypto` alone takes 3 ms,
 * and a client of a ring without a key never needs it.
 */
function loadBuiltinsLate(text) {
  const sources = new Map();
  const declaration = /\b(import_\w+)=require\(("node:[\w/]+")\)/g;
  const declared = text.replace(declaration, (_, name, source) => {
    sources.set(name, source);
    return `${name}=null`;
  });
  return declared.replace(/\b(import_\w+)\./g, (use, name) =>
    sources.has(name) ? `require(${sources.get(name)}).` : use,
  );
}

/**
 * What a run calls that shall start fast; its compiled functions go with the program. Reading,
 * parsing and compiling anew what never changes is a third of the time such a command takes.
 */
const usualRuns = {
  geo: () => ['--help'],
  booth: (ring) => ['list', '-c', ring, '-s', '127.0.0.1'],
  geostore: (ring) => ['list', '-c', ring, '-s', '127.0.0.1', 'ticket'],
};
usualRuns.boothd = usualRuns.booth;

/** Nobody listens there: a usual run ends with a refused connection. */
const deadRing = 'port = 1\nsite = 127.0.0.1\nsite = 127.0.0.2\nticket = "ticket"\n';

/** One file still: a short start, the program as text, and V8's code cache of it. */
async function withCodeCache(name, text) {
  const body = text.slice(text.indexOf('\n') + 1);
  const source = `(function(exports,require,module,__filename,__dirname){${body}\n})`;
  const folder = await mkdtemp(join(outDir, 'warm-'));
  const [warm, cache, ring] = ['warm.cjs', 'cache', 'ring.conf'].map((file) => join(folder, file));
  await writeFile(ring, deadRing);
  await writeFile(
    warm,
    starter(
      name,
      source,
      `process.on('exit', () => require('node:fs')
    .writeFileSync(${JSON.stringify(cache)}, program.createCachedData()));`,
    ),
  );
  const limits = { stdio: 'ignore', timeout: 30_000 };
  spawnSync(process.execPath, [warm, ...usualRuns[name](ring)], limits);
  if (!existsSync(cache)) throw new Error(`${name} did not end by itself, so it has no code cache`);
  const compiled = (await readFile(cache)).toString('base64');
  await rm(folder, { recursive: true });
  return starter(name, source, '', `, cachedData: Buffer.from('${compiled}', 'base64')`);
}

/** Another Node than the build's refuses the cache, and compiles the text as ever. */
const starter = (name, source, before = '', cachedData = '') => `#!/usr/bin/env node
'use strict';
const { Script } = require('node:vm');
const program = new Script(${JSON.stringify(source)}, { filename: '${name}'${cachedData} });
${before}program.runInThisContext()(exports, require, module, __filename, __dirname);
`;

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
  plugins: [labFolders, lateChildProcess],
  // A program that comes with its code cache can only require.
  supported: { 'dynamic-import': false },
  define: { GEOBOOTH_VERSION: JSON.stringify(version) },
  // Less to read and parse at every start; names stay, so that stack traces do.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  logLevel: 'warning',
});
for (const { out } of entryPoints) {
  const program = join(outDir, out);
  const text = await readFile(`${program}.js`, 'utf8');
  const isFast = out in usualRuns;
  await writeFile(program, isFast ? await withCodeCache(out, loadBuiltinsLate(text)) : text);
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
// Two renames: programs that are started meanwhile, a guard for instance, are there.
const old = `${target}.old-${process.pid}`;
if (existsSync(target)) await rename(target, old);
await rename(outDir, target);
await rm(old, { recursive: true, force: true });
