/**
 * The one line of `booth status` (booth-protocol 5.3): words a shell can `eval`. From `booth_pid`
 * on it is the content of the lock file, which the daemon writes. A path that holds a quote stays
 * one word; booth leaves the quote open.
 */
import { shellQuoted } from '../../io/lock-file.ts';

/** The line, without a newline: what the lock says, then what the daemon wrote into it. */
export const renderStatusLine = (
  lock: { readonly pid: number; readonly path: string },
  content: string,
): string => `booth_lockpid=${lock.pid} booth_lockfile=${shellQuoted(lock.path)} ${content}`;

/** Bounds for a line read back: the lock file is small. */
const MAX_WORDS = 32;

/** The words of the line as a record, unquoted; null when a word is no `name=value`. */
export function parseStatusLine(line: string): Readonly<Record<string, string>> | null {
  const words: Record<string, string> = {};
  const word = /([a-z_]+)=((?:'[^']*'|\\.|[^\s'\\])*)(?:\s+|$)/y;
  for (let count = 0; word.lastIndex < line.length; count += 1) {
    const found = count < MAX_WORDS ? word.exec(line) : null;
    if (found === null) return null;
    words[found[1] ?? ''] = unquoted(found[2] ?? '');
  }
  return words;
}

const unquoted = (text: string): string => text.replaceAll(/'([^']*)'|\\(.)/g, '$1$2');
