/**
 * Runs one program of a resource agent: own process group, no shell, bounded time and output, no
 * zombie. What the agent leaves running on success (the service itself) is not touched, neither
 * here nor when this program dies.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { signalGroup } from '../../core/io/process-group.ts';
import type { OperationOutcome } from '../../core/transition/operation.ts';

export interface AgentProgram {
  /** Absolute path. */
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment; nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** What the program may have between TERM and KILL. */
  readonly graceMs: number;
}

export interface RunningAgent {
  /** Null when it could not be started. */
  readonly pid: number | null;
  /** Ends the agent's process group; `done` is still called, with status `cancelled`. */
  cancel(): void;
}

/** How much of the end of each output stream is kept. */
const OUTPUT_LIMIT_BYTES = 4096;
/** How long output may still arrive after the exit: a service that holds the pipe never closes it. */
const OUTPUT_GRACE_MS = 50;
const EXIT_REASON_LIMIT_CHARS = 400;

/** OCF codes for what never became an answer of the agent (commands 9.1). */
const ERR_GENERIC = 1;
const ERR_PERM = 4;
const ERR_INSTALLED = 5;

/** Starts the program; `done` is called once, later, whatever happens. */
export function runAgentProgram(
  program: AgentProgram,
  done: (result: OperationOutcome) => void,
): RunningAgent {
  const startedAt = process.hrtime.bigint();
  const execMs = (): number => Number((process.hrtime.bigint() - startedAt) / 1_000_000n);
  const spawned = spawnWithSaneUmask(program);
  if (!(spawned instanceof Error) && spawned.pid !== undefined) {
    return follow({ child: spawned, pid: spawned.pid, program, execMs }, done);
  }
  if (spawned instanceof Error) setImmediate(() => done(notStarted(program, spawned, execMs())));
  else spawned.once('error', (error) => done(notStarted(program, error, execMs())));
  return { pid: null, cancel: () => undefined };
}

interface Followed {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly program: AgentProgram;
  readonly execMs: () => number;
}

function follow(
  { child, pid, program, execMs }: Followed,
  done: (result: OperationOutcome) => void,
): RunningAgent {
  const stdout = keepTail(child.stdout);
  const stderr = keepTail(child.stderr);
  let cause: 'timeout' | 'cancelled' | null = null;
  let killTimer: NodeJS.Timeout | null = null;
  const end = (why: 'timeout' | 'cancelled'): void => {
    if (cause !== null || child.exitCode !== null || child.signalCode !== null) return;
    cause = why;
    signalGroup(pid, 'SIGTERM');
    killTimer = setTimeout(() => signalGroup(pid, 'SIGKILL'), program.graceMs);
  };
  const timeoutTimer = setTimeout(() => end('timeout'), program.timeoutMs);
  child.on('error', () => undefined);
  child.once('exit', (code, signal) => {
    clearTimeout(timeoutTimer);
    if (killTimer !== null) clearTimeout(killTimer);
    if (cause !== null) signalGroup(pid, 'SIGKILL');
    const tookMs = execMs();
    onceClosed(child, () => {
      const output = `${stdout()}${stderr()}`.trim();
      const exitReason = exitReasonIn(stderr());
      const ending = { cause, code, signal, timeoutMs: program.timeoutMs };
      done({ ...judged(ending, exitReason), output, execMs: tookMs });
    });
  });
  return { pid, cancel: () => end('cancelled') };
}

function judged(
  ending: {
    readonly cause: 'timeout' | 'cancelled' | null;
    readonly code: number | null;
    readonly signal: NodeJS.Signals | null;
    readonly timeoutMs: number;
  },
  exitReason: string,
): Pick<OperationOutcome, 'status' | 'returnCode' | 'exitReason'> {
  const { cause, code, signal } = ending;
  if (cause === 'timeout') {
    const late = `did not finish within ${ending.timeoutMs} ms`;
    return { status: 'timeout', returnCode: ERR_GENERIC, exitReason: exitReason || late };
  }
  if (cause === 'cancelled') return { status: 'cancelled', returnCode: ERR_GENERIC, exitReason };
  if (code !== null) return { status: 'done', returnCode: code, exitReason };
  return { status: 'error', returnCode: ERR_GENERIC, exitReason: `ended by ${String(signal)}` };
}

/** Agents expect files they make to be readable, whatever umask the daemon keeps for its own. */
function spawnWithSaneUmask(program: AgentProgram): ChildProcess | Error {
  const umask = process.umask(0o022);
  try {
    return spawn(program.file, program.args, {
      cwd: '/',
      detached: true,
      env: program.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (thrown) {
    return thrown instanceof Error ? thrown : new Error(String(thrown));
  } finally {
    process.umask(umask);
  }
}

function notStarted(program: AgentProgram, error: Error, execMs: number): OperationOutcome {
  const code = 'code' in error ? String(error.code) : error.message;
  return {
    status: 'error',
    returnCode: code === 'ENOENT' ? ERR_INSTALLED : code === 'EACCES' ? ERR_PERM : ERR_GENERIC,
    exitReason: `cannot start ${program.file}: ${code}`,
    output: '',
    execMs,
  };
}

function keepTail(stream: NodeJS.ReadableStream | null): () => string {
  let tail = Buffer.alloc(0);
  stream?.on('data', (chunk: Buffer) => {
    tail = Buffer.concat([tail, chunk]).subarray(-OUTPUT_LIMIT_BYTES);
  });
  stream?.on('error', () => undefined);
  return () => tail.toString('utf8');
}

/** Calls back when both streams have ended, or a little later when something still holds them. */
function onceClosed(child: ChildProcess, call: () => void): void {
  const timer = setTimeout(() => {
    child.stdout?.destroy();
    child.stderr?.destroy();
  }, OUTPUT_GRACE_MS);
  child.once('close', () => {
    clearTimeout(timer);
    call();
  });
}

/** The last line that follows the prefix agents are told to use. */
function exitReasonIn(text: string): string {
  const lines = text.split('\n').filter((line) => line.startsWith('ocf-exit-reason:'));
  return (lines.at(-1) ?? '')
    .slice('ocf-exit-reason:'.length)
    .trim()
    .slice(0, EXIT_REASON_LIMIT_CHARS);
}
