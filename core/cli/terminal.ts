/**
 * The streams a program writes to: data on stdout, everything a person reads on stderr. Programs
 * get one from outside, so that a test can read what they said.
 */
import { fstatSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { renderProblem, type Problem } from '../base/problem.ts';

export interface Terminal {
  /** Data, exactly as given. */
  out(text: string): void;
  /** Comments, exactly as given. */
  err(text: string): void;
  /** True when a person watches stderr: progress may be shown there. */
  readonly isWatched: boolean;
  /** True when stdout is a terminal. */
  readonly isOutWatched: boolean;
}

/** The terminal of this process. Node's streams are left alone while they can be: they load slowly. */
export const processTerminal = (): Terminal => ({
  out: writerTo(1, () => process.stdout),
  err: writerTo(2, () => process.stderr),
  get isWatched() {
    return isPerson(2);
  },
  get isOutWatched() {
    return isPerson(1);
  },
});

/** Writes at once, and through Node's stream from the first time on that this does not work. */
function writerTo(
  descriptor: 1 | 2,
  streamOf: () => NodeJS.WritableStream,
): (text: string) => void {
  let stream: NodeJS.WritableStream | null = null;
  return (text) => {
    let rest = Buffer.from(text);
    try {
      while (stream === null && rest.length > 0) rest = rest.subarray(writeSync(descriptor, rest));
    } catch {
      stream = streamOf();
      stream.on('error', noteLostOutput);
    }
    if (rest.length > 0) stream?.write(rest);
  };
}

let isOutputLost = false;

/**
 * A reader that has gone (`booth list | head -1`) is no failure of ours; a full disk is one, and
 * must not end in success.
 */
function noteLostOutput(thrown: NodeJS.ErrnoException): void {
  if (thrown.code === 'EPIPE' || isOutputLost) return;
  isOutputLost = true;
  process.exitCode = 1;
  try {
    writeSync(2, `error: the output could not be written: ${thrown.message}\n`);
  } catch {
    // Nobody can be told; the exit code says it.
  }
}

/** The cheap question first: what is no device is no terminal. */
const isPerson = (descriptor: 1 | 2): boolean => {
  try {
    return fstatSync(descriptor).isCharacterDevice() && isatty(descriptor);
  } catch {
    return false;
  }
};

/** One line for the person at the keyboard. */
export const tell = (
  terminal: Terminal,
  level: 'info' | 'warning' | 'error',
  text: string,
): void => {
  terminal.err(`${level}: ${text}\n`);
};

/** All problems at once, one line each. */
export const tellProblems = (terminal: Terminal, problems: readonly Problem[]): void => {
  for (const found of problems) terminal.err(`${renderProblem(found)}\n`);
};

/**
 * Runs a program and leaves its exit code to the process, which ends once its output is written:
 * ending it by force would cut text that goes through a pipe.
 */
export async function runProgram(
  program: (argv: readonly string[], terminal: Terminal) => Promise<number>,
): Promise<void> {
  const terminal = processTerminal();
  try {
    const code = await program(process.argv.slice(2), terminal);
    process.exitCode = isOutputLost ? 1 : code;
  } catch (thrown) {
    tell(terminal, 'error', thrown instanceof Error ? thrown.message : String(thrown));
    process.exitCode = 1;
  }
}
