/**
 * The lock file of a daemon (booth-protocol 5.3): one daemon per file, and one line in it that
 * `booth status` prints. The lock is flock(2) on the open file, so it ends with the process
 * however that ends; process ids play no part in it and may be reused. Node cannot call flock, but
 * the lock belongs to the open file description, which a child inherits: util-linux `flock` locks
 * the descriptor it is given and exits, and the lock stays with us.
 *
 * Differs from booth: booth takes a POSIX record lock, which neither sees nor stops this one. Beside
 * a booth daemon with the same lock file it is the port in use that stops the second. Somebody who
 * deletes the file of a running daemon lets a second one lock a new file; again the port stops it.
 */
import { spawn } from 'node:child_process';
import { constants, ftruncateSync, writeSync } from 'node:fs';
import { open, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { problem, type Problem } from '../base/problem.ts';
import { err, ok, type Result } from '../base/result.ts';
import { errnoCode, errnoText } from './errno.ts';
import { makeFolder } from './folder.ts';

/** What the daemon says about itself in the lock file; `booth_…` words of `booth status`. */
export interface LockContent {
  readonly state: 'starting' | 'started';
  readonly type: 'site' | 'arbitrator';
  readonly configName: string;
  readonly memberId: number;
  readonly address: string;
  readonly port: number;
}

/** A lock of this process. */
export interface HeldLock {
  readonly path: string;
  /** Rewrites the line, with the id of this process in it. */
  readonly write: (content: LockContent) => Result<null, Problem>;
  /** Removes the file and ends the lock. */
  readonly release: () => Promise<void>;
}

/** What a look at a lock file found. */
export type LockState =
  | { readonly state: 'free' }
  | {
      readonly state: 'held';
      /** Of the daemon, as it wrote it; null while it has not written yet. */
      readonly pid: number | null;
      /** The line, without its newline; empty while it has not been written yet. */
      readonly line: string;
    };

/** A look at the lock by `booth status` holds it for some milliseconds; a daemon holds it longer. */
const PATIENCE_MS = 1000;
const RETRY_MS = 50;
const MAX_LINE_BYTES = 1024;

/** Takes the lock; the error says who holds it, or why the file cannot be used. */
export async function takeLock(path: string): Promise<Result<HeldLock, Problem>> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  try {
    await makeFolder(dirname(path), 0o755);
    for (;;) {
      const file = await open(
        path,
        constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW,
        0o644,
      );
      const outcome = await lockOrClose(file, path);
      if (outcome === 'locked') return ok(heldLock(file, path));
      if (outcome !== 'busy' && outcome !== 'replaced') return err(outcome);
      if (performance.now() > deadlineMs) return err(await heldProblem(path));
      await sleep(RETRY_MS);
    }
  } catch (thrown) {
    return err(unusable(path, thrown));
  }
}

/** Who holds the lock now. Looking takes a shared lock for some milliseconds. */
export async function inspectLock(path: string): Promise<Result<LockState, Problem>> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDONLY);
  } catch (thrown) {
    return errnoCode(thrown) === 'ENOENT' ? ok({ state: 'free' }) : err(unusable(path, thrown));
  }
  try {
    const outcome = await flock(file.fd, 'shared');
    if (outcome === 'locked') return ok({ state: 'free' });
    return outcome === 'busy' ? ok(readHeld(await readLine(file))) : err(outcome);
  } catch (thrown) {
    return err(unusable(path, thrown));
  } finally {
    await file.close();
  }
}

/** A folder locked by this process. */
export interface HeldFolder {
  readonly release: () => Promise<void>;
}

/** Locks a folder that exists, without a trace in it; null: another process holds it. */
export async function lockFolder(path: string): Promise<Result<HeldFolder | null, Problem>> {
  const deadlineMs = performance.now() + PATIENCE_MS;
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  for (;;) {
    const outcome = await flock(folder.fd, 'exclusive');
    if (outcome === 'locked') return ok({ release: () => folder.close() });
    if (outcome !== 'busy' || performance.now() > deadlineMs) {
      await folder.close();
      return outcome === 'busy' ? ok(null) : err(outcome);
    }
    await sleep(RETRY_MS);
  }
}

type LockOutcome = 'locked' | 'busy' | Problem;

async function lockOrClose(file: FileHandle, path: string): Promise<LockOutcome | 'replaced'> {
  let outcome: LockOutcome | 'replaced' = 'busy';
  try {
    outcome = await flock(file.fd, 'exclusive');
    // The holder before us removes the file when it ends: a lock on a nameless file locks nobody.
    if (outcome === 'locked' && !(await isStillAt(file, path))) outcome = 'replaced';
    return outcome;
  } finally {
    if (outcome !== 'locked') await file.close();
  }
}

async function isStillAt(file: FileHandle, path: string): Promise<boolean> {
  const mine = await file.stat();
  const named = await stat(path).catch(() => null);
  return named !== null && named.ino === mine.ino && named.dev === mine.dev;
}

/** Locks an open file for as long as this process keeps it open. Children do not inherit it. */
function flock(fd: number, kind: 'shared' | 'exclusive'): Promise<LockOutcome> {
  const args = ['-n', kind === 'shared' ? '-s' : '-x', '3'];
  return new Promise((resolve) => {
    const child = spawn('flock', args, { stdio: ['ignore', 'ignore', 'ignore', fd] });
    child.once('error', (thrown) => {
      resolve(
        problem(
          'flock-missing',
          `cannot run flock, which locks files for the daemon: ${errnoText(thrown)}; install util-linux`,
        ),
      );
    });
    child.once('exit', (code, signal) => {
      if (code === 0) resolve('locked');
      else if (code === 1) resolve('busy');
      else {
        const ending = signal ?? `exit code ${code ?? 'unknown'}`;
        resolve(
          problem(
            'lock-failed',
            `flock failed (${ending}); the file system must support locks, or choose another folder`,
          ),
        );
      }
    });
  });
}

function heldLock(file: FileHandle, path: string): HeldLock {
  let isReleased = false;
  return {
    path,
    write: (content) => {
      if (isReleased) return err(problem('lock-released', `the lock ${path} was released`));
      try {
        // In place, because the lock is on this file; a reader takes the first line only.
        const bytes = Buffer.from(`${lockLine(process.pid, content)}\n`);
        writeSync(file.fd, bytes, 0, bytes.length, 0);
        ftruncateSync(file.fd, bytes.length);
        return ok(null);
      } catch (thrown) {
        return err(unusable(path, thrown));
      }
    },
    release: async () => {
      if (isReleased) return;
      isReleased = true;
      if (await isStillAt(file, path)) await rm(path, { force: true });
      await file.close();
    },
  };
}

/** The content of the lock file; scripts `eval` it (commands.md 5). */
export const lockLine = (pid: number, content: LockContent): string =>
  [
    `booth_pid=${pid}`,
    `booth_state=${content.state}`,
    `booth_type=${content.type}`,
    `booth_cfg_name=${shellQuoted(content.configName)}`,
    `booth_id=${content.memberId}`,
    `booth_addr_string=${shellQuoted(content.address)}`,
    `booth_port=${content.port}`,
  ].join(' ');

/** One word of a line that a shell evaluates, whatever is in it. */
export const shellQuoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

async function readLine(file: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_LINE_BYTES), 0, MAX_LINE_BYTES, 0);
  return buffer.toString('utf8', 0, bytesRead).split('\n')[0] ?? '';
}

function readHeld(line: string): LockState {
  const pid = Number(/^booth_pid=([1-9][0-9]{0,9})\b/.exec(line)?.[1] ?? 0);
  return { state: 'held', pid: pid === 0 ? null : pid, line };
}

async function heldProblem(path: string): Promise<Problem> {
  const seen = await inspectLock(path);
  const pid = seen.ok && seen.value.state === 'held' ? seen.value.pid : null;
  return problem(
    'lock-held',
    `another daemon holds the lock file ${path}${pid === null ? '' : ` (pid ${pid})`}; stop it ` +
      'first, or give this one another lock file with -l',
  );
}

const unusable = (path: string, thrown: unknown): Problem =>
  problem(
    'lock-unusable',
    `cannot use the lock file ${path}: ${errnoText(thrown)}; its folder must be writable for this ` +
      'user, or choose another file with -l',
  );
