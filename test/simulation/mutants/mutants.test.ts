/** That the mutants fit the sources they break; whether they are caught, `npm run sim:mutants` shows. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scenarioNamed } from '../scenarios/all.ts';
import { allMutants } from './all.ts';
import { historicFaults } from './historic-faults.ts';
import { applyEdits } from './mutant.ts';

const root = join(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('mutants', () => {
  test.for(allMutants.map((mutant) => [mutant.name, mutant] as const))(
    '%s fits the sources',
    ([, { edits, scenarios = [] }]) => {
      expect(edits.length).toBeGreaterThan(0);
      for (const edit of edits) {
        expect(edit.replace).not.toBe(edit.find);
        expect(() => applyEdits(read(edit.file), [edit])).not.toThrow();
      }
      for (const name of scenarios) expect(() => scenarioNamed(name)).not.toThrow();
    },
  );

  test('have names of their own, and something to catch them', () => {
    const names = allMutants.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, seeds, scenarios = [] } of allMutants) {
      expect(name).toMatch(/^[a-z0-9-]+$/);
      expect(seeds + scenarios.length, name).toBeGreaterThan(0);
    }
  });

  test('break every rule, and bring back every fault of old', () => {
    const rules = Array.from({ length: 17 }, (_, index) => `R${String(index + 1)}`);
    const broken = new Set(allMutants.map(({ rule }) => rule));
    expect(rules.filter((rule) => !broken.has(rule))).toEqual([]);
    expect([...broken].filter((rule) => !rules.includes(rule))).toEqual(['auth']);
    const names = new Set(allMutants.map(({ name }) => name));
    for (const [fault, mutants] of Object.entries(historicFaults)) {
      expect(mutants.length, fault).toBeGreaterThan(0);
      expect(
        mutants.filter((name) => !names.has(name)),
        fault,
      ).toEqual([]);
    }
  });

  test('an edit that fits nowhere, or twice, is an error', () => {
    const edit = { file: 'x.ts', find: 'a', replace: 'b' };
    expect(() => applyEdits('c', [edit])).toThrow('0 places');
    expect(() => applyEdits('aa', [edit])).toThrow('2 places');
    expect(applyEdits('cat', [edit])).toBe('cbt');
  });
});

/** What no edit's text can have in common with the sources. */
const marks = ['geobooth-mutants', ...allMutants.map(({ recreates }) => recreates)];

test.skipIf(!existsSync(join(root, 'dist')))('no built program contains a mutant', () => {
  const programs = readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' })
    .map((name) => join(root, 'dist', name))
    .filter((path) => statSync(path).isFile());
  expect(programs.length).toBeGreaterThan(5);
  for (const path of programs) {
    const text = readFileSync(path, 'latin1');
    expect(
      marks.filter((mark) => text.includes(mark)),
      path,
    ).toEqual([]);
  }
});
