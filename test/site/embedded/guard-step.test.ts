import { describe, expect, it } from 'vitest';
import { instantOf } from '../../../core/base/instant.ts';
import type { AgentOperation } from '../../../core/transition/operation.ts';
import type { GuardWord } from '../../../site/embedded/contract.ts';
import type { GuardMemory } from '../../../site/embedded/guard-step.ts';
import {
  afterActing,
  afterAttendance,
  afterWord,
  emptyMemory,
  isObsolete,
  isOwing,
  isSafe,
  nextActAt,
  takeDue,
  takeOverdue,
} from '../../../site/embedded/guard-step.ts';

const stop: AgentOperation = {
  resource: 'web',
  agent: { class: 'ocf', provider: 'geobooth', type: 'dummy' },
  action: 'stop',
  intervalMs: 0,
  timeoutMs: 1000,
  environment: {},
};
const owe = (at: number, more: Partial<Extract<GuardWord, { kind: 'owe' }>> = {}): GuardWord => ({
  kind: 'owe',
  word: 1,
  ticket: 'T',
  actAt: instantOf(at),
  isDraining: false,
  stops: [[stop]],
  ...more,
});
const clear: GuardWord = { kind: 'clear', word: 2, ticket: 'T' };
const told = (...words: readonly GuardWord[]): GuardMemory =>
  words.reduce(afterWord, afterAttendance(emptyMemory, true));
const dueAt = (memory: GuardMemory, at: number): readonly string[] =>
  takeDue(memory, instantOf(at)).due;

describe('what the guard is owed', () => {
  it('is acted on at its moment and not before, once', () => {
    const memory = told(owe(1000));
    expect(dueAt(memory, 999)).toEqual([]);
    const acting = takeDue(memory, instantOf(1000));
    expect(acting.due).toEqual(['T']);
    expect(dueAt(acting.memory, 5000)).toEqual([]);
    const done = afterActing(acting.memory, 'T', { actedFor: instantOf(1000), isStopped: true });
    expect(dueAt(done, 5000)).toEqual([]);
    expect(nextActAt(done)).toBe(null);
  });

  it('is owed anew by the word of another lease, even one that ends earlier', () => {
    const acting = takeDue(told(owe(9000)), instantOf(9000)).memory;
    const done = afterActing(acting, 'T', { actedFor: instantOf(9000), isStopped: true });
    expect(nextActAt(afterWord(done, owe(9000)))).toBe(null);
    expect(nextActAt(afterWord(done, owe(2000)))).toBe(2000);
    const during = afterActing(afterWord(acting, owe(2000)), 'T', {
      actedFor: instantOf(9000),
      isStopped: true,
    });
    expect(nextActAt(during)).toBe(2000);
  });

  it('is not safe while what could not be stopped may run, until it is cleared', () => {
    const acting = takeDue(told(owe(1000)), instantOf(1000)).memory;
    const failed = afterActing(acting, 'T', { actedFor: instantOf(1000), isStopped: false });
    const now = instantOf(1000);
    expect(isSafe(acting, now)).toBe(true);
    expect(isSafe(failed, now)).toBe(false);
    expect(isSafe(afterWord(failed, clear), now)).toBe(true);
    expect(isObsolete(afterAttendance(failed, false))).toBe(true);
  });

  it('is not safe, and overdue once, when stopping takes longer than all stops in a row may', () => {
    const owed = owe(1000, { stops: [[stop, stop], [stop]] });
    const acting = takeDue(told(owed), instantOf(1000)).memory;
    const bound = 13_000;
    expect(nextActAt(acting)).toBe(bound + 1);
    expect(isSafe(acting, instantOf(bound))).toBe(true);
    expect(takeOverdue(acting, instantOf(bound)).overdue).toEqual([]);
    expect(isSafe(acting, instantOf(bound + 1))).toBe(false);
    const late = takeOverdue(acting, instantOf(bound + 1));
    expect(late.overdue).toEqual(['T']);
    expect(takeOverdue(late.memory, instantOf(60_000)).overdue).toEqual([]);
    expect(nextActAt(late.memory)).toBe(null);
    expect(isSafe(late.memory, instantOf(bound + 2))).toBe(false);
    expect(isObsolete(afterAttendance(late.memory, false))).toBe(false);
    const ended = afterActing(late.memory, 'T', { actedFor: instantOf(1000), isStopped: true });
    expect(isSafe(ended, instantOf(60_000))).toBe(true);
    expect(isSafe(told(owed), instantOf(bound + 1))).toBe(true);
  });

  it('arms the watchdog until it was stopped: nobody clears what was lost before he came', () => {
    const both = told(owe(1000), owe(60_000, { ticket: 'other' }));
    const acting = takeDue(afterAttendance(both, false), instantOf(1000)).memory;
    const acted = afterActing(acting, 'T', { actedFor: instantOf(1000), isStopped: true });
    const attended = afterAttendance(acted, true);
    expect(isOwing(attended)).toBe(true);
    expect(isOwing(afterWord(attended, { ...clear, ticket: 'other' }))).toBe(false);
    const failed = afterActing(acting, 'T', { actedFor: instantOf(1000), isStopped: false });
    expect(isOwing(failed)).toBe(true);
    expect(isOwing(afterWord(acted, owe(9000)))).toBe(true);
  });

  it('is moved by a newer word, which may leave the list as it was', () => {
    const memory = told(owe(1000), owe(2000, { stops: null }));
    expect(nextActAt(memory)).toBe(2000);
    expect(memory.owed.get('T')?.stops).toEqual([[stop]]);
    expect(dueAt(memory, 1500)).toEqual([]);
  });

  it('is nothing after a clear', () => {
    expect(nextActAt(told(owe(1000), clear))).toBe(null);
  });

  it('waits for its moment when the daemon is gone, unless the daemon was stopping', () => {
    expect(dueAt(afterAttendance(told(owe(1000)), false), 10)).toEqual([]);
    const draining = told(owe(1000), owe(4000, { isDraining: true, stops: null }));
    expect(dueAt(draining, 10)).toEqual([]);
    expect(dueAt(afterAttendance(draining, false), 10)).toEqual(['T']);
  });

  it('begins anew when a word comes while or after it was acted on', () => {
    const acting = takeDue(told(owe(1000)), instantOf(1000)).memory;
    const renewed = afterWord(acting, owe(9000, { stops: null }));
    expect(
      nextActAt(afterActing(renewed, 'T', { actedFor: instantOf(1000), isStopped: true })),
    ).toBe(9000);
    const acted = afterActing(acting, 'T', { actedFor: instantOf(1000), isStopped: true });
    expect(nextActAt(afterWord(acted, owe(9000, { stops: null })))).toBe(9000);
    expect(nextActAt(afterWord(acted, owe(1000, { isDraining: true, stops: null })))).toBe(null);
  });

  it('finishes an orphaned drain once, however far its deadline is', () => {
    const draining = afterAttendance(told(owe(9000, { isDraining: true })), false);
    const acting = takeDue(draining, instantOf(10));
    expect(acting.due).toEqual(['T']);
    const done = afterActing(acting.memory, 'T', { actedFor: instantOf(9000), isStopped: true });
    expect(dueAt(done, 20)).toEqual([]);
    expect(isObsolete(done)).toBe(true);
  });

  it('keeps it alive without a daemon until it was acted on', () => {
    expect(isObsolete(told())).toBe(false);
    expect(isObsolete(afterAttendance(told(), false))).toBe(true);
    const alone = afterAttendance(told(owe(1000)), false);
    expect(isObsolete(alone)).toBe(false);
    const acting = takeDue(alone, instantOf(1000)).memory;
    expect(isObsolete(acting)).toBe(false);
    expect(
      isObsolete(afterActing(acting, 'T', { actedFor: instantOf(1000), isStopped: true })),
    ).toBe(true);
  });
});
