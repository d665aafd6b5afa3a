/**
 * A host's disk: files whose content is at once what reads see, and durable only when an fsync
 * has taken its time. A dead process leaves what it wrote, perhaps half of its last write; lost
 * power leaves what was fsynced, and of the rest what the disk happened to have, torn or full of
 * holes, under old names or new ones.
 */
import type { Random } from '../../../core/base/random.ts';
import type { Files, WritableFile } from '../../../core/io/files.ts';
import type { TrueTime } from './events.ts';

/** How the disk is at the moment. */
export interface DiskHealth {
  /** What an fsync takes. */
  readonly fsyncMs: number;
  readonly isFull: boolean;
  /** Writes and fsyncs fail, and what a failed fsync should have kept is lost. */
  readonly isFailing: boolean;
}

export interface Disk {
  /** The files as one process sees them; of an earlier process nothing comes back. */
  readonly open: (reply: (call: () => void) => void) => Files;
  /** The process died; `tornRate` of its last write got through, if that was not fsynced. */
  readonly loseProcess: (tornRate: number) => void;
  readonly losePower: (random: Random) => void;
  /** Everything is gone. */
  readonly wipe: () => void;
  /** Changes one byte of the file; false when there is none. */
  readonly damage: (path: string, at: number) => boolean;
  /** What a file would hold if the power failed now and nothing else got through. */
  readonly durableContent: (path: string) => Uint8Array | null;
  /** What a file holds, for checkers of the journal. */
  readonly content: (path: string) => Uint8Array | null;
}

export interface DiskScene {
  readonly time: TrueTime;
  readonly health: () => DiskHealth;
  /** Promises of the process have been settled: their continuations must run before time goes on. */
  readonly onSettled: () => void;
}

interface Inode {
  bytes: Uint8Array;
  length: number;
  syncedLength: number;
  /** Where the last write began. */
  lastWriteAt: number;
  /** An fsync failed: what it should have kept never reaches the disk, whatever a later one says. */
  isBroken: boolean;
}

type Names = Map<string, Inode>;

const failure = (code: string): Error => Object.assign(new Error(code), { code });

export function createDisk(scene: DiskScene): Disk {
  let seen: Names = new Map();
  let durable: Names = new Map();
  /** Changes of names since the folder was last fsynced, oldest first. */
  let unsynced: ((names: Names) => void)[] = [];
  const change = (apply: (names: Names) => void): void => {
    apply(seen);
    unsynced.push(apply);
  };
  const settleWith = (names: Names): void => {
    seen = names;
    durable = new Map(names);
    unsynced = [];
  };
  const fail = (code: string): Promise<never> => {
    scene.onSettled();
    return Promise.reject(failure(code));
  };
  const done = <T>(value: T): Promise<T> => {
    scene.onSettled();
    return Promise.resolve(value);
  };
  /** Takes as long as the disk needs, which goes on working while its process is stopped. */
  const flush = (
    reply: (call: () => void) => void,
    keep: () => void,
    lose?: () => void,
  ): Promise<void> =>
    new Promise((resolve, reject) => {
      const { isFailing, fsyncMs } = scene.health();
      scene.time.after(fsyncMs, () => {
        if (isFailing) lose?.();
        else keep();
        reply(() => {
          scene.onSettled();
          if (isFailing) reject(failure('EIO'));
          else resolve();
        });
      });
    });
  const handle = (inode: Inode, reply: (call: () => void) => void): WritableFile => ({
    append: (bytes) => {
      const { isFull, isFailing } = scene.health();
      if (isFailing) return fail('EIO');
      write(inode, isFull ? bytes.subarray(0, bytes.length >> 1) : bytes);
      return isFull ? fail('ENOSPC') : done(undefined);
    },
    sync: () => {
      const upTo = inode.length;
      const keep = (): void => {
        if (!inode.isBroken) inode.syncedLength = Math.max(inode.syncedLength, upTo);
      };
      return flush(reply, keep, () => {
        inode.isBroken = true;
      });
    },
    close: () => done(undefined),
  });
  const open = (reply: (call: () => void) => void): Files => ({
    exists: (path) => done(seen.has(path)),
    makeDirectory: () => done(undefined),
    read: (path) => done(contentOf(seen.get(path))),
    create: (path) => {
      if (scene.health().isFailing) return fail('EIO');
      const inode: Inode = {
        bytes: new Uint8Array(1024),
        length: 0,
        syncedLength: 0,
        lastWriteAt: 0,
        isBroken: false,
      };
      change((names) => names.set(path, inode));
      return done(handle(inode, reply));
    },
    rename: (from, to) => {
      const inode = seen.get(from);
      if (inode === undefined) return fail('ENOENT');
      if (scene.health().isFailing) return fail('EIO');
      change((names) => {
        names.delete(from);
        names.set(to, inode);
      });
      return done(undefined);
    },
    remove: (path) => {
      change((names) => names.delete(path));
      return done(undefined);
    },
    syncDirectory: () => {
      const [names, count] = [new Map(seen), unsynced.length];
      return flush(reply, () => {
        durable = names;
        unsynced = unsynced.slice(count);
      });
    },
  });
  return {
    open,
    loseProcess: (tornRate) => {
      for (const inode of seen.values()) {
        const from = Math.max(inode.syncedLength, inode.lastWriteAt);
        inode.length = from + Math.floor((inode.length - from) * tornRate);
      }
    },
    losePower: (random) => {
      const names = new Map(durable);
      const kept = Math.floor(random.next() * (unsynced.length + 1));
      for (const apply of unsynced.slice(0, kept)) apply(names);
      settleWith(new Map([...names].map(([path, inode]) => [path, torn(inode, random)])));
    },
    wipe: () => {
      settleWith(new Map());
    },
    damage: (path, at) => {
      const inode = seen.get(path);
      if (inode === undefined || inode.length === 0) return false;
      const index = at % inode.length;
      inode.bytes[index] = (inode.bytes[index] ?? 0) ^ 0x01;
      return true;
    },
    durableContent: (path) => {
      const inode = durable.get(path);
      return inode === undefined ? null : inode.bytes.subarray(0, inode.syncedLength);
    },
    content: (path) => contentOf(seen.get(path)),
  };
}

const contentOf = (inode: Inode | undefined): Uint8Array | null =>
  inode === undefined ? null : inode.bytes.slice(0, inode.length);

function write(inode: Inode, bytes: Uint8Array): void {
  const length = inode.length + bytes.length;
  if (length > inode.bytes.length) {
    const grown = new Uint8Array(Math.max(length, 2 * inode.bytes.length));
    grown.set(inode.bytes.subarray(0, inode.length));
    inode.bytes = grown;
  }
  inode.bytes.set(bytes, inode.length);
  inode.lastWriteAt = inode.length;
  inode.length = length;
}

const SECTOR_BYTES = 512;

/** What was not fsynced: a part of it from the start, perhaps with a sector of zeros. */
function torn({ bytes, length, syncedLength }: Inode, random: Random): Inode {
  const keptLength = syncedLength + Math.floor(random.next() * (length - syncedLength + 1));
  const kept = bytes.slice(0, keptLength);
  if (random.next() < 0.5) {
    const sector = Math.floor(random.next() * (keptLength / SECTOR_BYTES + 1)) * SECTOR_BYTES;
    kept.fill(0, Math.max(syncedLength, sector), sector + SECTOR_BYTES);
  }
  const whole = { length: keptLength, syncedLength: keptLength, lastWriteAt: keptLength };
  return { bytes: kept, ...whole, isBroken: false };
}
