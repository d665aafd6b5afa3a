/**
 * The same seed gives the same bytes of trace, on every machine and in every run. The recorded
 * digests change with what members do; `UPDATE=1` records them anew.
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { drawPlan } from './draw-plan.ts';
import { runPlan, runSeed } from './run-seed.ts';
import { planWith } from './shrink.ts';

const recordPath = join(import.meta.dirname, 'trace-digests.txt');
const SEEDS = [1, 2, 3, 5, 8, 13];

async function traceOf(seed: number): Promise<string> {
  const lines: string[] = [];
  await runSeed(seed, { onLine: (line) => lines.push(line), goesOn: true });
  return lines.join('\n');
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

test('two runs of a seed, one beside the other, give the same trace', async () => {
  const [first, second] = await Promise.all([traceOf(SEEDS[0] ?? 0), traceOf(SEEDS[0] ?? 0)]);
  expect(first.length).toBeGreaterThan(1000);
  expect(second).toBe(first);
});

test('traces are those that were recorded, maybe on another machine', async () => {
  const lines: string[] = [];
  for (const seed of SEEDS) lines.push(`${String(seed)} ${digest(await traceOf(seed))}\n`);
  if (process.env['UPDATE'] === '1') writeFileSync(recordPath, lines.join(''));
  else expect(lines.join('')).toBe(readFileSync(recordPath, 'utf8'));
});

test('a plan without its last item is the same story up to there', async () => {
  const plan = drawPlan(SEEDS[1] ?? 0);
  const lastAtMs = plan.items.at(-1)?.atMs ?? 0;
  const before = async (count: number): Promise<string[]> => {
    const lines: string[] = [];
    const kept = Array.from({ length: count }, (_, index) => index);
    await runPlan(planWith(plan, kept), { onLine: (line) => lines.push(line), goesOn: true });
    return lines.filter((line) => Number(line.trim().split(' ')[0]) * 1000 < lastAtMs);
  };
  const whole = await before(plan.items.length);
  expect(whole.length).toBeGreaterThan(10);
  expect(await before(plan.items.length - 1)).toEqual(whole);
});
