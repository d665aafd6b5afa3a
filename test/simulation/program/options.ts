/** What the simulator is asked to do. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { outputFormatOf, type OutputFormat } from '../../support/output-format.ts';
import { allScenarios } from '../scenarios/all.ts';

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
        readonly mode: 'one';
        /** A seed, or the name of a directed plan. */
        readonly what: number | string;
        readonly isTraced: boolean;
        /** Places of the plan's items to keep; null: all. */
        readonly only: readonly number[] | null;
      }
    | { readonly mode: 'speed' }
  );

/** So many broken seeds are enough: a run ends early with them. */
export const BROKEN_MAX = 20;

interface Output {
  readonly outputFormat: OutputFormat;
}

export const usage = `\
Usage:
  npm run sim -- --seeds COUNT [--from SEED] [--jobs N]
  npm run sim -- --nightly [--from SEED] [--jobs N]
  npm run sim -- --seed SEED [--trace] [--only ITEM,...]
  npm run sim -- --plan NAME [--trace] [--only ITEM,...]
  npm run sim -- --speed

Runs the members of a drawn ring, the shipped code, over a virtual network,
virtual disks, clusters and clocks. Each seed stands for one hour with its own
mix of faults; every promise is checked all the time. Directed plans, the rare
stories, come before the seeds. Seeds and plans replay exactly.

Options:
  --seeds COUNT    that many seeds, one simulated hour each
  --nightly        seeds until told to stop (Ctrl-C, SIGTERM), from a random one;
                   those under way are finished, a second Ctrl-C ends at once
  --from SEED      the first seed; default 0
  --jobs N         how many at the same time; default: one a processor
  --seed SEED      one seed, its plan printed first
  --plan NAME      one directed plan
  --trace          with every event: true time, member, ticket, state and term,
                   what happened and why
  --only ITEM,...  only these items of the plan, as a failure names them
  --speed          simulated hours per minute, on a calm ring of three, and
                   which functions take the time
  --output-format text|json
  -h, --help       this help

Exit codes:
  0  no promise was broken; with --nightly, until it was told to stop
  1  some were: each seed is named as it is found and the others go on, until
     ${String(BROKEN_MAX)} are broken; in the end the first are told with the rule, the fewest
     faults that break it, its trace, and a line for seeds.txt
  2  the arguments are wrong
  130  told to stop before all of --seeds were run; or twice

Examples:
  npm run sim -- --seeds 2000
  npm run sim -- --seed 17 --trace
  npm run sim -- --plan late-acks --trace
`;

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
        plan: { type: 'string' },
        trace: { type: 'boolean', default: false },
        only: { type: 'string' },
        speed: { type: 'boolean', default: false },
        'output-format': { type: 'string', default: 'text' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return 'help';
    const outputFormat = outputFormatOf(values['output-format']);
    const jobs = whole('jobs', values.jobs ?? String(availableParallelism()), 1);
    if (values.speed) return { mode: 'speed', outputFormat };
    const { seed, plan } = values;
    if (seed !== undefined || plan !== undefined) {
      const only = values.only === undefined ? null : placesIn(values.only);
      const what = seed === undefined ? planNamed(plan) : whole('seed', seed, 0);
      return { mode: 'one', what, isTraced: values.trace, only, outputFormat };
    }
    const from = values.from === undefined ? null : whole('from', values.from, 0);
    if (values.nightly) return { mode: 'nightly', from: from ?? randomSeed(), jobs, outputFormat };
    if (values.seeds === undefined)
      return {
        wrong: 'say what to run: --seeds COUNT, --nightly, --seed SEED, --plan NAME or --speed',
      };
    const count = whole('seeds', values.seeds, 1);
    return { mode: 'seeds', from: from ?? 0, count, jobs, outputFormat };
  } catch (thrown) {
    return { wrong: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

/** Nothing between commas: none of them, for a plan that needs no fault to break. */
const placesIn = (text: string): number[] =>
  text === '' ? [] : text.split(',').map((item) => whole('only', item, 0));

function planNamed(name = ''): string {
  const names = allScenarios.map((scenario) => scenario.name);
  if (names.includes(name)) return name;
  throw new Error(`--plan must be one of ${names.join(', ')}, got "${name}"`);
}

function whole(name: string, text: string, least: number): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= least && text.trim() !== '') return number;
  throw new Error(`--${name} must be a whole number from ${String(least)} on, got "${text}"`);
}
