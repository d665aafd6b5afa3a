/** Runs seeds in worker threads of this very program, each one seed at a time. */
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import type { Violation } from '../checkers/checker.ts';
import { runSeed } from '../run-seed.ts';

/** What comes back of a seed. */
export interface SeedReport {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly counts: Readonly<Record<string, number>>;
  readonly simulatedMs: number;
  /** Time of one processor, about. */
  readonly tookMs: number;
}

export interface Crew {
  /** Runs seeds as `next` gives them, until it gives none; resolves when all are done. */
  readonly run: (next: () => number | null, onDone: (report: SeedReport) => void) => Promise<void>;
}

export const isCrewMember = !isMainThread;

/** The life of a worker: a seed comes in, its report goes out. */
export function serveCrew(): void {
  const port = parentPort;
  if (port === null) return;
  port.on('message', (seed: number) => {
    void reportOf(seed).then((report) => {
      port.postMessage(report);
    });
  });
}

async function reportOf(seed: number): Promise<SeedReport> {
  const startedAtMs = performance.now();
  const { violations, counts, simulatedMs } = await runSeed(seed);
  return { seed, violations, counts, simulatedMs, tookMs: performance.now() - startedAtMs };
}

export const createCrew = (program: string, jobs: number): Crew => ({
  run: async (next, onDone) => {
    await Promise.all(Array.from({ length: jobs }, () => work(new Worker(program), next, onDone)));
  },
});

function work(
  worker: Worker,
  next: () => number | null,
  onDone: (report: SeedReport) => void,
): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const giveNext = (): void => {
      const seed = next();
      if (seed === null) void worker.terminate().then(() => resolve());
      else worker.postMessage(seed);
    };
    worker.on('message', (report: SeedReport) => {
      onDone(report);
      giveNext();
    });
    worker.on('error', reject);
    giveNext();
  });
}
