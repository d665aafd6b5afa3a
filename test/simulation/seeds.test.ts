/**
 * The promises over drawn rings and faults. Many more seeds than here run by `npm run sim`, which
 * also shrinks and explains what breaks.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { violationLine } from './checkers/checker.ts';
import { faultKinds } from './draw-faults.ts';
import { runSeed } from './run-seed.ts';

const SEEDS = 150;
/** `npm run sim -- --seeds 2000` has the first ones. */
const FROM = 1_000_000;

const kept = readFileSync(join(import.meta.dirname, 'seeds.txt'), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => ({ seed: Number(line.split(' ')[0]), line }));

test.for(kept)('seed kept for what it found: $line', async ({ seed }) => {
  expect(Number.isSafeInteger(seed)).toBe(true);
  const { violations } = await runSeed(seed);
  expect(violations.map(violationLine)).toEqual([]);
});

test(`${String(SEEDS)} seeds of faults break no promise`, { timeout: 300_000 }, async () => {
  const seen = new Map<string, number>();
  const broken: string[] = [];
  for (let seed = FROM; seed < FROM + SEEDS; seed += 1) {
    const { violations, counts } = await runSeed(seed);
    for (const [what, count] of Object.entries(counts))
      seen.set(what, (seen.get(what) ?? 0) + count);
    for (const found of violations) broken.push(`seed ${String(seed)}: ${violationLine(found)}`);
  }
  expect(broken).toEqual([]);
  // The faults were real and the ring lived: every kind struck, grants and revokes succeeded.
  for (const what of [
    ...faultKinds,
    'reconfigure',
    'hung-up',
    'grant success',
    'revoke success',
    'runs',
  ])
    expect(seen.get(what) ?? 0, what).toBeGreaterThan(20);
});
