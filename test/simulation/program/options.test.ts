import { expect, test } from 'vitest';
import { readOptions } from './options.ts';

const read = (...argv: string[]) => readOptions(argv, () => 4711);

test('one plan is a seed or a directed plan, whole or some of its items', () => {
  const whole = { mode: 'one', isTraced: false, only: null, outputFormat: 'text' };
  expect(read('--seed', '17')).toEqual({ ...whole, what: 17 });
  expect(read('--plan', 'late-acks', '--trace')).toEqual({
    ...whole,
    what: 'late-acks',
    isTraced: true,
  });
  expect(read('--seed', '17', '--only', '0,3')).toMatchObject({ only: [0, 3] });
  expect(read('--seed', '17', '--only', '')).toMatchObject({ only: [] });
});

test('a night begins at a random seed, a count at the first one', () => {
  expect(read('--nightly', '--jobs', '2')).toMatchObject({ mode: 'nightly', from: 4711, jobs: 2 });
  expect(read('--seeds', '20')).toMatchObject({ mode: 'seeds', from: 0, count: 20 });
});

test.for([
  [[], 'say what to run: --seeds COUNT, --nightly, --seed SEED, --plan NAME or --speed'],
  [['--plan', 'no-such'], /^--plan must be one of late-acks, .*, got "no-such"$/],
  [['--seed', '1', '--only', '1,x'], '--only must be a whole number from 0 on, got "x"'],
  [['--seeds', '0'], '--seeds must be a whole number from 1 on, got "0"'],
] as const)('%j is wrong, and says how', ([argv, wrong]) => {
  expect(read(...argv)).toEqual({
    wrong: typeof wrong === 'string' ? wrong : expect.stringMatching(wrong),
  });
});
