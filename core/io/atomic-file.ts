/**
 * Replaces a file so that readers, and a host that loses power, see the old content or the new one
 * whole: temporary file, fsync, rename, fsync of the folder.
 */
import { randomBytes } from 'node:crypto';
import { open, realpath, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errnoCode } from './errno.ts';

export interface FileOwner {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Resolves when the content is on disk under that name. Rejects with the system's error: the old
 * file is there then, or (only if the last fsync failed) the new one. A symbolic link stays one:
 * the file it points to is replaced. Without `owner` the file belongs to this process's user.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  mode: number,
  owner?: FileOwner,
): Promise<void> {
  const target = await linkTarget(path);
  const folder = dirname(target);
  const temporary = join(folder, `.${basename(target)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    // `wx`: never follows a link that somebody else put there; 0600 until owner and mode are set.
    const file = await open(temporary, 'wx', 0o600);
    try {
      await fill(file, content, mode, owner);
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw thrown;
  }
  await syncDirectory(folder);
}

async function fill(
  file: FileHandle,
  content: string | Uint8Array,
  mode: number,
  owner: FileOwner | undefined,
): Promise<void> {
  await file.writeFile(content);
  if (owner !== undefined) await file.chown(owner.uid, owner.gid);
  await file.chmod(mode);
  await file.sync();
}

/** Makes renames and new names in a folder durable. */
export async function syncDirectory(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function linkTarget(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (thrown) {
    if (errnoCode(thrown) === 'ENOENT') return path;
    throw thrown;
  }
}
