/** What the simulator is asked to do. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';

export type SimulatorOptions = Output &
  (
    | {
        readonly mode: 'seeds';
        readonly from: number;
        readonly count: number;
        readonly jobs: number;
      }
    | { readonly mode: 'nightly'; readonly from: number; readonly jobs: number }
    | {
        readonly mode: 'seed';
        readonly seed: number;
        readonly isTraced: boolean;
        /** Places of the plan's items to keep; null: all. */
        readonly only: readonly number[] | null;
      }
    | { readonly mode: 'speed' }
  );

interface Output {
  readonly outputFormat: 'text' | 'json';
}

export const usage = `\
Usage:
  npm run sim -- --seeds COUNT [--from SEED] [--jobs N]
  npm run sim -- --nightly [--from SEED] [--jobs N]
  npm run sim -- --seed SEED [--trace] [--only ITEM,...]
  npm run sim -- --speed

Runs the members of a drawn ring, the shipped code, over a virtual network,
virtual disks, clusters and clocks. Each seed stands for one hour with its own
mix of faults; every promise is checked all the time. A seed replays exactly.

Options:
  --seeds COUNT    that many seeds, one simulated hour each
  --nightly        seeds until told to stop (Ctrl-C), from a random one
  --from SEED      the first seed; default 0
  --jobs N         how many at the same time; default: one a processor
  --seed SEED      one seed, its plan printed first
  --trace          with every event: true time, member, ticket, state and term,
                   what happened and why
  --only ITEM,...  only these items of the plan, as a failure names them
  --speed          simulated hours per minute, on a calm ring of three
  --output-format text|json
  -h, --help       this help

Exit codes:
  0  no promise was broken
  1  one was: the seed, the fewest faults that break it, and the end of its trace
     are shown
  2  the arguments are wrong
  130  ended by Ctrl-C (not with --nightly)

Examples:
  npm run sim -- --seeds 2000
  npm run sim -- --seed 17 --trace
`;

const FORMATS = ['text', 'json'] as const;

/** Reads the arguments; text: what is wrong with them. */
export function readOptions(
  argv: readonly string[],
  randomSeed: () => number,
): SimulatorOptions | 'help' | { readonly wrong: string } {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        seeds: { type: 'string' },
        nightly: { type: 'boolean', default: false },
        from: { type: 'string' },
        jobs: { type: 'string' },
        seed: { type: 'string' },
        trace: { type: 'boolean', default: false },
        only: { type: 'string' },
        speed: { type: 'boolean', default: false },
        'output-format': { type: 'string', default: 'text' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return 'help';
    const outputFormat = FORMATS.find((format) => format === values['output-format']);
    if (outputFormat === undefined) return { wrong: '--output-format must be text or json' };
    const jobs = whole('jobs', values.jobs ?? String(availableParallelism()), 1);
    if (values.speed) return { mode: 'speed', outputFormat };
    if (values.seed !== undefined) {
      const only = values.only?.split(',').map((item) => whole('only', item, 0)) ?? null;
      const seed = whole('seed', values.seed, 0);
      return { mode: 'seed', seed, isTraced: values.trace, only, outputFormat };
    }
    const from = values.from === undefined ? null : whole('from', values.from, 0);
    if (values.nightly) return { mode: 'nightly', from: from ?? randomSeed(), jobs, outputFormat };
    if (values.seeds === undefined)
      return { wrong: 'say what to run: --seeds COUNT, --nightly, --seed SEED or --speed' };
    const count = whole('seeds', values.seeds, 1);
    return { mode: 'seeds', from: from ?? 0, count, jobs, outputFormat };
  } catch (thrown) {
    return { wrong: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

function whole(name: string, text: string, least: number): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= least && text.trim() !== '') return number;
  throw new Error(`--${name} must be a whole number from ${String(least)} on, got "${text}"`);
}
