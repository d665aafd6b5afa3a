/**
 * Making a folder with all that is missing above it. Node's own `recursive` never returns where
 * the system answers ENOENT below a folder that exists, as Linux does in /proc.
 */
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoCode } from './errno.ts';

/** The topmost folder that had to be made; null: all were there. */
export async function makeFolder(path: string, mode: number): Promise<string | null> {
  try {
    await mkdir(path, { mode });
    return path;
  } catch (thrown) {
    if (await isFolder(path)) return null;
    const parent = dirname(path);
    if (errnoCode(thrown) !== 'ENOENT' || (await isFolder(parent))) throw thrown;
    const first = await makeFolder(parent, mode);
    await mkdir(path, { mode });
    return first ?? path;
  }
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
