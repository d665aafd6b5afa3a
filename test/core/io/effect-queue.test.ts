/** Order behind a ticket's writes (R3), tickets apart (R13). */
import { expect, test } from 'vitest';
import type { Gate } from '../../../core/io/effect-queue.ts';
import {
  addGate,
  createEffectQueue,
  dropHandlerRun,
  holdBack,
  isGated,
  release,
} from '../../../core/io/effect-queue.ts';
import type { MemberEffect } from '../../../core/member/effect.ts';
import { openDesk } from '../member/desk.ts';

const desk = openDesk();
const [message] = desk
  .hear(desk.bytes('B', { command: 'status' }))
  .flatMap((effect) => (effect.kind === 'send' ? [effect.message] : []));
if (message === undefined) throw new Error('STATUS is answered');

const send = (ticket: string, term: number): MemberEffect => ({
  kind: 'send',
  ticket,
  to: [],
  message: { ...message, term },
  isResend: false,
});
const commit = (granted: boolean): MemberEffect => ({
  kind: 'commit',
  ticket: 'a',
  sequence: 1,
  change: {
    ticket: 'a',
    granted,
    owner: 0,
    expiresEpochSecs: 0,
    term: 1,
    configName: 'booth',
    leaseUntil: null,
  },
});
const handler: MemberEffect = {
  kind: 'run-handler',
  ticket: 'a',
  run: { ticket: 'a', handler: { path: '/bin/check', args: [] }, environment: {} },
};
const answer = (ticket: string | null): MemberEffect => ({
  kind: 'answer',
  ticket,
  connection: 1,
  answer: null,
  isFinal: true,
});
const newGate = (): Gate => ({ isSettled: false, isFailed: false });
const settle = (gate: Gate, isFailed = false): void => {
  Object.assign(gate, { isSettled: true, isFailed });
};

test('what gives a word or a right waits for the write; what takes one away does not', () => {
  expect([send('a', 1), commit(true), handler, answer('a')].map(isGated)).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(isGated(commit(false))).toBe(false);
  expect(isGated(answer(null))).toBe(false);
  expect(isGated({ kind: 'stop-handler', ticket: 'a' })).toBe(false);
});

test('effects come out in order, up to the first write that is not on disk', () => {
  const queue = createEffectQueue();
  const [first, second] = [newGate(), newGate()];
  expect(holdBack(queue, 'a', send('a', 0))).toBe(false);
  addGate(queue, 'a', first);
  holdBack(queue, 'a', send('a', 1));
  addGate(queue, 'a', second);
  holdBack(queue, 'a', send('a', 2));
  settle(second);
  expect(release(queue, 'a')).toEqual({ ready: [], dropped: [] });
  settle(first);
  expect(release(queue, 'a')).toEqual({ ready: [send('a', 1), send('a', 2)], dropped: [] });
  expect(holdBack(queue, 'a', send('a', 3))).toBe(false);
});

test('what stood behind a lost write is dropped, up to a later one that succeeded', () => {
  const queue = createEffectQueue();
  const [first, second] = [newGate(), newGate()];
  addGate(queue, 'a', first);
  holdBack(queue, 'a', send('a', 1));
  addGate(queue, 'a', second);
  holdBack(queue, 'a', send('a', 2));
  settle(first, true);
  expect(release(queue, 'a')).toEqual({ ready: [], dropped: [send('a', 1)] });
  settle(second);
  expect(release(queue, 'a')).toEqual({ ready: [send('a', 2)], dropped: [] });
});

test('R13 a ticket’s slow write holds back no other ticket', () => {
  const queue = createEffectQueue();
  addGate(queue, 'a', newGate());
  expect(holdBack(queue, 'b', send('b', 1))).toBe(false);
  expect(release(queue, 'b')).toEqual({ ready: [], dropped: [] });
});

test('behind a disk that hangs datagrams are bounded, answers are kept', () => {
  const queue = createEffectQueue();
  const gate = newGate();
  addGate(queue, 'a', gate);
  for (let term = 0; term < 5000; term += 1)
    expect(holdBack(queue, 'a', send('a', term))).toBe(true);
  holdBack(queue, 'a', answer('a'));
  settle(gate);
  const { ready } = release(queue, 'a');
  expect(ready.length).toBeLessThan(300);
  expect(ready.at(-1)).toEqual(answer('a'));
});

test('a handler that waits for a write can still be called off', () => {
  const queue = createEffectQueue();
  const gate = newGate();
  dropHandlerRun(queue, 'a');
  addGate(queue, 'a', gate);
  holdBack(queue, 'a', handler);
  holdBack(queue, 'a', send('a', 1));
  dropHandlerRun(queue, 'a');
  settle(gate);
  expect(release(queue, 'a').ready).toEqual([send('a', 1)]);
});
