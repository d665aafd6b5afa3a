/** One line → one statement `key = value` (the line grammar of booth-conf section 2). */
import { excerpt } from './excerpt.ts';
import type { Line } from './line.ts';
import type { Place, Report } from './report.ts';

export interface Statement {
  readonly key: string;
  readonly value: string;
  readonly keyAt: Place;
  /** Carries a hint when an unquoted value seems to end in a comment. */
  readonly valueAt: Place;
}

/** Longest key and value in bytes. */
export interface WordLimits {
  readonly keyBytesMax: number;
  readonly valueBytesMax: number;
}

const BLANKS = ' \t\n\v\f\r';

interface Word {
  readonly text: string;
  /** Position in the line, from 0. */
  readonly at: number;
  /** Position of a `#` that looks like a comment in an unquoted value; null when there is none. */
  readonly hashAt: number | null;
}

/** The statement of a line; null for a blank line, a comment, or after reporting an error. */
export function readStatement(line: Line, limits: WordLimits, report: Report): Statement | null {
  const place = (at: number): Place => ({ line: line.number, column: line.offset + at + 1 });
  const start = skipBlanks(line.text, 0);
  if (start === line.text.length || line.text[start] === '#') return null;
  const key = /^[A-Za-z0-9_-]+/.exec(line.text.slice(start))?.[0];
  if (key === undefined) {
    const message = `expected a key, found ${excerpt(readable(line.text.slice(start)))}: write key = value, or # before a comment`;
    report.error('config-no-key', message, place(start));
    return null;
  }
  const equals = skipBlanks(line.text, start + key.length);
  if (line.text[equals] !== '=') {
    const found =
      equals === line.text.length
        ? 'the end of the line'
        : excerpt(readable(line.text.slice(equals)));
    const message = `expected = after ${excerpt(key)}, found ${found}: write key = value`;
    report.error('config-no-equals', message, place(equals));
    return null;
  }
  const word = readValue(line.text, equals + 1, (code, message, at) => {
    report.error(code, `${key}: ${message}`, place(at));
  });
  if (word === null || !fits({ key, word, place: place(start) }, limits, report)) return null;
  const value = decode(word.text);
  if (value === null) {
    report.error('config-not-utf8', `${key}: value is not UTF-8 text`, place(word.at));
    return null;
  }
  const hint = word.hashAt === null ? {} : { hint: hashHint(key) };
  return { key, value, keyAt: place(start), valueAt: { ...place(word.at), ...hint } };
}

/** What to write instead of a comment after an unquoted value. */
const hashHint = (key: string): string =>
  `a # after an unquoted value belongs to the value: write ${key} = "value" # comment`;

type Refuse = (
  code: 'config-no-value' | 'config-unterminated-quote' | 'config-surplus-text',
  message: string,
  at: number,
) => void;

function readValue(text: string, from: number, refuse: Refuse): Word | null {
  const at = skipBlanks(text, from);
  const quote = text[at];
  if (quote === undefined) {
    refuse('config-no-value', 'no value after =, write "" for an empty one', at);
    return null;
  }
  if (quote !== '"' && quote !== "'") {
    const bare = text.slice(at, endOfText(text));
    const hash = bare.search(/[ \t\n\v\f\r]#/);
    return { text: bare, at, hashAt: hash === -1 ? null : at + hash + 1 };
  }
  const end = text.indexOf(quote, at + 1);
  if (end === -1) {
    refuse('config-unterminated-quote', `closing ${quote} is missing on this line`, at);
    return null;
  }
  const rest = skipBlanks(text, end + 1);
  if (rest < text.length && text[rest] !== '#') {
    const message = `unexpected ${excerpt(readable(text.slice(rest)))} after the quoted value, only a # comment may follow`;
    refuse('config-surplus-text', message, rest);
    return null;
  }
  return { text: text.slice(at + 1, end), at: at + 1, hashAt: null };
}

function fits(
  found: { readonly key: string; readonly word: Word; readonly place: Place },
  limits: WordLimits,
  report: Report,
): boolean {
  const tooLong =
    found.key.length > limits.keyBytesMax
      ? `key ${excerpt(found.key)} has ${String(found.key.length)} bytes, at most ${String(limits.keyBytesMax)} are allowed`
      : found.word.text.length > limits.valueBytesMax
        ? `${found.key}: value has ${String(found.word.text.length)} bytes, at most ${String(limits.valueBytesMax)} are allowed`
        : null;
  if (tooLong === null) return true;
  const hint = found.word.hashAt === null ? {} : { hint: hashHint(found.key) };
  report.error('config-too-long', tooLong, { ...found.place, ...hint });
  return false;
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && BLANKS.includes(text.charAt(at))) at += 1;
  return at;
}

/** Where the blanks at the end of a line begin. */
function endOfText(text: string): number {
  let end = text.length;
  while (end > 0 && BLANKS.includes(text.charAt(end - 1))) end -= 1;
  return end;
}

/** Characters that stand for bytes → the text they encode; null when they are not UTF-8. */
function decode(byteText: string): string | null {
  const text = readable(byteText);
  return byteLength(text) === byteText.length && encodesTo(text, byteText) ? text : null;
}

const encodesTo = (text: string, byteText: string): boolean =>
  new TextEncoder().encode(text).every((byte, index) => byte === byteText.charCodeAt(index));

/** The text some bytes encode, for messages; what is not UTF-8 becomes U+FFFD. */
function readable(byteText: string): string {
  const bytes = Uint8Array.from(byteText, (character) => character.charCodeAt(0));
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

/** The number of bytes of a text in the file. */
export const byteLength = (text: string): number => new TextEncoder().encode(text).length;
