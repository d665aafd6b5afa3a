import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SentAt } from '../../../core/wire/message.ts';
import { microsecondsOf, nextSentAt } from '../../../core/wire/sent-at.ts';

test.each([
  ['the first time', null, 1500.25, { secs: 1, usecs: 500_250 }],
  ['a later time', { secs: 1, usecs: 0 }, 2000, { secs: 2, usecs: 0 }],
  ['the same millisecond', { secs: 2, usecs: 0 }, 2000, { secs: 2, usecs: 1 }],
  ['the end of a second', { secs: 2, usecs: 999_999 }, 2999, { secs: 3, usecs: 0 }],
  ['a clock set back by 10 s', { secs: 60, usecs: 0 }, 50_000, { secs: 60, usecs: 1 }],
  ['a clock set back by more', { secs: 60, usecs: 1 }, 50_000, { secs: 50, usecs: 0 }],
  ['a clock before the epoch', null, -1, { secs: 0, usecs: 0 }],
])('after %s', (_title, previous, epochMs, expected) => {
  expect(nextSentAt(previous, epochMs)).toEqual(expected);
});

test('pairs of a clock that wavers by up to 10 s are consistent and strictly increasing', () => {
  const wavering = fc.array(fc.integer({ min: 1_795_179_550_000, max: 1_795_179_559_999 }), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(wavering, (clock) => {
      let previous: SentAt | null = null;
      for (const epochMs of clock) {
        const next = nextSentAt(previous, epochMs);
        expect(next.usecs).toBeLessThan(1_000_000);
        expect(microsecondsOf(next)).toBeGreaterThanOrEqual(epochMs * 1000);
        if (previous !== null) {
          expect(microsecondsOf(next)).toBeGreaterThan(microsecondsOf(previous));
        }
        previous = next;
      }
    }),
  );
});
