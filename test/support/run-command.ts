// Runs a program to its end within a time limit, with an argument list and never through a shell.
import { spawn } from 'node:child_process';
import { killTree } from './process-tree.ts';

/** What a program that came to its end left behind. `code` is null when a signal ended it. */
export interface CommandOutcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly elapsedMs: number;
}

/** `env` is added to the environment of the test; `input` is written to standard input, which is then closed. */
export interface CommandOptions {
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly cwd?: string;
}

const outputLimitBytes = 4 << 20;

/** Collects a stream up to a limit; more than that is dropped, a test never needs it. */
const collect = (stream: NodeJS.ReadableStream): (() => string) => {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  stream.on('data', (chunk: Buffer) => {
    if (sizeBytes < outputLimitBytes) chunks.push(chunk);
    sizeBytes += chunk.length;
  });
  return () => Buffer.concat(chunks).toString('utf8');
};

/**
 * Runs `program` and returns its outcome, whatever the exit code. Rejects only when it cannot be started, or
 * is still running after `timeoutMs` (default 10 s): then it and its descendants are killed first.
 */
export const runCommand = (
  program: string,
  args: readonly string[],
  { timeoutMs = 10_000, env = {}, input = '', cwd }: CommandOptions = {},
): Promise<CommandOutcome> =>
  new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const child = spawn(program, args, {
      stdio: 'pipe',
      env: { ...process.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    const commandLine = [program, ...args].join(' ');
    let isTimedOut = false;
    const timer = setTimeout(() => {
      isTimedOut = true;
      if (child.pid !== undefined) killTree(child.pid);
      child.stdout.destroy();
      child.stderr.destroy();
    }, timeoutMs);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(new Error(`cannot run ${commandLine}: ${error.message}`));
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (isTimedOut) {
        const seen = `stdout: ${stdout()}\nstderr: ${stderr()}`;
        reject(new Error(`still running after ${String(timeoutMs)} ms: ${commandLine}\n${seen}`));
        return;
      }
      const elapsedMs = performance.now() - startedAt;
      resolve({ code, signal, stdout: stdout(), stderr: stderr(), elapsedMs });
    });
    // A program that ends without reading its input closes the pipe early; that is its right.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });

/** As runCommand, but anything else than exit code 0 rejects with what the program said. */
export const runOrThrow = async (
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandOutcome> => {
  const outcome = await runCommand(program, args, options);
  if (outcome.code !== 0) {
    const ending = outcome.signal ?? `exit code ${String(outcome.code)}`;
    const commandLine = [program, ...args].join(' ');
    throw new Error(`${commandLine}: ${ending}\n${outcome.stdout}${outcome.stderr}`);
  }
  return outcome;
};
