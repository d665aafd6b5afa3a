// The program behind `npm run sim:mutants`: hunts every mutant and tells who caught it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allMutants } from './all.ts';
import { huntMutant, type HuntReport } from './hunt.ts';
import type { Mutant } from './mutant.ts';
import { readOptions, usage, type MutantOptions } from './options.ts';
import { isCaught, reportJson, reportLine, summaryLine, traceText } from './report.ts';

const EXIT_USAGE = 2;

export async function main(root: string, argv: readonly string[]): Promise<number> {
  const options = readOptions(argv);
  if (options === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  const asked = 'wrong' in options ? options : chosen(options);
  if ('wrong' in asked || 'wrong' in options) {
    process.stderr.write(`error: ${'wrong' in asked ? asked.wrong : ''}\n\n${usage}`);
    return EXIT_USAGE;
  }
  const isText = options.outputFormat === 'text';
  const startedAtMs = performance.now();
  const reports = await huntAll(root, asked, options, (report) => {
    if (isText) process.stdout.write(`${reportLine(report)}\n${traceText(report)}`);
  });
  const wallMs = performance.now() - startedAtMs;
  process.stdout.write(isText ? summaryLine(reports, wallMs) : reportJson(reports, wallMs));
  return reports.every(isCaught) ? 0 : 1;
}

function chosen({ only }: MutantOptions): readonly Mutant[] | { readonly wrong: string } {
  if (only === null) return allMutants;
  const isMeant = ({ name, rule }: Mutant, part: string): boolean =>
    name.includes(part) || rule === part;
  const unknown = only.find((part) => !allMutants.some((mutant) => isMeant(mutant, part)));
  if (unknown !== undefined) return { wrong: `no mutant is named like "${unknown}"` };
  return allMutants.filter((mutant) => only.some((part) => isMeant(mutant, part)));
}

/** In the order given, whichever is done first. */
async function huntAll(
  root: string,
  mutants: readonly Mutant[],
  { jobs, isTraced }: MutantOptions,
  onDone: (report: HuntReport) => void,
): Promise<readonly HuntReport[]> {
  const folder = await mkdtemp(join(tmpdir(), 'geobooth-mutants-'));
  const reports: HuntReport[] = [];
  const waiting = [...mutants];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const report = await huntMutant(next, { root, folder, isTraced });
      reports.push(report);
      onDone(report);
    }
  };
  try {
    await Promise.all(Array.from({ length: jobs }, work));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return mutants.flatMap((mutant) => reports.filter((report) => report.mutant === mutant));
}
