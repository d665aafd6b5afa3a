import fc from 'fast-check';
import { expect, test } from 'vitest';
import { msOfValidFor, validForOfMs } from '../../../core/wire/valid-for.ts';

test.each([
  [0, 0],
  [-1, 0],
  [999, 0],
  [1000, 1],
  [599_999.9, 599],
  [600_000, 600],
  [4_294_967_000, 4_294_967],
  [Number.MAX_SAFE_INTEGER, 0xffffffff],
])('%d ms left are announced as %d s', (leftMs, value) => {
  expect(validForOfMs(leftMs, 's')).toBe(value);
});

test.each([
  [0, 0, 0],
  [-5, 0, 0],
  [0.9, 0, 0],
  [39_999, 39_999, 39_999],
  [2_147_483, 2_147_483, 2_147_483],
  [2_147_484, 4_294_967_296 - 2_147_483, 2_147_484],
  [3_599_999, 4_294_272_328, 3_599_999],
  [4_294_967, 0, 0],
  [5_999_999, 1_705_031, 1_705_031],
])('%d ms left travel as %d and are understood as %d ms', (leftMs, value, understoodMs) => {
  expect(validForOfMs(leftMs, 'ms')).toBe(value);
  expect(msOfValidFor(value, 'ms')).toBe(understoodMs);
});

test('seconds are understood as they are', () => {
  expect(msOfValidFor(0, 's')).toBe(0);
  expect(msOfValidFor(39, 's')).toBe(39_000);
  expect(msOfValidFor(4_294_967, 's')).toBe(4_294_967_000);
});

/** booth's formulas in big integers, as written in the reference. */
const asBooth = (leftMs: number): { sent: bigint; understood: bigint } => {
  const sent = BigInt.asUintN(32, BigInt.asIntN(32, BigInt(leftMs) * 1000n) / 1000n);
  return { sent, understood: BigInt.asUintN(32, sent * 1000n) / 1000n };
};

test('milliseconds follow the formulas of the reference at any length', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100_000_000 }), (leftMs) => {
      const sent = validForOfMs(leftMs, 'ms');
      expect(BigInt(sent)).toBe(asBooth(leftMs).sent);
      expect(BigInt(msOfValidFor(sent, 'ms'))).toBe(asBooth(leftMs).understood);
    }),
  );
});

test('up to 4294 s nothing is lost but the rounding, and never is more understood than was left', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4_294_000 }), (leftMs) => {
      expect(msOfValidFor(validForOfMs(leftMs, 'ms'), 'ms')).toBe(leftMs);
      const seconds = msOfValidFor(validForOfMs(leftMs, 's'), 's');
      expect(leftMs - seconds).toBeGreaterThanOrEqual(0);
      expect(leftMs - seconds).toBeLessThan(1000);
    }),
  );
});
