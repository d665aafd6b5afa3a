/** Runs directed plans, then seeds in numbers, and explains what broke. */
import { violationLine, type Violation } from '../checkers/checker.ts';
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

/** The order in which they are explained. */
function brokenStories({ directed, broken }: Summary): Story[] {
  const plans = worstFirst(directed.broken).map(({ story }) => story);
  const inOrder = [...broken].sort((a, b) => a.seed - b.seed);
  const seeds = worstFirst(inOrder).map(({ seed }) => storyOfSeed(seed));
  return [
    ...plans.slice(0, EXPLAINED_DIRECTED_MAX),
    ...seeds,
    ...plans.slice(EXPLAINED_DIRECTED_MAX),
  ];
}

/** A ticket that nobody holds in the end says less of a rule than a word that was broken. */
function worstFirst<T extends { readonly violations: readonly Violation[] }>(
  found: readonly T[],
): T[] {
  const isLate = ({ violations: [first] }: T): boolean => first?.checker === 'liveness';
  return [...found.filter((one) => !isLate(one)), ...found.filter(isLate)];
}
