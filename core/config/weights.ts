/** The list of integers of `weights`, which booth reads and never uses (booth-conf section 4). */
import { err, ok, type Result } from '../base/result.ts';
import type { Refusal } from './duration.ts';
import { excerpt } from './excerpt.ts';
import { MEMBERS_MAX } from './keywords.ts';
import { isInt32, readCInteger } from './number.ts';

/**
 * At most 16 integers; what follows the sixteenth is not looked at, save its first character. A
 * sign counts only before the first number: later `-` and `+` separate.
 *
 * Differs from booth: a digit right after an octal number (`08`) is refused, booth reads 0 and 8.
 */
export function parseWeights(text: string): Result<readonly number[], Refusal> {
  const weights: number[] = [];
  let rest = text;
  while (rest !== '' && weights.length < MEMBERS_MAX) {
    const integer = readCInteger(rest);
    if (integer === null) return refuse(`expected an integer, found ${excerpt(rest)}`);
    if (!isInt32(integer.value)) return refuse(`number is too large: ${excerpt(rest)}`);
    weights.push(integer.value);
    const after = /^[ \t\n\v\f\r,;:+-]*/.exec(integer.rest)?.[0].length ?? 0;
    const next = integer.rest.slice(after);
    if (next !== '' && (after === 0 || !/^[0-9]/.test(next))) {
      return refuse(
        `expected a blank or one of , ; : - + between integers, found ${excerpt(next)}`,
      );
    }
    rest = next;
  }
  return ok(weights);
}

const refuse = (message: string): Result<never, Refusal> =>
  err({ code: 'config-weights-invalid', message });
