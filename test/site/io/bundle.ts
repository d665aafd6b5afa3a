// Programs for tests that need a process of their own.
import { build } from 'esbuild';
import { join } from 'node:path';

/** Bundles a module with an entry of its own, to be run by bare node; returns its path. */
export async function bundle(folder: string, name: string, source: string): Promise<string> {
  const outfile = join(folder, `${name}.cjs`);
  await build({
    stdin: { contents: source, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'cjs',
    define: { 'import.meta.dirname': JSON.stringify(import.meta.dirname) },
    outfile,
    logLevel: 'error',
  });
  return outfile;
}

/** The guard as a program. */
export const bundleGuard = (folder: string): Promise<string> =>
  bundle(
    folder,
    'guard-program',
    `import { runGuard } from '../../../site/io/guard-main.ts';
     void runGuard(process.argv.slice(2)).then((code) => process.exit(code));`,
  );
