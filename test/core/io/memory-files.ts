// Files in memory that a test can stop at any operation, and then lose power: what was not fsynced
// may be gone, torn or full of holes; names not yet made durable may be the old or the new ones.
// What an fsync failed for is gone for good, though a later one on the same file succeeds.
import type { Files, WritableFile } from '../../../core/io/files.ts';
import type { Random } from '../../../core/base/random.ts';

interface Inode {
  /** What reads see. */
  bytes: Uint8Array;
  /** How much of it is on disk for certain. */
  syncedBytes: number;
  /** Dropped when an fsync failed: reads still see it, the disk never will. */
  dropped: readonly { readonly from: number; readonly to: number }[];
}

export type FileOperation = 'create' | 'append' | 'sync' | 'rename' | 'remove' | 'syncDirectory';

export interface MemoryFiles extends Files {
  /** Told of each change before it happens; what it throws is the failure of that operation. */
  onOperation: (operation: FileOperation, count: number) => void;
  /** Told of each change when it has happened; what it throws makes it fail all the same. */
  onOutcome: (operation: FileOperation, count: number) => void;
  /** From that operation on nothing happens any more, and no promise is ever settled. */
  stopAt: number;
  /** Room for all bytes; appends beyond it write what fits and fail with ENOSPC. */
  capacityBytes: number;
  readonly operations: () => number;
  readonly content: (path: string) => Uint8Array | null;
  readonly names: () => string[];
  readonly damage: (path: string, change: (bytes: Uint8Array) => Uint8Array) => void;
  /** The files as the next boot finds them. */
  readonly losePower: (random: Random) => MemoryFiles;
  /** The files as the next process on the same host finds them. */
  readonly loseProcess: () => MemoryFiles;
}

type Names = Map<string, Inode>;

export const failure = (code: string): Error => Object.assign(new Error(code), { code });

export function memoryFiles(seen: Names = new Map()): MemoryFiles {
  /** Renames, creations and removals since the directory was last fsynced, oldest first. */
  let unsynced: ((names: Names) => void)[] = [];
  let durable: Names = new Map(seen);
  let count = 0;

  const begin = async (operation: FileOperation): Promise<void> => {
    count += 1;
    if (count >= files.stopAt) await new Promise<never>(() => undefined);
    files.onOperation(operation, count);
  };
  const end = (operation: FileOperation): void => files.onOutcome(operation, count);
  const change = (apply: (names: Names) => void): void => {
    apply(seen);
    unsynced.push(apply);
  };
  const usedBytes = (): number =>
    [...seen.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);

  const handle = (inode: Inode): WritableFile => ({
    append: async (bytes) => {
      const room = Math.max(0, files.capacityBytes - usedBytes());
      const isStopping = count + 1 >= files.stopAt;
      const fits = bytes.subarray(0, Math.min(room, isStopping ? bytes.length >> 1 : Infinity));
      // A process that dies in a write may have written a part of it.
      inode.bytes = concat(inode.bytes, fits);
      await begin('append');
      if (fits.length < bytes.length) throw failure('ENOSPC');
      end('append');
    },
    sync: async () => {
      try {
        await begin('sync');
      } catch (thrown) {
        inode.dropped = [...inode.dropped, { from: inode.syncedBytes, to: inode.bytes.length }];
        inode.syncedBytes = inode.bytes.length;
        throw thrown;
      }
      inode.syncedBytes = inode.bytes.length;
      end('sync');
    },
    close: () => Promise.resolve(),
  });
  const files: MemoryFiles = {
    onOperation: () => undefined,
    onOutcome: () => undefined,
    stopAt: Infinity,
    capacityBytes: Infinity,
    operations: () => count,
    content: (path) => seen.get(path)?.bytes ?? null,
    names: () => [...seen.keys()],
    damage: (path, alter) => {
      const inode = seen.get(path);
      if (inode === undefined) throw failure('ENOENT');
      inode.bytes = alter(inode.bytes);
      inode.syncedBytes = inode.bytes.length;
      inode.dropped = [];
    },
    exists: (path) => Promise.resolve(seen.has(path)),
    makeDirectory: () => Promise.resolve(),
    read: (path) => Promise.resolve(seen.get(path)?.bytes ?? null),
    create: async (path) => {
      await begin('create');
      const inode: Inode = { bytes: new Uint8Array(0), syncedBytes: 0, dropped: [] };
      change((names) => names.set(path, inode));
      end('create');
      return handle(inode);
    },
    rename: async (from, to) => {
      await begin('rename');
      const inode = seen.get(from);
      if (inode === undefined) throw failure('ENOENT');
      change((names) => {
        names.delete(from);
        names.set(to, inode);
      });
      end('rename');
    },
    remove: async (path) => {
      await begin('remove');
      change((names) => names.delete(path));
      end('remove');
    },
    syncDirectory: async () => {
      await begin('syncDirectory');
      durable = new Map(seen);
      unsynced = [];
      end('syncDirectory');
    },
    losePower: (random) => {
      const names: Names = new Map(durable);
      const kept = Math.floor(random.next() * (unsynced.length + 1));
      for (const apply of unsynced.slice(0, kept)) apply(names);
      return memoryFiles(new Map([...names].map(([path, inode]) => [path, torn(inode, random)])));
    },
    loseProcess: () =>
      memoryFiles(new Map([...seen].map(([path, { bytes }]) => [path, whole(bytes)]))),
  };
  return files;
}

const whole = (bytes: Uint8Array): Inode => ({ bytes, syncedBytes: bytes.length, dropped: [] });

/** What was not fsynced: a part of it from the start, perhaps with a hole of zeros. */
function torn({ bytes, syncedBytes, dropped }: Inode, random: Random): Inode {
  const unsyncedBytes = bytes.length - syncedBytes;
  const kept = bytes.slice(0, syncedBytes + Math.floor(random.next() * (unsyncedBytes + 1)));
  if (random.next() < 0.5) {
    // A hole is as long as a sector, and begins where one does or where the file ended before.
    const hole = Math.floor(random.next() * (kept.length / 512 + 1)) * 512;
    kept.fill(0, Math.max(syncedBytes, hole), hole + 512);
  }
  for (const { from, to } of dropped) kept.fill(0, from, to);
  return whole(kept);
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
