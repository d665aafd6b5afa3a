import { describe, expect, test } from 'vitest';
import {
  isGiven,
  lastValue,
  readCommandLine,
  timesGiven,
} from '../../../core/cli/arguments/option-grammar.ts';

const table = {
  '-c': 'value',
  '-w': 'flag',
  '-F': 'flag',
  '--self': 'value',
  '--help': 'flag',
  '--run': 'rest',
} as const;

describe('a command line', () => {
  test.each([
    [['list'], ['list'], []],
    [['list', '-w'], ['list'], ['-w']],
    [['-w', 'list'], ['list'], ['-w']],
    [
      ['a', '-w', 'b', '-F', 'c'],
      ['a', 'b', 'c'],
      ['-w', '-F'],
    ],
    [['-wF'], [], ['-w', '-F']],
    [['-c', 'x'], [], ['-c x']],
    [['-cx'], [], ['-c x']],
    [['-wcx'], [], ['-w', '-c x']],
    [['-wc', 'x', 'y'], ['y'], ['-w', '-c x']],
    [['-c', '-w'], [], ['-c -w']],
    [['-c', ''], [], ['-c ']],
    [['--self', 'x'], [], ['--self x']],
    [['--self=x=y'], [], ['--self x=y']],
    [['--self='], [], ['--self ']],
    [['-w', '--', '-F', '--'], ['-F', '--'], ['-w']],
    [['-'], ['-'], []],
    [['a', '--run', '/bin/x', '-w', '--self'], ['a'], ['--run /bin/x -w --self']],
    [['--run=/bin/x', 'y'], [], ['--run /bin/x y']],
    [[''], [''], []],
  ])('%j has the words %j and the options %j', (argv, words, options) => {
    const line = readCommandLine(argv, table);
    expect(line).toMatchObject({ ok: true, value: { words } });
    if (line.ok) {
      expect(line.value.options.map(({ name, values }) => [name, ...values].join(' '))).toEqual(
        options,
      );
    }
  });

  test.each([
    [['-Z'], 'option -Z is unknown, see --help'],
    [['-wZ'], 'option -Z is unknown, see --help'],
    [['--nope'], 'option --nope is unknown, see --help'],
    [['--toString'], 'option --toString is unknown, see --help'],
    [['-c'], 'option -c needs a value, see --help'],
    [['--self'], 'option --self needs a value, see --help'],
    [['--run'], 'option --run needs a value, see --help'],
    [['--help=yes'], 'option --help takes no value, got "yes"'],
    [Array.from({ length: 300 }, () => 'x'), 'at most 256 arguments, got 300'],
  ])('%j is refused', (argv, message) => {
    expect(readCommandLine(argv, table)).toMatchObject({
      ok: false,
      error: { code: 'usage', message },
    });
  });

  test('the last value counts, and flags can be counted', () => {
    const line = readCommandLine(['-c1', '-w', '-c', '2', '-w'], table);
    if (!line.ok) throw new Error(line.error.message);
    expect(lastValue(line.value, '-c')).toBe('2');
    expect(lastValue(line.value, '--self')).toBeNull();
    expect(timesGiven(line.value, '-w')).toBe(2);
    expect(isGiven(line.value, '--self', '-w')).toBe(true);
    expect(isGiven(line.value, '-F')).toBe(false);
  });
});
