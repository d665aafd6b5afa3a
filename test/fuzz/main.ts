// The program behind `npm run fuzz`.
import { randomInt } from 'node:crypto';
import { tryOnce } from './fuzz.ts';
import { guardedRun, isWorker, serveOrder } from './guarded-run.ts';
import { readOptions, usage, type FuzzOptions } from './options.ts';
import { outcomeJson, outcomeText } from './report.ts';
import { targetNamed, targets } from './targets/all.ts';

const EXIT_USAGE = 2;
const EXIT_INTERRUPTED = 130;
const SEED_SPACE = 2 ** 32;

async function main(argv: readonly string[]): Promise<number> {
  const options = readOptions(argv, targets, () => randomInt(SEED_SPACE));
  if (options === 'help') return print(usage(targets), 0);
  if ('wrong' in options) {
    process.stderr.write(`error: ${options.wrong}\n\n${usage(targets)}`);
    return EXIT_USAGE;
  }
  return options.mode === 'replay' ? replay(options) : fuzzAll(options);
}

async function fuzzAll(options: Extract<FuzzOptions, { mode: 'fuzz' }>): Promise<number> {
  const { seed, seconds, outputFormat } = options;
  const isText = outputFormat === 'text';
  if (isText) process.stdout.write(`seed ${String(seed)}\n`);
  const isAsked = interruption();
  const endsAtMs = performance.now() + seconds * 1000;
  const outcomes = [];
  for (const [index, target] of options.targets.entries()) {
    if (isAsked()) break;
    // What one target did not use is shared by those that follow.
    const spanMs = (endsAtMs - performance.now()) / (options.targets.length - index);
    const outcome = await guardedRun({ target, seed, spanMs, isAsked });
    outcomes.push(outcome);
    if (isText) process.stdout.write(`${outcomeText(outcome)}\n`);
  }
  if (!isText) {
    process.stdout.write(`${JSON.stringify({ seed, targets: outcomes.map(outcomeJson) })}\n`);
  }
  if (outcomes.some(({ failure }) => failure !== null)) return 1;
  return isAsked() ? EXIT_INTERRUPTED : 0;
}

async function replay(options: Extract<FuzzOptions, { mode: 'replay' }>): Promise<number> {
  const target = targetNamed(options.targets[0] ?? '');
  if (target === null) return EXIT_USAGE;
  const { word, tookMs, failed } = await tryOnce(target, options.input);
  await target.close?.();
  if (options.outputFormat === 'json') {
    return print(`${JSON.stringify({ word, tookMs, failed })}\n`, failed === null ? 0 : 1);
  }
  if (failed !== null) return print(`FAILED (${failed.kind}): ${failed.message}\n`, 1);
  return print(`held: ${word ?? ''}, ${tookMs.toFixed(1)} ms\n`, 0);
}

/** The first Ctrl-C or request to end: the input under way is finished. A second one ends at once. */
function interruption(): () => boolean {
  let isAsked = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (isAsked) process.exit(EXIT_INTERRUPTED);
      isAsked = true;
    });
  }
  return () => isAsked;
}

const print = (text: string, code: number): Promise<number> =>
  new Promise((resolve) => {
    process.stdout.write(text, () => {
      resolve(code);
    });
  });

if (isWorker) void serveOrder();
else {
  // A reader that has gone (`npm run fuzz | head`) ends nothing.
  for (const out of [process.stdout, process.stderr]) out.on('error', () => undefined);
  void main(process.argv.slice(2)).then((code) => process.exit(code));
}
