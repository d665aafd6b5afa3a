// The program behind `npm run sim`: seeds in numbers, one seed in full, or how fast it is.
import { randomInt } from 'node:crypto';
import { violationLine } from '../checkers/checker.ts';
import { runPlan } from '../run-seed.ts';
import { createCrew, isCrewMember, serveCrew } from './crew.ts';
import { explain, planOf, planText } from './explain.ts';
import { readOptions, usage, type SimulatorOptions } from './options.ts';
import { measureSpeed } from './speed.ts';
import { addReport, emptySummary, progressText, summaryJson, summaryText } from './summary.ts';

/** Broken seeds that are shrunk and told; more are only named. */
const EXPLAINED_MAX = 3;
const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;
const SEED_SPACE = 2 ** 32;

async function main(argv: readonly string[]): Promise<number> {
  const options = readOptions(argv, () => randomInt(SEED_SPACE));
  if (options === 'help') return print(usage, 0);
  if ('wrong' in options) {
    process.stderr.write(`error: ${options.wrong}\n\n${usage}`);
    return EXIT_USAGE;
  }
  switch (options.mode) {
    case 'seed':
      return runOne(options);
    case 'seeds':
    case 'nightly':
      return runMany(options);
    case 'speed': {
      const hours = Math.round(await measureSpeed());
      if (options.outputFormat === 'json')
        return print(`${JSON.stringify({ hoursPerMinutePerCore: hours })}\n`, 0);
      return print(`${String(hours)} simulated hours per minute and processor\n`, 0);
    }
  }
}

async function runOne(options: Extract<SimulatorOptions, { mode: 'seed' }>): Promise<number> {
  const { seed, only, isTraced, outputFormat } = options;
  const plan = planOf(seed, only);
  const isText = outputFormat === 'text';
  if (isText) process.stdout.write(planText(plan));
  const lines: string[] = [];
  const onLine = (line: string): void => {
    lines.push(line);
  };
  const { violations, counts, simulatedMs } = await runPlan(plan, isTraced ? { onLine } : {});
  const code = violations.length > 0 ? 1 : 0;
  if (!isText) {
    const trace = isTraced ? { trace: lines } : {};
    return print(`${JSON.stringify({ plan, violations, counts, simulatedMs, ...trace })}\n`, code);
  }
  const told = isTraced ? lines : violations.map(violationLine);
  const end = code === 0 ? `no promise was broken in ${String(simulatedMs / 1000)} s` : '';
  return print(`${[...told, end].join('\n')}\n`, code);
}

async function runMany(
  options: Extract<SimulatorOptions, { mode: 'seeds' | 'nightly' }>,
): Promise<number> {
  const { from, jobs, mode, outputFormat } = options;
  const count = mode === 'seeds' ? options.count : null;
  const isTold = outputFormat === 'text';
  if (isTold) process.stdout.write(`from seed ${String(from)}, ${String(jobs)} at a time\n`);
  const stop = interruption();
  const summary = emptySummary(from);
  const startedAtMs = performance.now();
  let given = 0;
  const next = (): number | null => {
    if (stop.isAsked() || given === count) return null;
    given += 1;
    return from + given - 1;
  };
  const isLive = process.stderr.isTTY;
  await createCrew(process.argv[1] ?? '', jobs).run(next, (report) => {
    addReport(summary, report);
    summary.wallMs = performance.now() - startedAtMs;
    if (isLive) process.stderr.write(`\r\x1b[K${progressText(summary, count)}`);
    const [first] = report.violations;
    if (first !== undefined)
      process.stderr.write(`\nseed ${String(report.seed)}: ${violationLine(first).trim()}\n`);
  });
  if (isLive) process.stderr.write('\r\x1b[K');
  process.stdout.write(isTold ? summaryText(summary) : summaryJson(summary));
  const broken = summary.broken.map(({ seed }) => seed).sort((a, b) => a - b);
  for (const seed of broken.slice(0, EXPLAINED_MAX)) {
    const { text } = await explain(seed);
    (isTold ? process.stdout : process.stderr).write(text);
  }
  if (broken.length > 0) return 1;
  return stop.isAsked() && mode === 'seeds' ? EXIT_INTERRUPTED : 0;
}

/** The first Ctrl-C or request to end: seeds under way are finished. A second one ends at once. */
function interruption(): { readonly isAsked: () => boolean } {
  let isAsked = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (isAsked) process.exit(EXIT_INTERRUPTED);
      isAsked = true;
    });
  }
  return { isAsked: () => isAsked };
}

const print = (text: string, code: number): Promise<number> =>
  new Promise((resolve) => {
    process.stdout.write(text, () => {
      resolve(code);
    });
  });

if (isCrewMember) serveCrew();
else {
  // A reader that has gone (`npm run sim | head`) ends nothing.
  for (const out of [process.stdout, process.stderr]) out.on('error', () => undefined);
  void main(process.argv.slice(2)).then((code) => process.exit(code));
}
