/** The guard as a process: how it is started, found and ended. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { errnoText } from '../../core/io/errno.ts';
import { GUARD_TITLE, guardLogPath } from './guard-protocol.ts';
import type { AgentFolders } from './ocf-agent.ts';

export interface GuardStart {
  readonly stateDir: string;
  /** Program and arguments that run `runGuard`; the state directory is added. */
  readonly command: readonly string[];
  readonly folders: Pick<AgentFolders, 'path'>;
}

/** In a session of its own: what ends the daemon and its group does not end the guard. */
export function startGuard(
  { stateDir, command, folders }: GuardStart,
  onFailure: (message: string) => void,
): { readonly hasEnded: boolean } {
  const started = { hasEnded: false };
  const fail = (thrown: unknown): void => {
    started.hasEnded = true;
    onFailure(errnoText(thrown));
  };
  const [program = '', ...args] = command;
  const output = openLog(guardLogPath(stateDir));
  try {
    const child = spawn(program, [...args, stateDir], {
      cwd: '/',
      detached: true,
      env: { PATH: folders.path },
      stdio: ['ignore', output ?? 'ignore', output ?? 'ignore'],
    });
    child.on('error', fail);
    child.on('exit', () => {
      started.hasEnded = true;
    });
    child.unref();
  } catch (thrown) {
    fail(thrown);
  } finally {
    if (output !== null) closeSync(output);
  }
  return started;
}

/** null: it cannot be opened; a guard without a log is better than none. */
function openLog(path: string): number | null {
  try {
    return openSync(path, 'a', 0o600);
  } catch {
    return null;
  }
}

/** At once; one that has ended by itself is no error. */
export function endGuard(pid: number): void {
  try {
    if (pid > 1) process.kill(pid, 'SIGKILL');
  } catch {
    // ESRCH: it is gone.
  }
}

/**
 * Guards with a socket bound to this path, by pid; none where /proc does not tell. One that has
 * hung does not say who it is, but it holds the socket.
 */
export function guardsServing(socketPath: string): readonly number[] {
  const sockets = new Set(inodesOf(socketPath).map((inode) => `socket:[${inode}]`));
  if (sockets.size === 0) return [];
  return namesIn('/proc')
    .filter((name) => /^[0-9]+$/.test(name) && isGuard(name))
    .filter((pid) => namesIn(`/proc/${pid}/fd`).some((fd) => sockets.has(targetOf(pid, fd))))
    .map(Number);
}

/** From the kernel's table of local sockets: the inode is the seventh column, the path the rest. */
function inodesOf(socketPath: string): readonly string[] {
  return textOf('/proc/net/unix')
    .split('\n')
    .flatMap((line) => {
      const [, inode = '', path] = /^(?:\S+\s+){6}([0-9]+) (.*)$/.exec(line) ?? [];
      return path === socketPath ? [inode] : [];
    });
}

const isGuard = (pid: string): boolean => textOf(`/proc/${pid}/cmdline`).startsWith(GUARD_TITLE);

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function targetOf(pid: string, fd: string): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch {
    return '';
  }
}
