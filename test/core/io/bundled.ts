// A program of a few lines around the code under test, for tests that need real processes.
import { build } from 'esbuild';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));

/** Bundles `source`, whose imports are relative to this folder, into an executable `outfile`. */
export const bundleProgram = async (source: string, outfile: string): Promise<void> => {
  await build({
    stdin: { contents: source, resolveDir: folder, loader: 'ts' },
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    logLevel: 'error',
  });
};
