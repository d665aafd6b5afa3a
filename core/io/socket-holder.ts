/**
 * Who holds a port: read from /proc, for messages only. Best effort and bounded; without root only
 * processes of the same user are seen.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface SocketHolder {
  readonly pid: number;
  /** The start of its command line, printable, at most 80 characters. */
  readonly command: string;
}

const MAX_PROCESSES = 20_000;
const TCP_LISTEN = '0A';

/** The first process found with a bound UDP, or listening TCP, socket on the port; null: unknown. */
export function findSocketHolder(protocol: 'udp' | 'tcp', port: number): SocketHolder | null {
  const inodes = new Set([protocol, `${protocol}6`].flatMap((table) => socketInodes(table, port)));
  if (inodes.size === 0) return null;
  const pids = list('/proc').filter((name) => /^[0-9]+$/.test(name));
  for (const pid of pids.slice(0, MAX_PROCESSES)) {
    if (holdsSocket(pid, inodes)) return { pid: Number(pid), command: commandOf(pid) };
  }
  return null;
}

function socketInodes(table: string, port: number): string[] {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  return read(`/proc/net/${table}`)
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      const isOnPort = (fields[1] ?? '').endsWith(`:${hexPort}`);
      const isOpen = table.startsWith('udp') || fields[3] === TCP_LISTEN;
      const inode = fields[9];
      return isOnPort && isOpen && inode !== undefined ? [inode] : [];
    });
}

const holdsSocket = (pid: string, inodes: ReadonlySet<string>): boolean =>
  list(`/proc/${pid}/fd`).some((fd) => {
    const target = link(`/proc/${pid}/fd/${fd}`);
    return target.startsWith('socket:[') && inodes.has(target.slice(8, -1));
  });

const commandOf = (pid: string): string =>
  read(`/proc/${pid}/cmdline`)
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 80);

/** Processes come and go while we look; what cannot be read holds nothing. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
