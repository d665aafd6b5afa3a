/** R15 at its edges: what was revoked, or never held, leads nobody to acquire it. */
import { describe, expect, test } from 'vitest';
import {
  A,
  B,
  C,
  D_MS,
  ackRound,
  answers,
  bench,
  confirm,
  electedOnly,
  following,
  forced,
  granted,
  heartbeat,
  sent,
  startFresh,
  voteRequest,
} from './bench.ts';

describe('R15 at its edges', () => {
  test('R15 an elected leader that nobody acked held nothing: it does not stand again for it', () => {
    const on = electedOnly();
    expect(on.state().holder.kind).toBe('unknown');
    on.wait(4500);
    expect(on.state().role).not.toBe('leader');
    on.wait(60_000);
    expect(answers(on.effects())).toContain('failed');
    const { election, plannedElection } = on.state();
    expect([election, plannedElection]).toEqual([null, null]);
  });

  test('R15 giving up frees its minority for a better leader', () => {
    const on = electedOnly();
    on.hear(B, voteRequest(B, 9, { reason: 'admin' }));
    expect(sent(on.effects(), 'vote-for')).toEqual([]);
    on.wait(4500);
    on.hear(B, voteRequest(B, 10, { reason: 'admin' }));
    expect(sent(on.effects(), 'vote-for')).toMatchObject([{ leader: B.id }]);
  });

  test('R15 the operator who calls off a pending grant is not told "revoked"', () => {
    const on = bench();
    startFresh(on);
    on.give(forced);
    on.give({ kind: 'revoke', request: 2 });
    expect(answers(on.effects())).toEqual(['failed', 'ticket-idle']);

    const lost = following();
    lost.pause(D_MS);
    lost.give(forced);
    lost.give({ kind: 'revoke', request: 2 });
    expect(answers(lost.effects())).toEqual(['failed', 'failed']);
  });

  test('R15 a revoke names the term it revokes', () => {
    const on = granted();
    const { term } = on.state();
    on.give({ kind: 'revoke', request: 2 });
    confirm(on);
    on.hear(B, voteRequest(B, term + 5, { reason: 'admin' }));
    expect(on.state().term).toBe(term + 5);
    expect(sent(on.wait(1500), 'revoke')).toMatchObject([{ term }]);
  });

  test('R15 a member without memory is told when the revoke was, not only that', () => {
    const knowing = bench({ self: C });
    startFresh(knowing, { term: 9, holder: { kind: 'nobody', term: 4 } });
    knowing.hear(A, { command: 'status', options: 5, term: 0 });
    const answer = sent(knowing.effects(), 'my-index')[0];
    expect(answer).toMatchObject({ result: 'ticket-idle', term: 9, leader: null });

    const asking = bench();
    asking.give({
      kind: 'start',
      durable: null,
      isSameBoot: false,
      isMemoryComplete: false,
      cluster: { granted: false, owner: null, term: null },
    });
    asking.hear(C, { ...answer, command: 'my-index', request: 'status' });
    expect(asking.state().holder).toEqual({ kind: 'nobody', term: 4 });
  });

  test('R15 a member without memory acks no revoke before it votes: it may have forgotten what came after', () => {
    const on = bench({ self: C });
    on.give({
      kind: 'start',
      durable: null,
      isSameBoot: false,
      isMemoryComplete: false,
      cluster: null,
    });
    const revoke = { command: 'revoke', options: 7, term: 4, reason: 'admin' } as const;
    on.hear(A, revoke);
    expect(on.state().holder).toEqual({ kind: 'nobody', term: 4 });
    expect(sent(on.effects(), 'ack')).toEqual([]);
    on.wait(1.02 * D_MS);
    on.hear(A, revoke);
    expect(sent(on.effects(), 'ack')).toMatchObject([{ request: 'revoke', term: 4 }]);
  });

  test('R15 hearsay does not make a member forget a revoke; the leader itself does', () => {
    const on = bench();
    startFresh(on, { term: 5, holder: { kind: 'nobody', term: 5 } });
    const index = {
      command: 'my-index',
      request: 'status',
      leader: B.id,
      validForMs: 900,
    } as const;
    on.hear(C, { ...index, term: 7 });
    expect(on.state().holder.kind).toBe('nobody');
    on.hear(B, { ...index, term: 7 });
    expect(on.state().holder).toMatchObject({ kind: 'member', id: B.id, term: 7 });
  });

  test('R15 a revoke is not told as done before a quorum remembers it', () => {
    const five = [A, B, C, { ...C, id: B.id + 1 }, { ...C, id: B.id + 2 }] as (typeof A)[];
    const on = granted({ members: five });
    on.give({ kind: 'revoke', request: 2 });
    confirm(on);
    ackRound(on, [C]);
    expect(answers(on.wait(5000))).not.toContain('success');
    const seen = ackRound(on, [B]);
    expect(answers(seen)).toEqual(['success']);
  });

  test('R15 a leader in a term that was closed by a revoke is told, and stands again above it', () => {
    const voter = bench({ self: C });
    startFresh(voter, { term: 5, holder: { kind: 'nobody', term: 5 } });
    voter.hear(B, heartbeat(B, 5));
    const [rejected] = sent(voter.effects());
    expect(rejected).toMatchObject({ command: 'rejected', result: 'you-are-outdated', term: 5 });

    const on = granted();
    const { term, round, lease } = on.state();
    const answer = {
      command: 'rejected',
      request: 'heartbeat',
      result: 'you-are-outdated',
    } as const;
    on.hear(C, { ...answer, term, options: 12 });
    expect(on.state().role).toBe('leader');
    on.hear(C, { ...answer, term, options: round?.nonce ?? 0 });
    expect(on.state()).toMatchObject({ role: 'candidate', term: term + 1, lease });
  });

  test('R15 a grant is refused while a revoke waits for its quorum', () => {
    const on = granted();
    on.give({ kind: 'revoke', request: 2 });
    confirm(on);
    on.give({ ...forced, request: 3 });
    expect(answers(on.effects())).toEqual(['failed']);
    ackRound(on, [C]);
    on.give({ ...forced, request: 4 });
    expect(answers(on.effects())).toEqual(['more']);
  });
});
