import { expect, test } from 'vitest';
import { profileOf, profileText } from './profile.ts';

function workHard(): number {
  let sum = 0;
  for (const endsAtMs = performance.now() + 200; performance.now() < endsAtMs;)
    for (let count = 0; count < 10_000; count += 1) sum += Math.sqrt(count);
  return sum;
}

test('names what takes the time, in shares of all of it', async () => {
  const lines = await profileOf(() => {
    workHard();
    return Promise.resolve();
  });
  expect(lines.map(({ what }) => what)).toContain('workHard');
  expect(lines.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
  expect(lines.map(({ share }) => share)).toEqual(
    lines.map(({ share }) => share).toSorted((a, b) => b - a),
  );
});

test('is told by its largest shares', () => {
  const lines = Array.from({ length: 40 }, (_, index) => ({
    what: `f${String(index)}`,
    share: 0.1,
  }));
  expect(profileText(lines).split('\n')).toHaveLength(16);
  expect(profileText([{ what: 'one', share: 0.123 }])).toBe('  12.3 %  one\n');
});
