/**
 * Going into the background as booth does (pacemaker-tickets 5.3): the parent starts the same
 * program again, detached, and returns when that one is ready or says why it cannot be. Between
 * them is a pipe, descriptor 3 of the child, named by a variable of its environment.
 *
 * The child's arguments are those of the parent, so that Pacemaker's agent finds the word `boothd`
 * and the configuration as given in the process table.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { problem, type Problem } from '../base/problem.ts';
import { err, ok, type Result } from '../base/result.ts';
import { errnoText } from './errno.ts';

export interface DaemonizeOptions {
  /** The program and its arguments, as after `node` in the process table. */
  readonly command: readonly string[];
  /** First word of the process table's line: `boothd`. */
  readonly name: string;
  readonly environment: NodeJS.ProcessEnv;
  /** For the child's standard output and error: /dev/null, or a descriptor such as a log file's. */
  readonly output: 'ignore' | number;
  /** How long the child may take; default 30 s. */
  readonly readyMs?: number;
}

const READY_MS = 30_000;
const MAX_REPORT_BYTES = 16 << 10;
const REPORT_FD = 3;
const MARK = 'GEOBOOTH_READY_FD';
const READY = 'ready\n';

/** Resolves with the child's process id when it is ready; otherwise it has been ended. */
export async function startInBackground(
  options: DaemonizeOptions,
): Promise<Result<number, Problem>> {
  const child = spawn(process.execPath, [...process.execArgv, ...options.command], {
    argv0: options.name,
    detached: true,
    stdio: ['ignore', options.output, options.output, 'pipe'],
    env: { ...options.environment, [MARK]: String(REPORT_FD) },
  });
  const outcome = await awaitReport(child, options.readyMs ?? READY_MS);
  child.removeAllListeners();
  child.unref();
  return outcome;
}

function awaitReport(child: ChildProcess, readyMs: number): Promise<Result<number, Problem>> {
  const pipe = child.stdio[REPORT_FD] as Readable;
  return new Promise((resolve) => {
    let report = '';
    const settle = (outcome: Result<number, Problem>): void => {
      clearTimeout(timer);
      pipe.destroy();
      resolve(outcome);
    };
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      const reason = `the daemon was not ready in ${readyMs / 1000} s and was ended`;
      settle(err(problem('daemon-not-ready', `${reason}; run it with -S to see why`)));
    }, readyMs);
    pipe.on('data', (chunk: Buffer) => {
      report = (report + chunk.toString('utf8')).slice(0, MAX_REPORT_BYTES);
      if (report === READY && child.pid !== undefined) settle(ok(child.pid));
    });
    pipe.on('error', () => undefined);
    child.once('error', (thrown) => {
      settle(err(problem('daemon-not-started', `cannot start the daemon: ${errnoText(thrown)}`)));
    });
    // After its end and the end of the pipe: the reason, if it gave one, is complete then.
    child.once('close', (code, signal) => {
      settle(err(problem('daemon-failed', report.trimEnd() || describeEnd(code, signal))));
    });
  });
}

const describeEnd = (code: number | null, signal: NodeJS.Signals | null): string =>
  `the daemon ended before it was ready (${signal ?? `exit code ${code ?? 'unknown'}`}); ` +
  'run it with -S to see why';

/** The child's side of the pipe. Each call but the first does nothing. */
export interface ReadyReport {
  /** The parent returns success. */
  readonly ready: () => void;
  /** The parent prints this, and fails when the child has ended, which it must do next. */
  readonly failed: (text: string) => void;
}

/**
 * null: this process was not started by `startInBackground`. Takes the mark out of the environment,
 * so that no child of the daemon takes itself for one.
 */
export function takeReadyReport(environment: NodeJS.ProcessEnv): ReadyReport | null {
  const mark = environment[MARK];
  delete environment[MARK];
  if (mark !== String(REPORT_FD)) return null;
  let isOpen = true;
  const send = (text: string): void => {
    if (!isOpen) return;
    isOpen = false;
    try {
      writeSync(REPORT_FD, text);
      closeSync(REPORT_FD);
    } catch {
      // The parent has given up: nobody is left to be told.
    }
  };
  return { ready: () => send(READY), failed: (text) => send(`${text}\n`) };
}
