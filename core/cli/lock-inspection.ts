/**
 * Who holds a daemon's lock file, without touching the lock: from the kernel's own table. Works for
 * C daemons (POSIX record locks) and for every other kind of file lock.
 */
import { readFileSync, statSync, type Stats } from 'node:fs';

export type LockInspection =
  | { readonly kind: 'missing' }
  | { readonly kind: 'free' }
  | { readonly kind: 'unreadable'; readonly reason: string }
  | {
      readonly kind: 'held';
      /** As this process's namespace counts. */
      readonly pid: number;
      /** What the daemon wrote into the file; bounded. */
      readonly content: string;
    };

/** booth's content has some 150 characters. */
const MAX_CONTENT_BYTES = 4096;

/** Looks at the file and at /proc/locks; never waits and never takes the lock. */
export function inspectLockFile(path: string, table = '/proc/locks'): LockInspection {
  try {
    const stats = statSync(path);
    if (!stats.isFile() || stats.size > MAX_CONTENT_BYTES) {
      return { kind: 'unreadable', reason: 'is no lock file of a booth daemon' };
    }
    const pid = findHolder(stats, readFileSync(table, 'utf8'));
    return pid === null
      ? { kind: 'free' }
      : { kind: 'held', pid, content: readFileSync(path, 'utf8') };
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') {
      return { kind: 'missing' };
    }
    return { kind: 'unreadable', reason: thrown instanceof Error ? thrown.message : 'unreadable' };
  }
}

/**
 * A line is `1: POSIX ADVISORY WRITE PID MAJOR:MINOR:INODE START END`, device numbers in
 * hexadecimal. Some file systems show another device there than in the file's status, so the inode
 * of an exclusive lock decides where no line has both.
 */
function findHolder(stats: Stats, table: string): number | null {
  const held = table.split('\n').flatMap((line) => {
    const found = /^\d+: \w+ +\w+ +WRITE (-?\d+) ([0-9a-f]+:[0-9a-f]+):(\d+) /.exec(line.trim());
    const [, pid = '', device = '', inode = ''] = found ?? [];
    return Number(inode) === stats.ino && found !== null ? [{ pid: Number(pid), device }] : [];
  });
  const exact = held.find(({ device }) => device === deviceText(stats.dev));
  return (exact ?? held[0])?.pid ?? null;
}

/** `MAJOR:MINOR` as the table prints it (makedev of glibc, taken apart). */
function deviceText(device: number): string {
  const wide = BigInt(device);
  const major = ((wide >> 8n) & 0xfffn) | ((wide >> 32n) & 0xfffff000n);
  const minor = (wide & 0xffn) | ((wide >> 12n) & 0xffffff00n);
  const hex = (number: bigint): string => number.toString(16).padStart(2, '0');
  return `${hex(major)}:${hex(minor)}`;
}
