/** Spans of booth.conf: seconds, or milliseconds with `ms` (booth-conf section 4). */
import { err, ok, type Result } from '../base/result.ts';
import { excerpt } from './excerpt.ts';
import type { ConfigCode } from './problem-codes.ts';
import { SPAN_MS_MAX } from './keywords.ts';

/** Why a value is refused; the key and the place are added by the caller. */
export interface Refusal {
  readonly code: ConfigCode;
  readonly message: string;
}

/** Milliseconds of a span of at least `minMs` (0 or 1). */
export function parseSpan(text: string, minMs: number): Result<number, Refusal> {
  const match = /^[ \t\n\v\f\r]*([+-]?)([0-9]+)(ms)?$/.exec(text);
  if (match === null) {
    const suggestion = suggestSpan(text);
    const instead = suggestion === null ? '' : `, write ${suggestion}`;
    return err({
      code: 'config-duration-invalid',
      message: `expected seconds as in 30, or milliseconds as in 1500ms, found ${excerpt(text)}${instead}`,
    });
  }
  const size = Number(match[2]) * (match[3] === undefined ? 1000 : 1);
  const ms = match[1] === '-' && size > 0 ? -size : size;
  if (ms >= minMs && ms <= SPAN_MS_MAX) return ok(ms);
  const range = minMs === 0 ? 'from 0 to 2147483 seconds' : 'above 0 and at most 2147483 seconds';
  return err({
    code: 'config-duration-range',
    message: `must be ${range}, found ${excerpt(text)}`,
  });
}

/** The shortest spelling booth reads back: `30`, or `1500ms`. */
export const printSpan = (ms: number): string =>
  ms % 1000 === 0 ? String(ms / 1000) : `${String(ms)}ms`;

/** For people: `30s`, `1500ms`. */
export const formatSpan = (ms: number): string =>
  ms % 1000 === 0 ? `${String(ms / 1000)}s` : `${String(ms)}ms`;

const unitMs = new Map([
  ['ms', 1],
  ['', 1000],
  ['s', 1000],
  ['sec', 1000],
  ['m', 60_000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

/** What a span in a unit booth does not know would be in booth's spelling. */
function suggestSpan(text: string): string | null {
  const match = /^\s*([0-9]{1,7}(?:\.[0-9]{1,3})?)\s*([a-z]{0,3})\s*$/i.exec(text);
  const factor = unitMs.get((match?.[2] ?? '?').toLowerCase());
  if (match === null || factor === undefined) return null;
  const ms = Math.round(Number(match[1]) * factor);
  return ms > 0 && ms <= SPAN_MS_MAX ? printSpan(ms) : null;
}
