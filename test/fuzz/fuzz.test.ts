import { describe, expect, test } from 'vitest';
import { fuzz, GROWTH_MB_MAX, seedFor } from './fuzz.ts';
import { minimise } from './minimise.ts';
import { readOptions, usage } from './options.ts';
import { outcomeText } from './report.ts';
import { bytesOfText, hold, type FuzzTarget } from './target.ts';
import { targets } from './targets/all.ts';

const SEED = 20_261_127;
const INPUTS = 3000;
/** Over sockets. */
const INPUTS_OF_SERVER = 400;

const limits = { seed: 1, inputsMax: 100_000, spanMs: 60_000, isAsked: () => false };

describe(`mutants of good inputs, seed ${String(SEED)}`, () => {
  test.each(targets.map((target) => [target.name, target] as const))(
    '%s: nothing throws, and what is written is read again',
    async (name, target) => {
      const inputsMax = target.close === undefined ? INPUTS : INPUTS_OF_SERVER;
      const outcome = await fuzz(target, { ...limits, seed: seedFor(name, SEED), inputsMax });
      await target.close?.();
      if (outcome.failure !== null) throw new Error(outcomeText(outcome));
      expect(outcome.inputs).toBe(inputsMax);
      expect(Object.keys(outcome.words).length).toBeGreaterThan(3);
    },
  );
});

/** A target with a fault planted in it. */
const faulty = (check: FuzzTarget['check']): FuzzTarget => ({
  name: 'faulty',
  about: '',
  seeds: () => [bytesOfText('one two three four'), bytesOfText('five')],
  words: ['ouch'],
  check,
});

describe('a fault that was planted', () => {
  const throwing = faulty((bytes) => {
    hold(!Buffer.from(bytes).includes('ouch'), 'it hurts');
    return 'fine';
  });

  test('is found and told by the shortest input', async () => {
    const { failure } = await fuzz(throwing, limits);
    expect(failure).toMatchObject({ kind: 'threw' });
    expect(Buffer.from(failure?.input ?? []).toString()).toBe('ouch');
    expect(failure?.message).toContain('it hurts');
  });

  test('is found again by the same seed, at the same input', async () => {
    const [first, second] = [await fuzz(throwing, limits), await fuzz(throwing, limits)];
    expect(second.inputs).toBe(first.inputs);
    expect((await fuzz(throwing, { ...limits, seed: 2 })).inputs).not.toBe(first.inputs);
  });

  test('that takes long is told as slow', async () => {
    const slow = faulty((bytes) => {
      const endsAtMs = performance.now() + (bytes.length > 30 ? 600 : 0);
      while (performance.now() < endsAtMs);
      return 'fine';
    });
    const { failure } = await fuzz(slow, { ...limits, minimiseMs: 0 });
    expect(failure).toMatchObject({ kind: 'slow' });
    expect(failure?.input?.length).toBeGreaterThan(30);
  });

  test('that keeps memory is told, though no input is to blame', async () => {
    const kept: Uint8Array[] = [];
    const keeping = faulty((bytes) => {
      kept.push(new Uint8Array(8 << 10).fill(bytes.length));
      return 'fine';
    });
    const outcome = await fuzz(keeping, limits);
    expect(outcome.failure).toMatchObject({ kind: 'memory', input: null });
    expect(outcome.growthMb).toBeGreaterThan(GROWTH_MB_MAX);
  });
});

test('an input is cut down to what fails, and made plain', async () => {
  const failing = Buffer.from('a lot of words, and {then} some more of them');
  const shortest = await minimise(failing, (bytes) => {
    const text = Buffer.from(bytes).toString();
    return Promise.resolve(/\{.*o.*m/s.test(text));
  });
  expect(Buffer.from(shortest).toString()).toBe('{om');
});

describe('the arguments', () => {
  const choices = [
    { name: 'one', about: 'first' },
    { name: 'two', about: 'second' },
  ];
  const read = (...argv: string[]) => readOptions(argv, choices, () => 99);

  test('have defaults', () => {
    expect(read()).toEqual({
      ...{ mode: 'fuzz', targets: ['one', 'two'], seconds: 20, seed: 99, outputFormat: 'text' },
    });
    expect(read('--target', 'two', '--seconds', '3', '--seed', '0')).toMatchObject({
      ...{ targets: ['two'], seconds: 3, seed: 0 },
    });
  });

  test('name an input to be read once', () => {
    expect(read('--target', 'one', '--input', 'c0ffee')).toMatchObject({
      mode: 'replay',
      input: Buffer.from('c0ffee', 'hex'),
    });
    expect(usage(choices)).toContain('npm run fuzz -- --seconds 600');
    expect(read('-h')).toBe('help');
  });

  test.each([
    [['--seconds', '0'], 'must be a whole number from 1 on'],
    [['--seed', '-1'], 'ambiguous'],
    [['--seed', '1e3'], 'must be a whole number from 0 on'],
    [['--target', 'three'], 'no target "three"; there are one, two'],
    [['--input', '00'], 'exactly one --target'],
    [['--target', 'one', '--input', '0'], 'two digits a byte'],
    [['--output-format', 'xml'], 'text or json'],
    [['--wish'], "Unknown option '--wish'"],
  ])('%j are refused with the reason', (argv, reason) => {
    const outcome = read(...argv);
    expect(outcome).toMatchObject({ wrong: expect.stringContaining(reason) });
  });
});
