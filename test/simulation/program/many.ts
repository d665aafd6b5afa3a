/** Runs directed plans, then seeds in numbers, and explains what broke. */
import { violationLine } from '../checkers/checker.ts';
import { createCrew } from './crew.ts';
import { playDirected } from './directed.ts';
import { explain } from './explain.ts';
import { awaitInterruption, EXIT_INTERRUPTED } from './interruption.ts';
import { BROKEN_MAX, type SimulatorOptions } from './options.ts';
import { createProgress } from './progress.ts';
import { storyOfSeed, type Story } from './story.ts';
import { addReport, emptySummary, summaryJson, summaryText, type Summary } from './summary.ts';

/** Broken plans that are shrunk and told, directed ones first; more are only named. */
const EXPLAINED_MAX = 3;
const EXPLAINED_DIRECTED_MAX = 2;

export type ManyOptions = Extract<SimulatorOptions, { mode: 'seeds' | 'nightly' }>;

/** Resolves with the exit code. */
export async function runMany(options: ManyOptions): Promise<number> {
  const { from, jobs, mode, outputFormat } = options;
  const count = mode === 'seeds' ? options.count : null;
  const isText = outputFormat === 'text';
  if (isText) process.stdout.write(`from seed ${String(from)}, ${String(jobs)} at a time\n`);
  const stop = awaitInterruption({
    on: (signal, call) => process.on(signal, call),
    exit: (code) => process.exit(code),
  });
  const startedAtMs = performance.now();
  const summary = emptySummary(from);
  const progress = createProgress(process.stderr, count);
  summary.directed = await playDirected(stop.isAsked, ({ story, violations: [first] }) => {
    if (first !== undefined) progress.say(`${story.name}: ${violationLine(first).trim()}`);
  });
  let given = 0;
  const next = (): number | null => {
    if (stop.isAsked() || given === count || summary.broken.length >= BROKEN_MAX) return null;
    given += 1;
    return from + given - 1;
  };
  await createCrew(process.argv[1] ?? '', jobs).run(next, (report) => {
    addReport(summary, report);
    summary.wallMs = performance.now() - startedAtMs;
    const [first] = report.violations;
    if (first !== undefined)
      progress.say(`seed ${String(report.seed)}: ${violationLine(first).trim()}`);
    progress.update(summary);
  });
  progress.end();
  process.stdout.write(isText ? summaryText(summary) : summaryJson(summary));
  const broken = brokenStories(summary);
  for (const story of broken.slice(0, EXPLAINED_MAX))
    (isText ? process.stdout : process.stderr).write(await explain(story));
  if (broken.length > 0) return 1;
  return stop.isAsked() && mode === 'seeds' ? EXIT_INTERRUPTED : 0;
}

/** Those to be explained first. */
function brokenStories({ directed, broken }: Summary): Story[] {
  const plans = directed.broken.map(({ story }) => story);
  const seeds = broken.map(({ seed }) => seed).sort((a, b) => a - b);
  return [
    ...plans.slice(0, EXPLAINED_DIRECTED_MAX),
    ...seeds.map(storyOfSeed),
    ...plans.slice(EXPLAINED_DIRECTED_MAX),
  ];
}
