/** No row that was reproduced with booth is left without something that tells it anew here. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { allMutants } from '../mutants/all.ts';
import { allScenarios } from './all.ts';
import { hazardRows } from './hazard-rows.ts';

const root = join(import.meta.dirname, '../../..');
const rowNames = [...count('9.2', 16), ...count('9.3', 6)];

function count(section: string, rows: number): string[] {
  return Array.from({ length: rows }, (_, index) => `${section}.${String(index + 1)}`);
}

test('every row is in the table, and no other', () => {
  expect(Object.keys(hazardRows).sort()).toEqual([...rowNames].sort());
  for (const { name, rows = [] } of allScenarios)
    for (const row of rows) expect(rowNames, name).toContain(row);
});

test.for(Object.entries(hazardRows))('%s', ([row, told]) => {
  const plans = allScenarios.filter(({ rows }) => rows?.includes(row)).map(({ name }) => name);
  if ('tests' in told) {
    expect(told.tests.length).toBeGreaterThan(0);
    for (const { file, title } of told.tests)
      expect(readFileSync(join(root, file), 'utf8'), file).toContain(`'${title}'`);
    return;
  }
  expect(plans.length).toBeGreaterThan(0);
  for (const name of told.mutants) {
    const scenarios = allMutants.find((one) => one.name === name)?.scenarios ?? [];
    expect(scenarios.filter((scenario) => plans.includes(scenario)).length, name).toBeGreaterThan(
      0,
    );
  }
  expect(told.mutants.length).toBeGreaterThan(0);
});
