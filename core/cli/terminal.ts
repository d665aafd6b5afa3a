/**
 * The streams a program writes to: data on stdout, everything a person reads on stderr. Programs
 * get one from outside, so that a test can read what they said.
 */
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

/** The terminal of this process. */
export const processTerminal = (): Terminal => ({
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  isWatched: process.stderr.isTTY,
  isOutWatched: process.stdout.isTTY,
});

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
  // A reader that has gone (`booth list | head -1`) is no failure of ours.
  process.stdout.on('error', () => undefined);
  const terminal = processTerminal();
  try {
    process.exitCode = await program(process.argv.slice(2), terminal);
  } catch (thrown) {
    tell(terminal, 'error', thrown instanceof Error ? thrown.message : String(thrown));
    process.exitCode = 1;
  }
}
