/** A plan that can be run again by name: that of a seed, or a directed one. */
import { drawPlan } from '../draw-plan.ts';
import type { Plan } from '../plan.ts';
import type { Scenario } from '../scenarios/scenario.ts';

export interface Story {
  /** As in "seed 17 broke a promise". */
  readonly name: string;
  /** Runs it again. */
  readonly option: string;
  /** What is meant to happen in it; null: it was drawn. */
  readonly told: string | null;
  readonly plan: Plan;
  /** To be kept in seeds.txt when it broke something; null: it is kept already. */
  readonly seed: number | null;
}

export const storyOfSeed = (seed: number): Story => ({
  name: `seed ${String(seed)}`,
  option: `--seed ${String(seed)}`,
  told: null,
  plan: drawPlan(seed),
  seed,
});

export const storyOfScenario = ({ name, story, plan }: Scenario): Story => ({
  name: `plan ${name}`,
  option: `--plan ${name}`,
  told: story,
  plan,
  seed: null,
});
