/** How `geo` says what is wrong: pcs's prefix, one line each, on stderr. */
import { renderProblem, type Problem } from '../../base/problem.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';

/** Prints them and gives the code to exit with. */
export function tellErrors(terminal: Terminal, problems: readonly Problem[]): ExitCode {
  for (const found of problems) terminal.err(`${pcsStyle(found)}\n`);
  return exitCode.failure;
}

/** `Error: …` or `Warning: …`; what is wrong in a file keeps its place in front of the text. */
function pcsStyle(found: Problem): string {
  const prefix = found.severity === 'error' ? 'Error' : 'Warning';
  return `${prefix}: ${renderProblem(found).replace(`${found.severity}: `, '')}`;
}
