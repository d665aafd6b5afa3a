// The program behind `npm run sim`: seeds in numbers, one plan in full, or how fast it is.
import { randomInt } from 'node:crypto';
import { violationLine } from '../checkers/checker.ts';
import { runPlan } from '../run-seed.ts';
import { scenarioNamed } from '../scenarios/all.ts';
import { planWith } from '../shrink.ts';
import { traceHead } from '../trace.ts';
import { brokenRule } from './broken-rules.ts';
import { isCrewMember, serveCrew } from './crew.ts';
import { planText } from './explain.ts';
import { runMany } from './many.ts';
import { readOptions, usage, type SimulatorOptions } from './options.ts';
import { profileText } from './profile.ts';
import { measureSpeed } from './speed.ts';
import { storyOfScenario, storyOfSeed } from './story.ts';

const EXIT_USAGE = 2;
const SEED_SPACE = 2 ** 32;

async function main(argv: readonly string[]): Promise<number> {
  const options = readOptions(argv, () => randomInt(SEED_SPACE));
  if (options === 'help') return print(usage, 0);
  if ('wrong' in options) {
    process.stderr.write(`error: ${options.wrong}\n\n${usage}`);
    return EXIT_USAGE;
  }
  switch (options.mode) {
    case 'one':
      return runOne(options);
    case 'seeds':
    case 'nightly':
      return runMany(options);
    case 'speed':
      return runSpeed(options.outputFormat);
  }
}

async function runSpeed(outputFormat: SimulatorOptions['outputFormat']): Promise<number> {
  const { hoursPerMinute, profile } = await measureSpeed();
  const hours = Math.round(hoursPerMinute);
  if (outputFormat === 'json')
    return print(`${JSON.stringify({ hoursPerMinutePerCore: hours, profile })}\n`, 0);
  const told = `${String(hours)} simulated hours per minute and processor`;
  return print(`${told}; where the time goes:\n${profileText(profile)}`, 0);
}

async function runOne(options: Extract<SimulatorOptions, { mode: 'one' }>): Promise<number> {
  const { what, only, isTraced, outputFormat } = options;
  const story = typeof what === 'number' ? storyOfSeed(what) : storyOfScenario(scenarioNamed(what));
  const plan = only === null ? story.plan : planWith(story.plan, only);
  const isText = outputFormat === 'text';
  if (isText) process.stdout.write(planText(story, only));
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
  const told = isTraced ? [traceHead, ...lines] : violations.map(violationLine);
  const [first] = violations;
  const end =
    first === undefined
      ? `no promise was broken in ${String(simulatedMs / 1000)} s`
      : `broken: ${brokenRule(first.checker)}`;
  return print(`${[...told, '', end].join('\n')}\n`, code);
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
