/** The simulator's program for tests: bundled from the sources as they are, or with a mutant's edits. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { allMutants } from '../mutants/all.ts';
import { buildMutant } from '../mutants/build-mutant.ts';
import type { Edit } from '../mutants/mutant.ts';

export const root = join(import.meta.dirname, '../../..');

export interface BuiltProgram {
  readonly run: (args: readonly string[]) => RunningProgram;
  readonly remove: () => Promise<void>;
}

export interface RunningProgram {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  /** What it has written so far. */
  readonly out: () => string;
  readonly err: () => string;
  /** Its exit code; null: a signal ended it. */
  readonly ended: Promise<number | null>;
}

/** `mutant`: the rule that is broken in it; null: none. */
export async function buildProgram(mutant: string | null): Promise<BuiltProgram> {
  const folder = await mkdtemp(join(tmpdir(), 'geobooth-sim-'));
  const outfile = join(folder, 'sim.cjs');
  const entry = 'test/simulation/program/main.ts';
  await buildMutant({ edits: editsOf(mutant) }, { root, outfile, entry });
  return {
    run: (args) => runProgram(outfile, args),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

function editsOf(name: string | null): readonly Edit[] {
  if (name === null) return [];
  const mutant = allMutants.find((one) => one.name === name);
  if (mutant === undefined) throw new Error(`there is no mutant ${name}`);
  return mutant.edits;
}

function runProgram(path: string, args: readonly string[]): RunningProgram {
  const program = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const written = { out: '', err: '' };
  program.stdout.setEncoding('utf8').on('data', (text: string) => {
    written.out += text;
  });
  program.stderr.setEncoding('utf8').on('data', (text: string) => {
    written.err += text;
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    program.on('error', reject);
    program.on('close', resolve);
  });
  return { process: program, out: () => written.out, err: () => written.err, ended };
}
