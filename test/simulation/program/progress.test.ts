import { expect, test } from 'vitest';
import { createProgress } from './progress.ts';
import { emptySummary } from './summary.ts';

function written(isTTY: boolean, atMs: readonly number[]): string[] {
  const texts: string[] = [];
  const progress = createProgress({ isTTY, write: (text: string) => texts.push(text) > 0 }, 500);
  for (const wallMs of atMs) progress.update({ ...emptySummary(0), seeds: 3, wallMs });
  progress.say('seed 3: broken');
  progress.end();
  return texts;
}

test('where lines stay they come in growing pauses, up to a minute', () => {
  const everySecond = Array.from({ length: 300 }, (_, second) => 1000 * second);
  const told = written(false, everySecond).map((text) => / (\d+) s\n$/.exec(text)?.[1]);
  expect(told).toEqual(['1', '3', '7', '15', '31', '63', '123', '183', '243', undefined]);
});

test('on a terminal one line is written over and over', () => {
  const texts = written(true, [10, 20]);
  expect(texts).toHaveLength(4);
  for (const text of texts) expect(text.startsWith('\r\u001b[K')).toBe(true);
  expect(texts[0]).toContain('3 of 500 seeds');
  expect(texts[2]).toContain('seed 3: broken\n');
});
