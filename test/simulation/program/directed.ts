/** Plays every directed plan: what drawn seeds meet too rarely to be sure of in a few hundred. */
import type { Violation } from '../checkers/checker.ts';
import { runPlan } from '../run-seed.ts';
import { allScenarios } from '../scenarios/all.ts';
import { storyOfScenario, type Story } from './story.ts';

export interface DirectedReport {
  readonly played: number;
  readonly broken: readonly BrokenPlan[];
}

export interface BrokenPlan {
  readonly story: Story;
  readonly violations: readonly Violation[];
}

/** In the order of their list, until `isOver`. */
export async function playDirected(
  isOver: () => boolean,
  onBroken: (broken: BrokenPlan) => void,
): Promise<DirectedReport> {
  const broken: BrokenPlan[] = [];
  let played = 0;
  for (const scenario of allScenarios) {
    if (isOver()) break;
    const { violations } = await runPlan(scenario.plan);
    played += 1;
    if (violations.length === 0) continue;
    const found = { story: storyOfScenario(scenario), violations };
    broken.push(found);
    onBroken(found);
  }
  return { played, broken };
}
