/** No directed plan breaks a promise, and in each of them somebody holds the ticket at some time. */
import { expect, test } from 'vitest';
import { violationLine } from '../checkers/checker.ts';
import { runPlan } from '../run-seed.ts';
import { allScenarios } from './all.ts';

test.for(allScenarios.map((scenario) => [scenario.name, scenario] as const))(
  '%s',
  async ([, { plan }]) => {
    const { violations, counts } = await runPlan(plan);
    expect(violations.map(violationLine)).toEqual([]);
    expect(counts['runs'] ?? 0).toBeGreaterThan(0);
  },
);

test('scenarios have names of their own', () => {
  const names = allScenarios.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
