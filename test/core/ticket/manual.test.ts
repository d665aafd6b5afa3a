/** Manual tickets: no lease, no election; an operator alone decides (booth-protocol 6.11). */
import { expect, test } from 'vitest';
import {
  A,
  ackRound,
  answers,
  B,
  bench,
  C,
  commits,
  confirm,
  sent,
  startFresh,
  type Bench,
} from './bench.ts';

const manual = { config: { mode: 'manual' } } as const;
const grant = (request: number, isForced = false) =>
  ({ kind: 'grant', request, isForced, isWaitingForCommit: false }) as const;
const claim = (from: typeof B, term: number) =>
  ({ command: 'heartbeat', leader: from.id, term, options: 4 }) as const;

function open(self = A): Bench {
  const on = bench({ ...manual, self });
  startFresh(on);
  return on;
}

function held(): Bench {
  const on = open();
  on.give(grant(1));
  ackRound(on, [C]);
  confirm(on);
  return on;
}

test('a grant needs no votes; it is committed, without an end, when a majority has acked', () => {
  const on = open();
  on.give(grant(1));
  expect(sent(on.effects()).map(({ command }) => command)).toEqual(['heartbeat']);
  expect(commits(on.effects())).toEqual([]);
  ackRound(on, [C]);
  expect(commits(on.effects())).toMatchObject([{ granted: true, leaseUntil: null }]);
  confirm(on);
  expect(answers(on.effects())).toEqual(['success']);
});

test('it is never lost: the claim is repeated every minute, the cluster written again', () => {
  const on = held();
  const effects = on.wait(59_000);
  expect(sent(effects, 'vote-for')).toEqual([]);
  on.wait(1000);
  expect(sent(on.effects(), 'heartbeat')).toMatchObject([{ leader: A.id, validForMs: 0 }]);
  ackRound(on, [C]);
  expect(commits(on.effects())).toMatchObject([{ granted: true }]);
  confirm(on);
  expect(commits(on.effects())).toEqual([]);
});

test('held elsewhere it is refused, unless forced; granted here already it is a success', () => {
  const on = open();
  on.hear(B, claim(B, 1));
  expect(sent(on.effects(), 'ack')).toMatchObject([{ leader: B.id }]);
  on.give(grant(1));
  expect(answers(on.effects())).toEqual(['overgrant']);
  on.give(grant(2, true));
  expect(on.state()).toMatchObject({ role: 'leader', term: 2, claims: [B.id, A.id] });
  on.give(grant(3));
  expect(answers(on.effects())).toEqual(['success']);
});

test('a second claim is told loudly, and does not make the holder give way', () => {
  const on = held();
  on.hear(B, claim(B, 2));
  expect(on.state()).toMatchObject({ role: 'leader', claims: [A.id, B.id] });
  expect(sent(on.effects())).toEqual([]);
  expect(on.effects()).toContainEqual(
    expect.objectContaining({
      event: expect.objectContaining({ event: 'granted-twice', level: 'error' }),
    }),
  );
  on.hear(B, claim(B, 2));
  expect(on.effects()).toEqual([]);
});

test('granted twice, the others name the newer one, and acknowledge the older one’s claim', () => {
  const on = open(C);
  on.hear(A, claim(A, 1));
  on.hear(B, claim(B, 2));
  on.hear(A, claim(A, 1));
  expect(sent(on.effects(), 'ack')).toMatchObject([{ leader: A.id, term: 1 }]);
  expect(on.state().holder).toMatchObject({ id: B.id, term: 2 });
  expect(on.state().claims).toEqual([A.id, B.id]);
  on.hear(B, claim(B, 1));
  expect(sent(on.effects())).toEqual([]);
});

test('revoked at one of the two sites, it stays with the other', () => {
  const on = held();
  on.hear(B, claim(B, 2));
  on.hear(B, { command: 'revoke', leader: null, term: 2, options: 6 });
  expect(sent(on.effects(), 'ack')).toMatchObject([{ request: 'revoke', options: 6 }]);
  expect(on.state()).toMatchObject({ role: 'leader', claims: [A.id] });
});

test('revoked here, the claim ends and the ring is told', () => {
  const on = held();
  on.give({ kind: 'revoke', request: 2 });
  expect(commits(on.effects())).toMatchObject([{ granted: false }]);
  confirm(on);
  expect(sent(on.effects(), 'revoke')).toHaveLength(1);
  ackRound(on, [C]);
  expect(answers(on.effects())).toEqual(['success']);
  expect(on.state()).toMatchObject({ role: 'init', claims: [], holder: { kind: 'nobody' } });
});

test('a restarted holder goes on holding, and claims at once', () => {
  const before = held().state();
  const on = bench(manual);
  startFresh(on, before, { granted: true, owner: A.id, term: 1 });
  expect(commits(on.effects()).every((commit) => commit.granted)).toBe(true);
  expect(sent(on.effects(), 'heartbeat')).toHaveLength(1);
  expect(on.state()).toMatchObject({ role: 'leader', claims: [A.id] });
});

test('a restarted follower follows; a claim in another’s name is refused', () => {
  const before = open(C);
  before.hear(A, claim(A, 1));
  const on = bench({ ...manual, self: C });
  startFresh(on, before.state());
  expect(on.state()).toMatchObject({ role: 'follower', holder: { id: A.id } });
  on.hear(B, { ...claim(B, 9), leader: A.id });
  expect(on.effects()).toEqual([{ kind: 'refused', from: B.id, reason: 'leader-is-not-sender' }]);
  const site = open();
  site.hear(C, claim(C, 9));
  expect(site.effects()).toEqual([{ kind: 'refused', from: C.id, reason: 'not-a-site' }]);
});

test('votes mean nothing to a manual ticket', () => {
  const on = held();
  on.hear(B, { command: 'req-vote', leader: B.id, term: 9, reason: 'admin' });
  expect(on.effects()).toEqual([]);
  on.hear(C, { command: 'rejected', request: 'heartbeat', result: 'term-outdated', term: 9 });
  expect(on.state().role).toBe('leader');
});
