/** How clients show what they got: data exactly as it came, or as JSON. */
import type { Problem } from '../base/problem.ts';
import type { Result } from '../base/result.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
import { tellProblems, type Terminal } from './terminal.ts';

/** One JSON document, readable by people too. */
export const printJson = (terminal: Terminal, document: unknown): void => {
  terminal.out(`${JSON.stringify(document, null, 2)}\n`);
};

/** A text answer parsed and printed as JSON; what cannot be parsed is a failure. */
export function printParsed<T>(
  terminal: Terminal,
  parsed: Result<T, Problem>,
  documentOf: (value: T) => unknown,
): ExitCode {
  if (!parsed.ok) {
    tellProblems(terminal, [parsed.error]);
    return exitCode.failure;
  }
  printJson(terminal, documentOf(parsed.value));
  return exitCode.success;
}

/**
 * Text of an answer as a person may safely see it: the HMAC does not cover it, so control
 * characters in it are not ours to send to a terminal. Through a pipe it stays byte for byte.
 */
export const printAnswerText = (terminal: Terminal, text: string): void => {
  const shown = printable(text);
  // Asking whether somebody watches takes longer than looking through the text.
  terminal.out(shown !== text && terminal.isOutWatched ? shown : text);
};

/** Control characters but newline and tab as `\xNN`. */
export const printable = (text: string): string =>
  text.replaceAll(
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
