// What a mutant is bundled into: runs its scenarios, then seeds, until a checker sees it.
import { parentPort } from 'node:worker_threads';
import { allCheckers } from '../checkers/all.ts';
import type { Violation } from '../checkers/checker.ts';
import { drawPlan } from '../draw-plan.ts';
import type { Plan } from '../plan.ts';
import { runPlan } from '../run-seed.ts';
import { scenarioNamed } from '../scenarios/all.ts';

export interface Hunt {
  readonly scenarios: readonly string[];
  readonly seeds: number;
  /** null: all. */
  readonly checkers: readonly string[] | null;
  readonly isTraced: boolean;
}

export interface Catch {
  /** `seed 17` or `scenario NAME`. */
  readonly where: string;
  /** Runs before this one that saw nothing. */
  readonly runsBefore: number;
  readonly violation: Violation;
  /** The last lines of the trace; none unless asked for. */
  readonly trace: readonly string[];
}

const TRACE_LINES_MAX = 120;

async function hunt(asked: Hunt): Promise<Catch | null> {
  const checkers = allCheckers.filter(({ name }) => asked.checkers?.includes(name) ?? true);
  let runsBefore = 0;
  for (const { where, plan } of plans(asked)) {
    const trace: string[] = [];
    const onLine = (line: string): void => {
      trace.push(line);
    };
    const [violation] = (await runPlan(plan, { checkers, ...(asked.isTraced ? { onLine } : {}) }))
      .violations;
    if (violation !== undefined)
      return { where, runsBefore, violation, trace: trace.slice(-TRACE_LINES_MAX) };
    runsBefore += 1;
  }
  return null;
}

function* plans({ scenarios, seeds }: Hunt): Generator<{ where: string; plan: Plan }> {
  for (const name of scenarios) yield { where: `scenario ${name}`, plan: scenarioNamed(name).plan };
  for (let seed = 0; seed < seeds; seed += 1)
    yield { where: `seed ${String(seed)}`, plan: drawPlan(seed) };
}

parentPort?.on('message', (asked: Hunt) => {
  void hunt(asked).then((caught) => {
    parentPort?.postMessage(caught);
  });
});
