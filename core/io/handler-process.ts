/**
 * Runs before-acquire handlers (booth-protocol 6.10): a program, or all programs of a folder one
 * after the other until one fails. No shell, own process group, bounded output, one run per ticket.
 * A handler may run as long as it likes; stopping it is the member's decision.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { err, ok, type Result } from '../base/result.ts';
import type { TicketHandler } from '../config/model.ts';
import type { HandlerExit, HandlerRun, Handlers } from '../member/ports.ts';
import { errnoText } from './errno.ts';
import { keepTail } from './output-tail.ts';
import { signalGroup } from './process-group.ts';

export interface HandlerProcesses extends Handlers {
  /** Stops every run; resolves when all have ended. */
  readonly close: () => Promise<void>;
}

export interface HandlerOptions {
  /** What every handler inherits, the run's own variables win; default: that of the daemon. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Between TERM and KILL; default 5 s. */
  readonly graceMs?: number;
}

const GRACE_MS = 5000;
/** How long output may still come after the end: what a handler left running may hold the pipe. */
const OUTPUT_GRACE_MS = 100;
const MAX_PROGRAMS = 256;
const MAX_DETAIL_CHARS = 1000;

interface Run {
  isStopped: boolean;
  /** Ends the program that runs now. */
  stopProgram: () => void;
  readonly ended: Promise<void>;
}

/** Handlers run as programs of this host, one a ticket at a time. */
export function handlerProcesses(options: HandlerOptions = {}): HandlerProcesses {
  const runs = new Map<string, Run>();
  const stop = (ticket: string): void => {
    const run = runs.get(ticket);
    if (run === undefined || run.isStopped) return;
    run.isStopped = true;
    run.stopProgram();
  };
  const start = (wanted: HandlerRun, done: (exit: HandlerExit) => void): void => {
    if (runs.has(wanted.ticket)) {
      const detail = `not started: the last handler of ticket ${wanted.ticket} has not ended`;
      setImmediate(() => done({ code: null, detail }));
      return;
    }
    let finish = (): void => undefined;
    const run: Run = {
      isStopped: false,
      stopProgram: () => undefined,
      ended: new Promise((resolve) => (finish = resolve)),
    };
    runs.set(wanted.ticket, run);
    const environment = { ...(options.environment ?? process.env), ...wanted.environment };
    const graceMs = options.graceMs ?? GRACE_MS;
    void runHandler(wanted.handler, { run, environment, graceMs }).then((exit) => {
      runs.delete(wanted.ticket);
      finish();
      done(exit);
    });
  };
  return {
    start,
    stop,
    close: async () => {
      const all = [...runs.values()].map(({ ended }) => ended);
      for (const ticket of runs.keys()) stop(ticket);
      await Promise.all(all);
    },
  };
}

interface Surroundings {
  readonly run: Run;
  readonly environment: NodeJS.ProcessEnv;
  readonly graceMs: number;
}

/** Never rejects: whatever goes wrong is an exit without a code. */
async function runHandler(handler: TicketHandler, around: Surroundings): Promise<HandlerExit> {
  const programs = await listPrograms(handler.path);
  if (!programs.ok) return programs.error;
  for (const program of programs.value) {
    if (around.run.isStopped) return { code: null, detail: `stopped before ${program} was run` };
    const exit = await runProgram(program, handler.args, around);
    if (exit.code !== 0) return exit;
  }
  return { code: 0, detail: '' };
}

async function listPrograms(path: string): Promise<Result<readonly string[], HandlerExit>> {
  const notStarted = (reason: string) =>
    err({ code: null, detail: `cannot run ${path}: ${reason}` });
  try {
    if (!(await stat(path)).isDirectory()) return ok([path]);
    const names = (await readdir(path)).filter((name) => !name.startsWith('.'));
    if (names.length > MAX_PROGRAMS) return notStarted(`more than ${MAX_PROGRAMS} programs`);
    return ok(names.sort().map((name) => join(path, name)));
  } catch (thrown) {
    return notStarted(errnoText(thrown));
  }
}

function runProgram(
  program: string,
  args: readonly string[],
  { run, environment, graceMs }: Surroundings,
): Promise<HandlerExit> {
  return new Promise((resolve) => {
    const notStarted = (thrown: unknown): void =>
      resolve({ code: null, detail: `cannot run ${program}: ${errnoText(thrown)}` });
    try {
      // Detached: a process group of its own, so that its children can be stopped with it.
      const child = spawn(program, args, {
        env: environment,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      child.once('error', notStarted);
      if (child.pid !== undefined) follow(child, child.pid, { run, graceMs, program }, resolve);
    } catch (thrown) {
      notStarted(thrown);
    }
  });
}

function follow(
  child: ChildProcess,
  pid: number,
  of: { readonly run: Run; readonly graceMs: number; readonly program: string },
  done: (exit: HandlerExit) => void,
): void {
  const output = keepTail([child.stdout, child.stderr]);
  let killTimer: NodeJS.Timeout | undefined;
  of.run.stopProgram = () => {
    signalGroup(pid, 'SIGTERM');
    killTimer = setTimeout(() => signalGroup(pid, 'SIGKILL'), of.graceMs);
  };
  child.once('exit', (code, signal) => {
    clearTimeout(killTimer);
    of.run.stopProgram = () => undefined;
    // What of the group has not gone after TERM would live on without anybody who knows of it.
    if (of.run.isStopped) signalGroup(pid, 'SIGKILL');
    const finish = (): void => {
      clearTimeout(outputTimer);
      const text = output.end();
      done({ code, detail: code === 0 ? '' : describeEnd(of.program, code ?? signal, text) });
    };
    const outputTimer = setTimeout(finish, OUTPUT_GRACE_MS);
    child.once('close', finish);
  });
}

function describeEnd(program: string, end: number | string | null, output: string): string {
  const how = typeof end === 'number' ? `exited with ${end}` : `was ended by ${end ?? '?'}`;
  const said = output.slice(-MAX_DETAIL_CHARS);
  return `${program} ${how}${said === '' ? '' : `: ${said}`}`;
}
