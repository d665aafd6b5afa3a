import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { allCheckers } from '../checkers/all.ts';
import { brokenRule } from './broken-rules.ts';

const root = join(import.meta.dirname, '../../..');

test.for(allCheckers.map(({ name }) => name))('%s says which rule it judges', (name) => {
  const [sentence = '', place = ''] = brokenRule(name).split('\n');
  expect(sentence).toMatch(/\(R\d+/);
  expect(existsSync(join(root, place.trim().replace('judged by ', '')))).toBe(true);
});
