/**
 * From a plan that breaks a promise to the fewest items that still do (delta debugging). What
 * other items draw does not change when one is left out, so a shorter plan is the same story.
 */
import type { Plan } from './plan.ts';

export interface Shrunk {
  /** Places in `plan.items` of what is left. */
  readonly kept: readonly number[];
  readonly runs: number;
}

/** The plan with those of its items only. */
export const planWith = (plan: Plan, kept: readonly number[]): Plan => ({
  ...plan,
  items: plan.items.filter((_, index) => kept.includes(index)),
});

/** `stillFails` must be true of the whole plan; asked at most `runsMax` times. */
export async function shrink(
  plan: Plan,
  stillFails: (shorter: Plan) => Promise<boolean>,
  runsMax = 300,
): Promise<Shrunk> {
  let kept: readonly number[] = plan.items.map((_, index) => index);
  let runs = 0;
  let size = Math.ceil(kept.length / 2);
  while (size >= 1) {
    let isShorter = false;
    for (let from = 0; from < kept.length && runs < runsMax;) {
      const tried = kept.filter((_, place) => place < from || place >= from + size);
      runs += 1;
      if (await stillFails(planWith(plan, tried))) {
        kept = tried;
        isShorter = true;
      } else from += size;
    }
    if (runs >= runsMax) break;
    // Single items are tried until none of them can go.
    if (size === 1 && !isShorter) break;
    size = size === 1 ? 1 : Math.ceil(size / 2);
  }
  return { kept, runs };
}
