import { expect, test } from 'vitest';
import { formatSpan, parseSpan, printSpan } from '../../../core/config/duration.ts';

test.each([
  ['30', 30_000],
  ['+30', 30_000],
  ['010', 10_000],
  ['1500ms', 1500],
  [' \t30', 30_000],
  ['2147483', 2_147_483_000],
  ['2147483000ms', 2_147_483_000],
])('%j is %d ms', (text, ms) => {
  expect(parseSpan(text, 1)).toEqual({ ok: true, value: ms });
});

test.each(['0', '-0', '+0', '0ms'])('%s is a span where 0 is allowed', (text) => {
  expect(parseSpan(text, 0)).toStrictEqual({ ok: true, value: 0 });
  expect(parseSpan(text, 1)).toMatchObject({ error: { code: 'config-duration-range' } });
});

test.each(['-1', '2147484', '2147483001ms', '99999999999999999999', '1'.repeat(64)])(
  '%s is out of range',
  (text) => {
    expect(parseSpan(text, 0)).toMatchObject({ error: { code: 'config-duration-range' } });
  },
);

test.each([
  ['30s', '30'],
  ['30 ms', '30ms'],
  ['1.5', '1500ms'],
  ['5m', '300'],
  ['5 min', '300'],
  ['1H', '3600'],
  ['1d', '86400'],
  ['30 ', '30'],
])('for %j one should write %s', (text, instead) => {
  const parsed = parseSpan(text, 1);
  expect(parsed).toMatchObject({ error: { code: 'config-duration-invalid' } });
  expect(parsed).toMatchObject({
    error: { message: expect.stringMatching(`, write ${instead}$`) },
  });
});

test.each(['', 'ms', '0x10', '1e3', '30 # s', '+', '- 5', '9999999d', '0.0s'])(
  '%j is refused without a guess',
  (text) => {
    const parsed = parseSpan(text, 1);
    expect(parsed).toMatchObject({ error: { code: 'config-duration-invalid' } });
    expect(parsed).not.toMatchObject({ error: { message: expect.stringContaining('write') } });
  },
);

test.each([
  [0, '0', '0s'],
  [1000, '1', '1s'],
  [1500, '1500ms', '1500ms'],
])('%d ms is printed as %s and shown as %s', (ms, printed, shown) => {
  expect(printSpan(ms)).toBe(printed);
  expect(formatSpan(ms)).toBe(shown);
});
