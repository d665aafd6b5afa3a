// The program behind `npm run demo`: a ring of three real daemons on this machine, and a web page
// that follows a ticket through the death of a site and home again.
import { rm } from 'node:fs/promises';
import { followLog } from './log-lines.ts';
import { logTails, openMembers, type Members } from './members.ts';
import { openNarrator, seconds, silentNarrator, stageOf, type Narrator } from './narrator.ts';
import { readOptions, usage, type DemoOptions } from './options.ts';
import { watchPages, type PageWatch } from './page-watch.ts';
import { howToTalk, introduction } from './prose.ts';
import { pageUrl, ticket, type DemoRing } from './plan.ts';
import { prepareRing } from './ring.ts';
import { pageText } from './site-cib.ts';
import { lastStep, runStep, steps, type Scene, type Step, type StepResult } from './story.ts';

/** What was done so far, and what is open and must be taken down whatever happens. */
interface Run {
  readonly narrator: Narrator;
  readonly results: StepResult[];
  readonly measured: Record<string, number>;
  ring: DemoRing | null;
  members: Members | null;
  pages: PageWatch | null;
  news: NodeJS.Timeout | null;
  /** Everything is being taken down: what a step sees from now on is no part of the story. */
  isOver: boolean;
}

/** `interrupted`, a reason, or null when all went as told. */
type Failure = string | null;

const interrupted = 'interrupted';
const EXIT_INTERRUPTED = 130;
const NEWS_EVERY_MS = 100;
const TAIL_LINES = 12;

/** Runs the demo; resolves with its exit code. */
async function main(argv: readonly string[]): Promise<number> {
  const options = readOptions(argv);
  if (options === 'help') return write(process.stdout, usage, 0);
  if ('wrong' in options) return write(process.stderr, `error: ${options.wrong}\n\n${usage}`, 1);
  const run: Run = {
    narrator: narratorFor(options),
    results: [],
    measured: {},
    ring: null,
    members: null,
    pages: null,
    news: null,
    isOver: false,
  };
  const failure = await tellAll(options, run).catch(reasonOf);
  run.isOver = true;
  if (failure === interrupted) run.narrator.line('\nInterrupted: taking everything down.');
  const logs = await takeDown(run, failure).catch(reasonOf);
  run.narrator.close();
  return conclude(run, { options, failure, logs });
}

/** The whole story, or as much of it as nobody interrupts. */
async function tellAll(options: DemoOptions, run: Run): Promise<Failure> {
  const stopped = interruption();
  // Takes a moment only, and half of it could not be taken down.
  const scene = await setUp(run);
  const failure = await Promise.race([runSteps(steps, scene, run), stopped]);
  if (failure !== null) return failure;
  if (!options.staysUp) return Promise.race([runSteps([lastStep], scene, run), stopped]);
  await write(process.stdout, `${howToTalk(scene.ring)}\n`, 0);
  await stopped;
  return runSteps([lastStep], scene, run);
}

async function setUp(run: Run): Promise<Scene> {
  const ring = await prepareRing();
  run.ring = ring;
  run.narrator.line(introduction(ring));
  const { 'site-1': first, 'site-2': second } = ring.members;
  const members = openMembers(ring);
  const pages = watchPages({
    'site-1': { url: pageUrl(ring, first), sign: pageText(first) },
    'site-2': { url: pageUrl(ring, second), sign: pageText(second) },
  });
  run.members = members;
  run.pages = pages;
  const logs = Object.values(ring.members).map((member) =>
    followLog(member, ({ title }, message) => {
      run.narrator.news(title, message.replace(`${ticket}: `, ''));
    }),
  );
  const tellNews = (): void => {
    for (const log of logs) log.look();
  };
  run.news = setInterval(tellNews, NEWS_EVERY_MS);
  const { narrator, measured } = run;
  return { ring, members, pages, narrator, measured, tellNews, leaseEndsAt: Number.NaN };
}

/** Stops at the first step that was not seen, with its name in the reason. */
async function runSteps(plan: readonly Step[], scene: Scene, run: Run): Promise<Failure> {
  const total = steps.length + 1;
  for (const step of plan) {
    run.narrator.begin(step, `${String(run.results.length + 1)}/${String(total)}`);
    const result = await runStep(step, scene);
    if (run.isOver) return interrupted;
    run.results.push(result);
    run.narrator.end(result);
    if (!result.ok) return `step ${step.name}: ${result.detail}`;
  }
  return null;
}

/** Ends every process and removes the folder; after a failure the logs stay, and it says where. */
async function takeDown(run: Run, failure: Failure): Promise<string | null> {
  if (run.news !== null) clearInterval(run.news);
  await run.members?.end();
  await run.pages?.stop();
  if (run.ring === null) return null;
  const { folder, keyFile } = run.ring;
  const isKept = failure !== null && failure !== interrupted;
  await rm(isKept ? keyFile : folder, { recursive: true, force: true });
  return isKept ? folder : null;
}

interface Ending {
  readonly options: DemoOptions;
  readonly failure: Failure;
  readonly logs: string | null;
}

async function conclude(run: Run, { options, failure, logs }: Ending): Promise<number> {
  const isFailed = failure !== null && failure !== interrupted;
  if (isFailed) {
    const tails = run.ring === null ? '' : logTails(run.ring, TAIL_LINES);
    const kept = logs === null ? '' : `state and logs are kept in ${logs}\n`;
    await write(process.stderr, `\nerror: ${failure}\n\n${tails}\n${kept}`, 0);
  }
  const { results, measured } = run;
  if (options.outputFormat === 'json') {
    const document = { ok: failure === null, failure, steps: results, measured, logs };
    await write(process.stdout, `${JSON.stringify(document, null, 2)}\n`, 0);
  } else if (failure === null) await write(process.stdout, closing(run), 0);
  if (failure === interrupted) return EXIT_INTERRUPTED;
  return failure === null ? 0 : 1;
}

/** What was measured, for whoever watched. */
function closing({ measured }: Run): string {
  const rows = [
    ['grant, until booth grant -w says yes', measured['grantMs']],
    ['failover, from the end of the lease to the page', measured['failoverBeyondLeaseMs']],
    ['move, from the revoke to the page', measured['moveMs']],
    ['  of that without a page', measured['moveOutageMs']],
  ] as const;
  const lines = rows.map(([what, ms]) => `  ${what.padEnd(50)} ${seconds(ms ?? 0).padStart(7)}\n`);
  return `\nMeasured\n${lines.join('')}\nNothing is left running, and the folder is removed.\n`;
}

/** In JSON mode the story goes to standard error, and only if somebody watches there. */
function narratorFor({ outputFormat }: DemoOptions): Narrator {
  if (outputFormat === 'text') return openNarrator(stageOf(process.stdout));
  return process.stderr.isTTY ? openNarrator(stageOf(process.stderr)) : silentNarrator;
}

/** Resolves at the first Ctrl-C or request to end; later ones change nothing, we are at it. */
const interruption = (): Promise<typeof interrupted> =>
  new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => resolve(interrupted));
    }
  });

const write = (stream: NodeJS.WriteStream, text: string, exit: number): Promise<number> =>
  new Promise((resolve) => {
    stream.write(text, () => resolve(exit));
  });

const reasonOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);

// A reader that has gone (`npm run demo | head`) must not keep the ring from being taken down.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
void main(process.argv.slice(2)).then((code) => process.exit(code));
