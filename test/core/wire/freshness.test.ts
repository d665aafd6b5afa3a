import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../core/base/random.ts';
import { emptyFreshness, judgeFreshness } from '../../../core/wire/freshness.ts';
import type { FreshnessMemory } from '../../../core/wire/freshness.ts';
import type { SentAt } from '../../../core/wire/message.ts';

const nowSecs = 1_795_179_550;
const nowMs = nowSecs * 1000;
const at = (offsetSecs: number, usecs = 0): SentAt => ({ secs: nowSecs + offsetSecs, usecs });

/** Judges one message after another at one moment; the memory, and what was said of each. */
function judgeAll(
  messages: readonly { readonly sentAt: SentAt; readonly mac: string }[],
  memory: FreshnessMemory = emptyFreshness(),
) {
  const verdicts: (string | null)[] = [];
  let after = memory;
  for (const message of messages) {
    const judged = judgeFreshness(after, message, nowMs, 600);
    verdicts.push(judged.verdict);
    after = judged.memory;
  }
  return { verdicts, memory: after };
}

test.each([
  ['now', at(0), null],
  ['590 s ago', at(-590), null],
  ['a microsecond less than the skew ago', at(-600, 1), null],
  ['exactly the skew ago', at(-600), 'too-old'],
  ['610 s ago', at(-610), 'too-old'],
  ['11 days ago', at(-11 * 86_400), 'too-old'],
  ['never (0, 0)', { secs: 0, usecs: 0 }, 'too-old'],
  ['exactly the skew ahead', at(600), null],
  ['a microsecond more than the skew ahead', at(600, 1), 'from-the-future'],
  ['a day ahead', at(86_400), 'from-the-future'],
  ['three years ahead', at(3 * 365 * 86_400), 'from-the-future'],
  ['at the end of time', { secs: 0xffffffff, usecs: 0xffffffff }, 'from-the-future'],
  ['too long ago, with microseconds that make up for it', at(-602, 0xffffffff), 'too-old'],
])('the first message of a peer, sent %s', (_title, sentAt, verdict) => {
  const judged = judgeFreshness(emptyFreshness(), { sentAt, mac: 'a' }, nowMs, 600);
  expect(judged.verdict).toBe(verdict);
  expect(judged.memory.size).toBe(verdict === null ? 1 : 0);
});

test('the skew is the one configured', () => {
  const message = { sentAt: at(-30), mac: 'a' };
  expect(judgeFreshness(emptyFreshness(), message, nowMs, 31).verdict).toBeNull();
  expect(judgeFreshness(emptyFreshness(), message, nowMs, 30).verdict).toBe('too-old');
  expect(judgeFreshness(emptyFreshness(), message, nowMs, 0).verdict).toBe('too-old');
});

describe('after other messages', () => {
  const seen = [
    { sentAt: at(0, 900_000), mac: 'a' },
    { sentAt: at(0, 5), mac: 'b' },
    { sentAt: at(-100), mac: 'c' },
  ];

  test('steps back are accepted', () => {
    expect(judgeAll(seen).verdicts).toEqual([null, null, null]);
  });

  test.each(seen)('an exact repeat is refused ($mac)', (message) => {
    const { memory } = judgeAll(seen);
    const judged = judgeFreshness(memory, message, nowMs, 600);
    expect(judged.verdict).toBe('replayed');
    expect(judged.memory).toBe(memory);
  });

  test('another message of the same microsecond is accepted', () => {
    const { memory } = judgeAll(seen);
    const twin = { sentAt: at(0, 900_000), mac: 'd' };
    expect(judgeFreshness(memory, twin, nowMs, 600).verdict).toBeNull();
  });

  test("booth's weakness, last moving back, lets no replay in: newer, older, in between", () => {
    const newer = { sentAt: at(10), mac: 'n' };
    const older = { sentAt: at(-50), mac: 'o' };
    const between = { sentAt: at(-49), mac: 'p' };
    const { verdicts } = judgeAll([newer, older, between, newer, older, between]);
    expect(verdicts).toEqual([null, null, null, 'replayed', 'replayed', 'replayed']);
  });

  test('a repeat after the skew is refused for its age, and its memory is given back', () => {
    const { memory } = judgeAll(seen);
    const laterMs = nowMs + 700_000;
    for (const message of seen) {
      expect(judgeFreshness(memory, message, laterMs, 600).verdict).toBe('too-old');
    }
    const fresh = { sentAt: at(700), mac: 'z' };
    const after = judgeFreshness(memory, fresh, laterMs, 600).memory;
    expect(after.size).toBe(1);
    // Even when our own wall clock is set back, what was forgotten stays refused.
    for (const message of seen) {
      expect(judgeFreshness(after, message, nowMs, 600).verdict).toBe('too-old');
    }
  });
});

/** What a booth daemon sends: seconds of one clock, microseconds of another (3.2). */
const boothPair = (epochMs: number, phaseMs: number): SentAt => ({
  secs: Math.floor(epochMs / 1000),
  usecs: Math.floor(((epochMs + phaseMs) % 1000) * 1000),
});

test.each([0, 1, 345, 999])(
  "a burst of 4000 messages a second with booth's back-steps and reordering is accepted whole (clock phase %d ms)",
  (phaseMs) => {
    const random = seededRandom(phaseMs);
    const messages = Array.from({ length: 20_000 }, (_, index) => ({
      sentAt: boothPair(nowMs + index * 0.25, phaseMs),
      mac: `m${index}`,
      arrivesAt: index * 0.25 + random.next() * 20,
    })).sort((a, b) => a.arrivesAt - b.arrivesAt);
    let memory = emptyFreshness();
    for (const message of messages) {
      const judged = judgeFreshness(memory, message, nowMs + message.arrivesAt, 600);
      expect(judged.verdict).toBeNull();
      memory = judged.memory;
    }
    expect(memory.size).toBe(8192);
    for (const message of messages) {
      expect(judgeFreshness(memory, message, nowMs + 5000, 600).verdict).not.toBeNull();
    }
  },
);

test('a sender whose clock was ahead and is set right is heard again at once', () => {
  let memory = emptyFreshness(100);
  for (let index = 0; index < 100; index += 1) {
    const ahead = { sentAt: at(500, index), mac: `a${index}` };
    memory = judgeFreshness(memory, ahead, nowMs, 600).memory;
  }
  for (let index = 0; index < 300; index += 1) {
    const right = { sentAt: at(1, index), mac: `r${index}` };
    const judged = judgeFreshness(memory, right, nowMs, 600);
    expect(judged.verdict).toBeNull();
    memory = judged.memory;
  }
  expect(memory.size).toBe(100);
});

const message = fc.record({
  sentAt: fc.record({
    secs: fc.integer({ min: nowSecs - 3, max: nowSecs + 3 }),
    usecs: fc.constantFrom(0, 1, 2, 999_999),
  }),
  mac: fc.constantFrom('a', 'b', 'c', 'd'),
});

test('below its capacity it judges as a set of everything seen would', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 400 }), (messages) => {
      const seen = new Set<string>();
      const expected = messages.map(({ sentAt, mac }) => {
        const name = `${sentAt.secs} ${sentAt.usecs} ${mac}`;
        const isNew = !seen.has(name);
        seen.add(name);
        return isNew ? null : 'replayed';
      });
      expect(judgeAll(messages).verdicts).toEqual(expected);
    }),
  );
});

test('whatever its capacity nothing is accepted twice, and it stays bounded and sorted', () => {
  const anyMessage = fc.record({
    sentAt: fc.record({
      secs: fc.integer({ min: nowSecs - 700, max: nowSecs + 700 }),
      usecs: fc.nat({ max: 999_999 }),
    }),
    mac: fc.string({ minLength: 1, maxLength: 2 }),
  });
  fc.assert(
    fc.property(
      fc.array(fc.oneof(message, anyMessage), { maxLength: 600 }),
      fc.integer({ min: 1, max: 200 }),
      (messages, capacity) => {
        const { verdicts, memory } = judgeAll([...messages, ...messages], emptyFreshness(capacity));
        const accepted = [...messages, ...messages]
          .filter((_, index) => verdicts[index] === null)
          .map(({ sentAt, mac }) => `${sentAt.secs} ${sentAt.usecs} ${mac}`);
        expect(new Set(accepted).size).toBe(accepted.length);
        const kept = memory.runs.flat();
        expect(kept.length).toBe(memory.size);
        expect(memory.size).toBeLessThanOrEqual(capacity);
        expect(memory.runs.every((run) => run.length > 0 && run.length <= 64)).toBe(true);
        const inOrder = kept.toSorted((a, b) => a.sentUs - b.sentUs || (a.mac < b.mac ? -1 : 1));
        expect(kept).toEqual(inOrder);
      },
    ),
  );
});
