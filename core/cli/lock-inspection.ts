/**
 * Whether a daemon holds its lock file. The kernel's own table shows the record locks of C daemons
 * and, outside of containers, ours too; where it shows none, the lock is tried for our kind.
 */
import { readFileSync, statSync, type Stats } from 'node:fs';
import { errnoCode, errnoText } from '../io/errno.ts';
import { inspectLock } from '../io/lock-file.ts';

/** What a look at a lock file found. */
export type LockInspection =
  | { readonly kind: 'missing' }
  | { readonly kind: 'free' }
  | { readonly kind: 'unreadable'; readonly reason: string }
  | {
      readonly kind: 'held';
      /** As this process's namespace counts; 0 while the daemon has not written its own yet. */
      readonly pid: number;
      /** What the daemon wrote into the file; bounded. */
      readonly content: string;
    };

/** booth's content has some 150 characters. */
const MAX_CONTENT_BYTES = 4096;

/** Looks without waiting; a lock of our kind is tried for some milliseconds, shared. */
export async function inspectLockFile(path: string): Promise<LockInspection> {
  const seen = inspectLockTable(path);
  if (seen.kind !== 'free') return seen;
  const tried = await inspectLock(path);
  if (!tried.ok) return { kind: 'unreadable', reason: tried.error.message };
  const { value } = tried;
  return value.state === 'free' ? seen : { kind: 'held', pid: value.pid ?? 0, content: value.line };
}

/** What the kernel's table of locks says of the file. */
export function inspectLockTable(path: string, table = '/proc/locks'): LockInspection {
  try {
    const stats = statSync(path);
    if (!stats.isFile() || stats.size > MAX_CONTENT_BYTES) {
      return { kind: 'unreadable', reason: 'is no lock file of a booth daemon' };
    }
    const holder = findHolder(stats, readFileSync(table, 'utf8'));
    if (holder === null) return { kind: 'free' };
    const content = readFileSync(path, 'utf8');
    // Our daemon's flock was taken for it by a child that has ended: its own word counts there.
    const written = /^booth_pid=([1-9][0-9]{0,9}) /.exec(content)?.[1];
    const isRecordLock = holder.type === 'POSIX' || written === undefined;
    return { kind: 'held', pid: isRecordLock ? holder.pid : Number(written), content };
  } catch (thrown) {
    if (errnoCode(thrown) === 'ENOENT') return { kind: 'missing' };
    return { kind: 'unreadable', reason: errnoText(thrown) };
  }
}

interface Holder {
  readonly type: string;
  readonly pid: number;
  readonly device: string;
}

/**
 * A line is `1: POSIX ADVISORY WRITE PID MAJOR:MINOR:INODE START END`, device numbers in
 * hexadecimal. Some file systems show another device there than in the file's status, so the inode
 * of an exclusive lock decides where no line has both.
 */
function findHolder(stats: Stats, table: string): Holder | null {
  const held = table.split('\n').flatMap((line): readonly Holder[] => {
    const found = /^\d+: (\w+) +\w+ +WRITE (-?\d+) ([0-9a-f]+:[0-9a-f]+):(\d+) /.exec(line.trim());
    const [, type = '', pid = '', device = '', inode = ''] = found ?? [];
    return Number(inode) === stats.ino && found !== null
      ? [{ type, pid: Number(pid), device }]
      : [];
  });
  return held.find(({ device }) => device === deviceText(stats.dev)) ?? held[0] ?? null;
}

/** `MAJOR:MINOR` as the table prints it (makedev of glibc, taken apart). */
function deviceText(device: number): string {
  const wide = BigInt(device);
  const major = ((wide >> 8n) & 0xfffn) | ((wide >> 32n) & 0xfffff000n);
  const minor = (wide & 0xffn) | ((wide >> 12n) & 0xffffff00n);
  const hex = (number: bigint): string => number.toString(16).padStart(2, '0');
  return `${hex(major)}:${hex(minor)}`;
}
