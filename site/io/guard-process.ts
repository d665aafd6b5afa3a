/** The guard as a process: how it is started, found and ended. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { errnoText } from '../../core/io/errno.ts';
import { GUARD_TITLE, guardLogPath, guardSocketPath, guardTitle } from './guard-protocol.ts';
import type { AgentFolders } from './ocf-agent.ts';

/** A guard that may still be on its way. */
export interface StartedGuard {
  /** On the monotonic clock. */
  readonly sinceMs: number;
  readonly hasEnded: boolean;
  end(): void;
}

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
): StartedGuard {
  const started = { sinceMs: performance.now(), hasEnded: false, end: (): void => undefined };
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
    started.end = () => child.kill('SIGKILL');
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

/**
 * At once; one that has ended by itself is no error. A pid may be that of a stranger by now, or count
 * in another container: only a guard of this state directory is ended.
 */
export function endGuard(pid: number, stateDir: string): void {
  try {
    if (pid > 1 && isGuardOf(stateDir, String(pid))) process.kill(pid, 'SIGKILL');
  } catch {
    // ESRCH: it is gone.
  }
}

/**
 * Guards of this state directory that hold its socket, by pid; none where /proc does not tell. One
 * that has hung does not say who it is. The kernel's table alone proves nothing: names of sockets are
 * anybody's choice, line feeds in them included.
 */
export function guardsServing(stateDir: string): readonly number[] {
  const sockets = new Set(inodesOf(guardSocketPath(stateDir)).map((inode) => `socket:[${inode}]`));
  if (sockets.size === 0) return [];
  return namesIn('/proc')
    .filter((name) => /^[0-9]+$/.test(name) && isGuardOf(stateDir, name))
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

/** Guards of earlier releases do not say whose they are. */
function isGuardOf(stateDir: string, pid: string): boolean {
  const title = textOf(`/proc/${pid}/cmdline`).replace(/\0+$/, '');
  return title === guardTitle(stateDir) || title === GUARD_TITLE;
}

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
