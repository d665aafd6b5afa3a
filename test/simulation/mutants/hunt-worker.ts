// What a mutant is bundled into: runs its scenarios, then seeds, until a checker sees it.
import { parentPort } from 'node:worker_threads';
import type { Violation } from '../checkers/checker.ts';
import { runPlan, runSeed } from '../run-seed.ts';
import { scenarioNamed } from '../scenarios/all.ts';

export interface Hunt {
  readonly scenarios: readonly string[];
  readonly seeds: number;
}

export interface Catch {
  /** `seed 17` or `scenario NAME`. */
  readonly where: string;
  /** Runs before this one that saw nothing. */
  readonly runsBefore: number;
  readonly violation: Violation;
}

async function hunt({ scenarios, seeds }: Hunt): Promise<Catch | null> {
  let runsBefore = 0;
  for (const name of scenarios) {
    const [violation] = (await runPlan(scenarioNamed(name).plan)).violations;
    if (violation !== undefined) return { where: `scenario ${name}`, runsBefore, violation };
    runsBefore += 1;
  }
  for (let seed = 0; seed < seeds; seed += 1) {
    const [violation] = (await runSeed(seed)).violations;
    if (violation !== undefined) return { where: `seed ${String(seed)}`, runsBefore, violation };
    runsBefore += 1;
  }
  return null;
}

parentPort?.on('message', (asked: Hunt) => {
  void hunt(asked).then((caught) => {
    parentPort?.postMessage(caught);
  });
});
