// A program that goes on running while a test does other things: its output, its end, and its certain death.
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { isStopped, killTree, signalProcess } from './process-tree.ts';
import { waitUntil, type WaitOptions } from './wait-until.ts';

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running program. `output` is standard output and standard error in order of arrival, bounded to the newest 4 MiB. */
export interface BackgroundProcess {
  readonly pid: number;
  readonly ended: Promise<ProcessEnd>;
  output(): string;
  end(): ProcessEnd | undefined;
  signal(signal: NodeJS.Signals): boolean;
  waitForOutput(pattern: RegExp, options?: WaitOptions): Promise<RegExpExecArray>;
  /** Asks with SIGTERM, kills the whole tree after `graceMs`, and resolves when it has ended. */
  stop(graceMs?: number): Promise<ProcessEnd>;
  /** Kills the whole tree at once. */
  kill(): Promise<ProcessEnd>;
}

/** `resolvePid`: pid to signal when the program is a wrapper that forks the real one. */
export interface BackgroundOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly resolvePid?: (wrapperPid: number) => Promise<number>;
}

const outputLimitChars = 4 << 20;

const describeEnd = ({ code, signal }: ProcessEnd): string =>
  signal === null ? `exit code ${String(code)}` : signal;

/** Starts a program and resolves when it has a pid; rejects when it cannot be started. */
export const startProcess = async (
  program: string,
  args: readonly string[],
  { env = {}, cwd, resolvePid }: BackgroundOptions = {},
): Promise<BackgroundProcess> => {
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  let text = '';
  const append = (chunk: Buffer): void => {
    text = (text + chunk.toString('utf8')).slice(-outputLimitChars);
  };
  child.stdout.on('data', append);
  child.stderr.on('data', append);
  let seenEnd: ProcessEnd | undefined;
  const ended = new Promise<ProcessEnd>((resolve) => {
    child.on('exit', (code, signal) => {
      seenEnd = { code, signal };
      resolve(seenEnd);
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.on('spawn', () => {
      resolve();
    });
    child.on('error', (error) => {
      reject(new Error(`cannot start ${program}: ${error.message}`));
    });
  });
  const wrapperPid = child.pid ?? 0;
  const pid = resolvePid === undefined ? wrapperPid : await resolvePid(wrapperPid);

  const kill = (): Promise<ProcessEnd> => {
    if (seenEnd === undefined) killTree(wrapperPid);
    return ended;
  };
  return {
    pid,
    ended,
    output: () => text,
    end: () => seenEnd,
    signal: (signal) => {
      const isSent = seenEnd === undefined && signalProcess(pid, signal);
      // A wrapper such as nsenter stops with its child, and then neither sees nor tells the child's end.
      const mustGoOn = isSent && pid !== wrapperPid && signal !== 'SIGSTOP';
      if (mustGoOn && isStopped(wrapperPid)) signalProcess(wrapperPid, 'SIGCONT');
      return isSent;
    },
    waitForOutput: async (pattern, options) =>
      waitUntil(
        `${program} to print ${String(pattern)}`,
        () => {
          const match = pattern.exec(text);
          if (match !== null) return match;
          const state = seenEnd === undefined ? 'running' : `ended: ${describeEnd(seenEnd)}`;
          throw new Error(`${state}, printed:\n${text.slice(-2000)}`);
        },
        options,
      ),
    stop: async (graceMs = 5_000) => {
      if (seenEnd === undefined) signalProcess(pid, 'SIGTERM');
      const controller = new AbortController();
      const timeout = sleep(graceMs, undefined, { signal: controller.signal }).catch(
        () => undefined,
      );
      const first = await Promise.race([ended, timeout]);
      controller.abort();
      return first ?? kill();
    },
    kill,
  };
};
