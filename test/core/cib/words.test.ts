import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isTrueWord, parseBoolean } from '../../../core/cib/boolean.ts';
import { DURATION_MAX_MS, parseDurationMs } from '../../../core/cib/duration.ts';
import { lastWrittenText } from '../../../core/cib/last-written.ts';
import { parseInteger, parseScore, scoreText } from '../../../core/cib/number.ts';
import { operationDigest } from '../../../core/cib/digest.ts';
import { readTransitionKey, transitionKeyText } from '../../../core/cib/transition-key.ts';

describe('a duration', () => {
  test.each([
    ['0', 0],
    ['10', 10_000],
    ['10s', 10_000],
    [' 10 sec ', 10_000],
    ['1500ms', 1500],
    ['1500msec', 1500],
    ['2500us', 2],
    ['5min', 300_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['2HR', 7_200_000],
    ['PT60S', 60_000],
    ['P10S', 10_000],
    ['PT1M30S', 90_000],
    ['P1DT1H', 90_000_000],
    ['P1W', 604_800_000],
    ['pt5m', 300_000],
    ['99999999h', DURATION_MAX_MS],
  ])('"%s" is %i ms', (text, spanMs) => {
    expect(parseDurationMs(text)).toBe(spanMs);
  });

  test.each([
    '',
    's',
    '-1',
    '1.5s',
    '10 parsecs',
    '0x10',
    'P',
    'PT',
    'P1M',
    'P1Y',
    'PT1.5S',
    '1s 2s',
    'INFINITY',
    '1e3',
  ])('"%s" is none', (text) => {
    expect(parseDurationMs(text)).toBeNull();
  });

  test('is read from any text without a throw, and is a whole number in range', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[PT0-9HMSDWms ]{0,12}$/)), (text) => {
        const spanMs = parseDurationMs(text);
        expect(
          spanMs === null || (Number.isInteger(spanMs) && spanMs >= 0 && spanMs <= DURATION_MAX_MS),
        ).toBe(true);
      }),
    );
  });
});

describe('a true/false word', () => {
  test.each([
    ...['true', 'TRUE', 'yes', 'y', 'On', '1', ' 1 '].map((text) => [text, true] as const),
    ...['false', 'no', 'N', 'off', '0'].map((text) => [text, false] as const),
    ...['', 'maybe', '2', 'truefalse'].map((text) => [text, null] as const),
  ])('"%s" is %s', (text, expected) => {
    expect(parseBoolean(text)).toBe(expected);
  });

  test('only a true word counts as true', () => {
    expect([isTrueWord(null), isTrueWord('maybe'), isTrueWord('yes')]).toEqual([
      false,
      false,
      true,
    ]);
  });
});

describe('numbers', () => {
  test.each([
    ['INFINITY', 1_000_000],
    ['+infinity', 1_000_000],
    ['-INFINITY', -1_000_000],
    ['2000000', 1_000_000],
    ['-5', -5],
    ['five', null],
    ['', null],
  ])('score "%s" is %s', (text, score) => {
    expect(parseScore(text)).toBe(score);
  });

  test('a score is written so that it is read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1_000_000, max: 1_000_000 }), (score) => {
        expect(parseScore(scoreText(score))).toBe(score);
      }),
    );
  });

  test.each([
    ['12', 12],
    ['-1', -1],
    ['1.5', null],
    ['', null],
    ['9007199254740993', null],
    [null, null],
  ])('integer "%s" is %s', (text, value) => {
    expect(parseInteger(text)).toBe(value);
  });
});

describe('the time of the last change', () => {
  test.each([
    [0, 'Thu Jan  1 00:00:00 1970'],
    [951_782_400_000, 'Tue Feb 29 00:00:00 2000'],
    [1_795_178_304_999, 'Fri Nov 20 12:38:24 2026'],
    [4_107_542_399_000, 'Sun Feb 28 23:59:59 2100'],
  ])('%i', (epochMs, text) => {
    expect(lastWrittenText(epochMs)).toBe(text);
  });

  test('agrees with the platform for every day of two centuries', () => {
    for (let day = 0; day < 73_000; day += 7) {
      const [weekday, date, month, year] = new Date(day * 86_400_000).toUTCString().split(/[ ,]+/);
      const written = `${weekday ?? ''} ${month ?? ''} ${String(Number(date)).padStart(2)} 00:00:00 ${year ?? ''}`;
      expect(lastWrittenText(day * 86_400_000)).toBe(written);
    }
  });
});

describe('the digest of parameters', () => {
  test.each([
    ['none', new Map<string, string>(), undefined, 'f2317cad3d54cec5d7d7aa7d0bf35cf8'],
    [
      'none, recurring with 20 s',
      new Map<string, string>(),
      20_000,
      '4811cef7f7f94e3a35a70be7916cb2fd',
    ],
  ] as const)('of %s is the one Pacemaker stores', (_, parameters, timeoutMs, digest) => {
    expect(operationDigest(parameters, timeoutMs)).toBe(digest);
  });

  test('does not depend on the order of the parameters but on every value', () => {
    const digest = (...pairs: [string, string][]): string => operationDigest(new Map(pairs));
    expect(digest(['a', '1'], ['b', '2'])).toBe(digest(['b', '2'], ['a', '1']));
    expect(digest(['a', '1'])).not.toBe(digest(['a', '2']));
  });
});

describe('a transition key', () => {
  test('is read back as it was written', () => {
    const key = { action: 4, transition: 17, expectedReturnCode: 7, run: '45cb54ab-1707' };
    expect(transitionKeyText(key)).toBe('4:17:7:45cb54ab-1707');
    expect(readTransitionKey(transitionKeyText(key))).toEqual(key);
  });

  test.each([null, '', '1:2:3', '1:2:3:4:5', 'a:2:3:run', '1:b:3:run', '1:2:c:run'])(
    '%s is none',
    (text) => {
      expect(readTransitionKey(text)).toBeNull();
    },
  );
});
