/** The real files. */
import { access, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from './atomic-file.ts';
import { errnoCode } from './errno.ts';
import type { Files, WritableFile } from './files.ts';
import { makeFolder } from './folder.ts';

/** Files of this host, by `node:fs`. */
export const nodeFiles: Files = {
  read: async (path, maxBytes) => {
    const file = await openToRead(path);
    if (file === null) return null;
    try {
      const { size } = await file.stat();
      if (size > maxBytes) throw tooLarge(path, size);
      return await file.readFile();
    } finally {
      await file.close();
    }
  },
  exists: (path) =>
    access(path).then(
      () => true,
      () => false,
    ),
  makeDirectory: async (path) => {
    const first = await makeFolder(path, 0o700);
    if (first !== null) await syncDirectory(dirname(first));
  },
  create: async (path) => {
    // A leftover may be a link or belong to somebody else: it is removed, never written through.
    await rm(path, { force: true });
    return writable(await open(path, 'wx', 0o600));
  },
  rename,
  remove: (path) => rm(path, { force: true }),
  syncDirectory,
};

async function openToRead(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r');
  } catch (thrown) {
    if (errnoCode(thrown) === 'ENOENT') return null;
    throw thrown;
  }
}

const tooLarge = (path: string, sizeBytes: number): Error =>
  Object.assign(new Error(`${path} has ${sizeBytes} bytes`), { code: 'EFBIG' });

function writable(file: FileHandle): WritableFile {
  return {
    append: async (bytes) => {
      // writeFile of a handle writes from its position and repeats short writes.
      await file.writeFile(bytes);
    },
    sync: () => file.datasync(),
    close: () => file.close(),
  };
}
