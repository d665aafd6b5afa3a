import { expect, test } from 'vitest';
import type { Plan, PlanItem } from './plan.ts';
import { drawPlan } from './draw-plan.ts';
import { planWith, shrink } from './shrink.ts';

const items = Array.from({ length: 40 }, (_, index): PlanItem => {
  return { atMs: index, kind: 'pause', host: 'A', forMs: index };
});
const plan: Plan = { ...drawPlan(1), items };
const has = (shorter: Plan, index: number): boolean =>
  shorter.items.some(({ atMs }) => atMs === index);

test('what is not needed for a failure is left out', async () => {
  const { kept, runs } = await shrink(plan, (shorter) =>
    Promise.resolve(has(shorter, 7) && has(shorter, 31)),
  );
  expect(kept).toEqual([7, 31]);
  expect(runs).toBeLessThan(100);
  expect(planWith(plan, kept).items.map(({ atMs }) => atMs)).toEqual([7, 31]);
});

test('a failure that needs nothing has an empty plan', async () => {
  expect((await shrink(plan, () => Promise.resolve(true))).kept).toEqual([]);
});

test('the number of tries is bounded', async () => {
  expect((await shrink(plan, () => Promise.resolve(false), 10)).runs).toBe(10);
});
