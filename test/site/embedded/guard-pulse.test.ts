import { expect, it } from 'vitest';
import {
  afterAnswer,
  afterAsking,
  ASK_EVERY_MS,
  freshPulse,
  type GuardPulse,
} from '../../../site/embedded/guard-pulse.ts';

const asked = (times: number, from: GuardPulse = freshPulse): GuardPulse | null =>
  times === 0 ? from : asked(times - 1, afterAsking(from) ?? expect.unreachable('has hung'));

it('a guard that answers nothing for a second has hung', () => {
  expect(5 * ASK_EVERY_MS).toBe(1000);
  const silent = asked(4);
  expect(silent).toEqual({ open: 4 });
  expect(silent === null ? silent : afterAsking(silent)).toBe(null);
});

it('one that answers late, but answers, has not', () => {
  let pulse = asked(3);
  for (let turn = 0; turn < 100 && pulse !== null; turn += 1) {
    pulse = afterAsking(afterAnswer(pulse));
  }
  expect(pulse).toEqual({ open: 3 });
});

it('an answer that nobody asked for counts for no later question', () => {
  expect(afterAnswer(afterAnswer(freshPulse))).toEqual(freshPulse);
});
