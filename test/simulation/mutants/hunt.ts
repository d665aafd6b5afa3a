/** Builds a mutant and hunts it in a thread of its own. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { buildMutant } from './build-mutant.ts';
import type { Catch, Hunt } from './hunt-worker.ts';
import type { Mutant } from './mutant.ts';

export interface HuntReport {
  readonly mutant: Mutant;
  readonly tookMs: number;
  /** null: it survived. `failure`: it could not be run, which is no catch. */
  readonly caught: Catch | null;
  readonly failure: string | null;
}

/** A mutant that makes a run endless is stopped, and counts as not caught. */
const LONGEST_MS = 60_000;

export interface HuntPlaces {
  /** Top of the repository. */
  readonly root: string;
  /** For bundles; each is removed behind its hunt. */
  readonly folder: string;
  readonly isTraced: boolean;
}

export async function huntMutant(mutant: Mutant, places: HuntPlaces): Promise<HuntReport> {
  const startedAtMs = performance.now();
  const outfile = join(places.folder, `${mutant.name}.cjs`);
  const report = (caught: Catch | null, failure: string | null): HuntReport => ({
    mutant,
    tookMs: performance.now() - startedAtMs,
    caught,
    failure,
  });
  try {
    await buildMutant(mutant, { root: places.root, outfile });
    const caught = await runHunt(outfile, huntOf(mutant, places));
    // A daemon that falls over is seen by anybody: that shows nothing of the rule.
    return caught?.violation.text.includes(' crashed: ') === true
      ? report(null, caught.violation.text)
      : report(caught, null);
  } catch (thrown) {
    return report(null, thrown instanceof Error ? thrown.message : String(thrown));
  } finally {
    await rm(outfile, { force: true });
  }
}

const huntOf = ({ scenarios = [], seeds, checkers }: Mutant, { isTraced }: HuntPlaces): Hunt => ({
  scenarios,
  seeds,
  checkers: checkers ?? null,
  isTraced,
});

function runHunt(program: string, hunt: Hunt): Promise<Catch | null> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(program);
    const tooLong = setTimeout(() => {
      end(() => {
        reject(new Error(`not caught within ${String(LONGEST_MS / 1000)} s`));
      });
    }, LONGEST_MS);
    const end = (settle: () => void): void => {
      clearTimeout(tooLong);
      void worker.terminate().then(settle);
    };
    worker.on('message', (caught: Catch | null) => {
      end(() => {
        resolve(caught);
      });
    });
    worker.on('error', (thrown) => {
      end(() => {
        reject(thrown instanceof Error ? thrown : new Error(String(thrown)));
      });
    });
    worker.postMessage(hunt);
  });
}
