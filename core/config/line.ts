/**
 * Bytes of a file → the lines booth sees (booth-conf section 2). booth reads into a buffer of 1024
 * bytes, so that a longer line falls into several.
 */
import type { Report } from './report.ts';

/** What booth takes for one line. */
export interface Line {
  /** The line of the file it stands in, as an editor counts. */
  readonly number: number;
  /** Bytes of the same line of the file before this one: 0, or a multiple of 1023. */
  readonly offset: number;
  /** Without the newline; one character a byte, so that positions are bytes. */
  readonly text: string;
}

/** What fits into booth's line buffer. */
export const LINE_BYTES_MAX = 1023;
/** The largest configuration that is read. */
export const FILE_BYTES_MAX = 1024 * 1024;

const NEWLINE = 10;

/** Yields the lines; reports a line that is cut. */
export function* linesOf(bytes: Uint8Array, report: Report): Generator<Line> {
  let number = 1;
  for (let start = 0; start < bytes.length; number += 1) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline === -1 ? bytes.length : newline;
    if (end - start > LINE_BYTES_MAX) {
      const message = `line is longer than ${String(LINE_BYTES_MAX)} bytes: booth cuts it here and reads the rest as a line of its own, shorten it`;
      report.warn('config-line-too-long', message, { line: number, column: LINE_BYTES_MAX + 1 });
    }
    for (let from = start; from < end; from += LINE_BYTES_MAX) {
      const piece = bytes.subarray(from, Math.min(end, from + LINE_BYTES_MAX));
      yield { number, offset: from - start, text: String.fromCharCode(...piece) };
    }
    start = end + 1;
  }
}

/** Checks what no line can be made of; the bytes to read lines from, or null after an error. */
export function textOf(bytes: Uint8Array, report: Report): Uint8Array | null {
  if (bytes.length > FILE_BYTES_MAX) {
    const size = `${String(bytes.length)} bytes, at most ${String(FILE_BYTES_MAX)} are read`;
    report.error('config-too-large', `file is too large: ${size}`, {});
    return null;
  }
  const isUtf16 =
    (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isUtf16) {
    const message = 'file is UTF-16 text, save it as plain UTF-8 or ASCII';
    report.error('config-byte-order-mark', message, { line: 1, column: 1 });
    return null;
  }
  const nul = bytes.indexOf(0);
  if (nul !== -1) {
    const before = bytes.subarray(0, nul);
    const line = before.reduce((count, byte) => count + (byte === NEWLINE ? 1 : 0), 1);
    const place = { line, column: nul - before.lastIndexOf(NEWLINE) };
    report.error('config-binary', 'file has a NUL byte here, so it is no booth.conf', place);
    return null;
  }
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    const message = 'file starts with a byte-order mark, which booth refuses: save it without';
    report.error('config-byte-order-mark', message, { line: 1, column: 1 });
    return bytes.subarray(3);
  }
  return bytes;
}
