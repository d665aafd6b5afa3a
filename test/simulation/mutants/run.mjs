// Starts the mutant run. It is bundled into a folder that is thrown away, never into dist/: no
// program that can be installed contains a mutant.
import { build } from 'esbuild';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../../..');
const folder = await mkdtemp(join(tmpdir(), 'geobooth-mutant-run-'));
try {
  const outfile = join(folder, 'program.cjs');
  await build({
    entryPoints: [join(here, 'program.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    // It is asked to build the mutants, and found where it is installed.
    alias: { esbuild: join(root, 'node_modules/esbuild/lib/main.js') },
    external: [join(root, 'node_modules/esbuild/lib/main.js')],
    logLevel: 'warning',
  });
  const { main } = createRequire(import.meta.url)(outfile);
  process.exitCode = await main(root, process.argv.slice(2));
} finally {
  await rm(folder, { recursive: true, force: true });
}
