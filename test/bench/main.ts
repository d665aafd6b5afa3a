// The program behind `npm run bench`: measures this build, and Debian's booth beside it.
import { commandsPart } from './parts/commands.ts';
import { daemonStartPart } from './parts/daemon-start.ts';
import { failoverPart } from './parts/failover.ts';
import { journalPart } from './parts/journal.ts';
import { loadPart } from './parts/load.ts';
import { wirePart } from './parts/wire.ts';
import { readOptions, usage } from './options.ts';
import { runPart, type Part, type PartResult } from './part.ts';
import { probeMain, probeWord } from './probe.ts';
import { jsonReport, loadAverage, surroundings, textReport } from './report.ts';

/** The loud ones last, so that they do not warm the machine up for the quiet ones. */
const parts: readonly Part[] = [
  commandsPart,
  wirePart,
  journalPart,
  daemonStartPart,
  failoverPart,
  loadPart,
];
const partNames = parts.map(({ name }) => name);

const EXIT_INTERRUPTED = 130;

async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === probeWord) return probeMain(argv[1] ?? '');
  const options = readOptions(argv, partNames);
  if (options === 'help') return write(process.stdout, usage(partNames), 0);
  if ('wrong' in options) {
    return write(process.stderr, `error: ${options.wrong}\n\n${usage(partNames)}`, 1);
  }
  const loadAtStart = loadAverage();
  const stop = interruption();
  const results: PartResult[] = [];
  for (const part of parts) {
    if (options.only !== null && !options.only.includes(part.name)) continue;
    if (stop.isAsked()) return EXIT_INTERRUPTED;
    if (process.stderr.isTTY) process.stderr.write(`measuring: ${part.name}\n`);
    results.push(await runPart(part, options.isQuick, stop.asked));
  }
  if (stop.isAsked()) return EXIT_INTERRUPTED;
  const render = options.outputFormat === 'json' ? jsonReport : textReport;
  const code = results.some(({ failure }) => failure !== null) ? 1 : 0;
  return write(process.stdout, render(surroundings(loadAtStart), results), code);
}

/** The first Ctrl-C or request to end; later ones change nothing, we are at it. */
function interruption(): { readonly asked: Promise<void>; readonly isAsked: () => boolean } {
  let isAsked = false;
  const asked = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        isAsked = true;
        resolve();
      });
    }
  });
  return { asked, isAsked: () => isAsked };
}

const write = (stream: NodeJS.WriteStream, text: string, exit: number): Promise<number> =>
  new Promise((resolve) => {
    stream.write(text, () => resolve(exit));
  });

// A reader that has gone (`npm run bench | head`) must not keep anything from being taken down.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
void main(process.argv.slice(2)).then((code) => process.exit(code));
