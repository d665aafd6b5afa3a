/** What the mutant run is asked to do. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { outputFormatOf, type OutputFormat } from '../../support/output-format.ts';

export interface MutantOptions {
  /** Names of mutants; null: all. */
  readonly only: readonly string[] | null;
  readonly jobs: number;
  readonly isTraced: boolean;
  readonly outputFormat: OutputFormat;
}

export const usage = `\
Usage:
  npm run sim:mutants [-- --only NAME,...] [--trace] [--jobs N]
                          [--output-format json]

Breaks the sources on purpose, one promise at a time, and shows which checker
of the simulator sees it, in which directed plan or at which seed.

Options:
  --only NAME,...  only these mutants; a rule, or part of a name, is enough
  --trace          with the end of the trace that a checker stopped
  --jobs N         how many at the same time; default: one a processor
  --output-format text|json
  -h, --help       this help

Exit codes:
  0  every mutant was caught
  1  one survived, or does not fit the sources any more
  2  the arguments are wrong

Example:
  npm run sim:mutants -- --only vote-twice-in-a-term
`;

export function readOptions(
  argv: readonly string[],
): MutantOptions | 'help' | { readonly wrong: string } {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        only: { type: 'string' },
        trace: { type: 'boolean', default: false },
        jobs: { type: 'string' },
        'output-format': { type: 'string', default: 'text' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return 'help';
    const outputFormat = outputFormatOf(values['output-format']);
    const jobs = Number(values.jobs ?? availableParallelism());
    if (!Number.isSafeInteger(jobs) || jobs < 1)
      return { wrong: `--jobs must be a whole number from 1 on, got "${values.jobs ?? ''}"` };
    const only = values.only?.split(',') ?? null;
    return { only, jobs, isTraced: values.trace, outputFormat };
  } catch (thrown) {
    return { wrong: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}
