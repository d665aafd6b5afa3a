// Directories that exist for one test only.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory and the promise to remove it. `remove` may be called more than once. */
export interface TemporaryDirectory {
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * Makes a directory under the system's temporary folder, or the parent given. Mode 0755 unless told otherwise, because daemons
 * under test may give up root and must still reach what is in it.
 */
export const makeTemporaryDirectory = async (
  name: string,
  { mode = 0o755, parent = tmpdir() }: { readonly mode?: number; readonly parent?: string } = {},
): Promise<TemporaryDirectory> => {
  const path = await mkdtemp(join(parent, `geobooth-${name}-`));
  await chmod(path, mode);
  return {
    path,
    remove: () => rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }),
  };
};
