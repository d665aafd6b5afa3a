/** Plain numbers of booth.conf, as C reads them (booth-conf section 4, "Plain numbers"). */

const INT32_MAX = 2147483647;

/**
 * Whether a number fits into 32 bits.
 *
 * Differs from booth: a number that does not fit into 32 bits is refused, not wrapped around.
 */
export const isInt32 = (value: number): boolean => value >= -INT32_MAX - 1 && value <= INT32_MAX;

/** The lenient reading of `port`, `maxtimeskew` and `debug`: leading digits count, else 0. */
export function readLeadingDigits(text: string): {
  readonly value: number;
  /** Whether the whole text is the number. */
  readonly isWhole: boolean;
} {
  const match = /^[ \t\n\v\f\r]*([+-]?[0-9]+)/.exec(text);
  if (match === null) return { value: 0, isWhole: false };
  // "-0" is the number 0 and must compare as such.
  return { value: Number(match[1]) + 0, isWhole: match[0].length === text.length };
}

/** An integer in C notation at the start of a text, and what follows it. */
export interface LeadingInteger {
  readonly value: number;
  readonly rest: string;
}

/** Decimal, `0x` hexadecimal or `0` octal, blanks and a sign before it; null when there is none. */
export function readCInteger(text: string): LeadingInteger | null {
  const match = /^[ \t\n\v\f\r]*([+-]?)(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))/.exec(text);
  if (match === null) return null;
  const [all, sign, hex, octal, decimal] = match;
  const size =
    hex !== undefined
      ? Number.parseInt(hex, 16)
      : octal !== undefined
        ? Number.parseInt(octal, 8)
        : Number(decimal);
  return { value: (sign === '-' ? -size : size) + 0, rest: text.slice(all.length) };
}
