// What the bench is asked to do.
import { parseArgs } from 'node:util';
import { outputFormatOf, type OutputFormat } from '../support/output-format.ts';

export interface BenchOptions {
  /** Names of the parts to run; null: all. */
  readonly only: readonly string[] | null;
  /** Fewer and shorter measurements. */
  readonly isQuick: boolean;
  readonly outputFormat: OutputFormat;
}

export const usage = (partNames: readonly string[]): string => `\
Usage:
  npm run bench -- [--only NAME,...] [--quick] [--output-format text|json]

Measures this build of geobooth and, where there is one, Debian's booth beside
it in the same run. Judges nothing: a slow machine gives slow numbers.

Options:
  --only NAME,...  only these parts: ${partNames.join(', ')}
  --quick          fewer and shorter measurements, at most 90 s instead of 6 min
  --output-format text|json
                   json: one JSON object on standard output
  -h, --help       this help

Exit codes:
  0  every part was measured, or skipped for a reason that is given
  1  a part could not be measured, or the arguments are wrong
  130  ended by Ctrl-C

Example:
  npm run bench -- --only commands,wire --output-format json
`;

/** Reads the arguments; text: what is wrong with them. */
export function readOptions(
  argv: readonly string[],
  partNames: readonly string[],
): BenchOptions | 'help' | { readonly wrong: string } {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        only: { type: 'string' },
        quick: { type: 'boolean', default: false },
        'output-format': { type: 'string', default: 'text' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return 'help';
    const outputFormat = outputFormatOf(values['output-format']);
    const only = values.only?.split(',').map((name) => name.trim()) ?? null;
    const unknown = only?.find((name) => !partNames.includes(name));
    if (unknown !== undefined) {
      return { wrong: `no part "${unknown}"; there are ${partNames.join(', ')}` };
    }
    return { only, isQuick: values.quick, outputFormat };
  } catch (thrown) {
    return { wrong: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}
