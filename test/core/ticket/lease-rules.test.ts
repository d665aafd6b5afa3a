/** Rules R1, R2, R3, R6, R9, R10, R12, R14, R16: having a ticket, and giving it up in time. */
import { describe, expect, test } from 'vitest';
import { MAX_DRIFT } from '../../../core/ticket/context.ts';
import { durableOf } from '../../../core/ticket/state.ts';
import { A, ackRound, answers, B, bench, C, commits, confirm, D_MS, granted } from './bench.ts';
import { isBefore, sent, startFresh, voteFor } from './bench.ts';

const LEASE_MS = D_MS * (1 - MAX_DRIFT);

describe('R1 lease from send', () => {
  test('R1 the lease counts from the first send of the round, however late the acks are', () => {
    const on = bench();
    startFresh(on);
    on.give({ kind: 'grant', request: 1, isForced: true, isWaitingForCommit: false });
    voteFor(on, B);
    const sentAtMs = on.nowMs();
    voteFor(on, C);
    on.pause(900);
    ackRound(on, [C]);
    expect(on.state().lease?.until).toBe(sentAtMs + LEASE_MS);
  });

  test('R1 a resend belongs to the round it repeats', () => {
    const on = bench();
    startFresh(on);
    on.give({ kind: 'grant', request: 1, isForced: true, isWaitingForCommit: false });
    voteFor(on, B);
    const sentAtMs = on.nowMs();
    voteFor(on, C);
    const resent = sent(on.wait(2500), 'heartbeat');
    expect(resent.length).toBe(2);
    expect(new Set(resent.map(({ options }) => options)).size).toBe(1);
    ackRound(on, [B]);
    expect(on.state().lease?.until).toBe(sentAtMs + LEASE_MS);
  });

  test('R1 an ack of an older round is not one of this', () => {
    const on = granted();
    const oldNonce = on.state().round?.nonce ?? 0;
    const before = on.state().lease?.until;
    on.wait(5001);
    expect(on.state().round?.nonce).not.toBe(oldNonce);
    on.hear(C, { command: 'ack', request: 'heartbeat', options: oldNonce, leader: A.id, term: 1 });
    expect(on.state().lease?.until).toBe(before);
    ackRound(on, [C]);
    expect(on.state().lease?.until).toBeGreaterThan(before ?? Infinity);
  });

  test('R1 a round without a quorum starts over with every ack discarded', () => {
    const members = [A, B, C, { ...B, id: C.id + 1 }, { ...C, id: C.id + 2 }].map((member) => ({
      ...member,
      id: Number(member.id) as typeof B.id,
    }));
    const on = granted({ members });
    on.wait(5001);
    ackRound(on, members.slice(1, 2));
    expect(on.state().round?.acked.length).toBe(2);
    on.wait(4100);
    expect(on.state().round?.acked).toEqual([A.id]);
  });
});

test('R2 heartbeats and updates announce the whole lease, not what is left of it', () => {
  const on = granted({ unmarked: [B] });
  const seen = on.wait(5001);
  expect(sent(seen, 'heartbeat').map(({ validForMs }) => validForMs)).toEqual([D_MS]);
  const updates = sent(ackRound(on, [C]), 'update');
  expect(updates.map(({ validForMs }) => validForMs)).toEqual([D_MS]);
});

describe('R3 promise before ack, vote before reply', () => {
  test.each([
    ['vote', { command: 'req-vote', leader: B.id, term: 1, reason: 'admin' }, 'vote-for'],
    ['ack', { command: 'heartbeat', leader: B.id, term: 1, validForMs: D_MS }, 'ack'],
    ['ack of a revoke', { command: 'revoke', leader: null, term: 1 }, 'ack'],
  ] as const)('R3 the %s stands behind its record', (_title, message, reply) => {
    const on = bench({ self: C });
    startFresh(on);
    const effects = on.hear(B, message);
    expect(
      isBefore(
        effects,
        ({ kind }) => kind === 'persist',
        (effect) => effect.kind === 'send' && effect.message.command === reply,
      ),
    ).toBe(true);
  });

  test('R3 with a broken journal nobody gets a vote or an ack, and no round is repeated', () => {
    const voter = bench({ self: C });
    startFresh(voter);
    voter.breakJournal(false);
    const vote = voter.hear(B, { command: 'req-vote', leader: B.id, term: 1, reason: 'admin' });
    const ack = voter.hear(B, { command: 'heartbeat', leader: B.id, term: 1 });
    expect(sent([...vote, ...ack])).toEqual([]);
    const leader = granted();
    leader.wait(5001);
    leader.breakJournal(false);
    expect(sent(leader.wait(4000), 'heartbeat')).toEqual([]);
  });
});

describe('R6 give up in time', () => {
  test('R6 the revocation starts the margin before the lease ends', () => {
    const on = granted({ commitMarginMs: 300 });
    const endsAt = on.state().lease?.until ?? 0;
    on.wait(endsAt - on.nowMs() - 301);
    expect(commits(on.effects())).toEqual([]);
    on.wait(1);
    expect(commits(on.effects())).toMatchObject([{ granted: false }]);
    expect(on.state().lease).toBeNull();
  });

  test('R6 after a pause past the lease it revokes before it looks at anything queued', () => {
    const on = granted();
    on.wait(5001);
    const { nonce } = on.state().round ?? { nonce: 0 };
    on.pause(D_MS);
    const effects = on.hear(C, {
      ...{ command: 'ack', request: 'heartbeat', leader: A.id, term: 1 },
      options: nonce,
    });
    expect(effects[0]).toMatchObject({ kind: 'event' });
    expect(commits(effects)).toMatchObject([{ granted: false }]);
    expect(on.state().role).toBe('follower');
    expect(on.state().lease).toBeNull();
  });
});

describe('R9 commit after quorum', () => {
  test('R9 votes alone commit nothing; a quorum acking the first heartbeat of the term does', () => {
    const on = bench();
    startFresh(on);
    on.give({ kind: 'grant', request: 1, isForced: true, isWaitingForCommit: false });
    expect(commits([...voteFor(on, B), ...voteFor(on, C)])).toEqual([]);
    expect(commits(ackRound(on, [C]))).toMatchObject([{ granted: true, term: 1 }]);
  });

  test('R9 a takeover waits for acquire-after behind the end of the promise to the old holder', () => {
    const on = bench({ config: { acquireAfterMs: 3000 } });
    startFresh(on);
    on.hear(B, { command: 'heartbeat', leader: B.id, term: 1, validForMs: D_MS });
    const promisedUntil = on.state().promise?.until ?? 0;
    on.wait(D_MS + 3000 + 1000);
    expect(on.state().election?.reason).toBe('ticket-lost');
    expect(on.state().election?.startedAt).toBeGreaterThanOrEqual(promisedUntil + 3000);
  });

  test('R9 a candidate that did not know the holder is told by its voters how long to wait', () => {
    const on = bench({ config: { acquireAfterMs: 3000 } });
    startFresh(on);
    on.give({ kind: 'grant', request: 1, isForced: true, isWaitingForCommit: true });
    const term = on.state().term;
    for (const peer of [B, C])
      on.hear(peer, { command: 'vote-for', leader: A.id, term, validForMs: 2000 });
    expect(commits(ackRound(on, [B, C]))).toEqual([]);
    expect(commits(on.wait(1999))).toEqual([]);
    expect(commits(on.wait(2))).toMatchObject([{ granted: true }]);
  });

  test('R9 a restart inside the lease does not shorten the wait for the grant', () => {
    const config = { acquireAfterMs: 3000 };
    const before = bench({ config });
    startFresh(before);
    before.give({ kind: 'grant', request: 1, isForced: false, isWaitingForCommit: true });
    voteFor(before, C);
    ackRound(before, [C]);
    const on = bench({ config });
    startFresh(on, durableOf(before.state()));
    voteFor(on, C);
    expect(commits(ackRound(on, [C])).filter((commit) => commit.granted)).toEqual([]);
    expect(on.state().commit.notBefore).toBe(on.nowMs() + D_MS + 3000);
  });

  test('R9 a voter that follows a dead holder says how long its resources may still run', () => {
    const on = bench({ self: C, config: { acquireAfterMs: 3000 } });
    startFresh(on);
    on.hear(B, { command: 'heartbeat', leader: B.id, term: 1, validForMs: D_MS });
    on.wait(D_MS + 1000);
    const vote = on.hear(A, { command: 'req-vote', leader: A.id, term: 2, options: 2 });
    expect(sent(vote, 'vote-for')).toMatchObject([{ leader: A.id, validForMs: 2000 }]);
  });
});

describe('R10 first grant with unreachable sites', () => {
  test('R10 waits D + acquire-after, or until every site has acked', () => {
    const on = bench({ config: { acquireAfterMs: 2000 } });
    startFresh(on);
    on.give({ kind: 'grant', request: 1, isForced: false, isWaitingForCommit: true });
    voteFor(on, C);
    expect(commits(ackRound(on, [C]))).toEqual([]);
    expect(on.state().commit.notBefore).toBe(on.nowMs() + D_MS + 2000);
    // A late vote of the other site is no answer of it to the heartbeat (9.2.17).
    expect(commits(voteFor(on, B))).toEqual([]);
    expect(commits(on.hear(B, { command: 'my-index', request: 'status', term: 0 }))).toEqual([]);
    expect(commits(ackRound(on, [B]))).toMatchObject([{ granted: true }]);
  });

  test('R10 --force skips the wait, and is refused while the holder lives', () => {
    const on = bench();
    startFresh(on);
    on.give({ kind: 'grant', request: 1, isForced: true, isWaitingForCommit: false });
    voteFor(on, C);
    voteFor(on, B);
    expect(commits(ackRound(on, [C]))).toMatchObject([{ granted: true }]);
    const follower = bench();
    startFresh(follower);
    follower.hear(B, { command: 'heartbeat', leader: B.id, term: 1, validForMs: D_MS });
    const refused = follower.give({
      ...{ kind: 'grant', request: 2 },
      ...{ isForced: true, isWaitingForCommit: false },
    });
    expect(answers(refused)).toEqual(['overgrant']);
  });
});

describe('R12 say no quickly, where that is safe', () => {
  test('R12 a whole ring of ours is not waited for; beside a C daemon the time is served', () => {
    const quick = bench();
    startFresh(quick);
    quick.give({ kind: 'grant', request: 1, isForced: true, isWaitingForCommit: false });
    voteFor(quick, C);
    expect(quick.state().role).toBe('leader');
    const strict = bench({ unmarked: [B] });
    startFresh(strict);
    strict.give({ kind: 'grant', request: 1, isForced: true, isWaitingForCommit: false });
    voteFor(strict, C);
    strict.wait(1900);
    expect(strict.state().role).toBe('candidate');
    strict.wait(200);
    expect(strict.state().role).toBe('leader');
  });

  test('R12 an election ends as soon as a quorum cannot be reached any more', () => {
    const on = bench();
    startFresh(on);
    on.give({ kind: 'grant', request: 1, isForced: true, isWaitingForCommit: false });
    for (const peer of [B, C])
      on.hear(peer, {
        ...{ command: 'rejected', request: 'req-vote', result: 'term-still-valid' },
        term: 1,
      });
    expect(on.state().election).toBeNull();
    expect(on.state().plannedElection).not.toBeNull();
  });
});

test('R14 every grant commit carries the end of the lease, and each renewal moves it on', () => {
  const on = granted();
  const first = on.state().lease?.until;
  on.wait(5001);
  const renewed = commits(ackRound(on, [B, C]));
  expect(renewed).toMatchObject([{ granted: true }]);
  expect(renewed[0]?.leaseUntil).toBe(on.state().lease?.until);
  expect(renewed[0]?.leaseUntil).toBeGreaterThan(first ?? Infinity);
});

test('R14 a cluster that cannot answer for it any more has the ticket given away in order', () => {
  const on = granted();
  const effects = on.give({ kind: 'give-up', reason: 'there is no guard' });
  expect(commits(effects)).toMatchObject([{ granted: false }]);
  expect(sent(effects)).toEqual([]);
  expect(sent(confirm(on))[0]).toMatchObject({ command: 'vote-for', leader: null });
  expect(on.state()).toMatchObject({ role: 'follower', holder: { isReleased: true } });
});

describe('R16 a leader that loses its place says so', () => {
  test('R16 a higher term of another leader revokes in the cluster in the same step', () => {
    const on = granted();
    const effects = on.hear(B, { command: 'heartbeat', leader: B.id, term: 5, validForMs: D_MS });
    expect(commits(effects)[0]).toMatchObject({ granted: false });
    expect(on.state().role).toBe('follower');
  });

  test('R16 a failed commit is repeated, and never told as success', () => {
    const on = bench();
    startFresh(on);
    on.give({ kind: 'grant', request: 1, isForced: true, isWaitingForCommit: false });
    for (const peer of [B, C]) voteFor(on, peer);
    ackRound(on, [B, C]);
    const told: string[] = [];
    for (let tries = 0; tries < 3; tries += 1) {
      told.push(...answers(confirm(on, 'the cluster is down')));
      told.push(...answers(on.wait(1500)));
    }
    expect(told).toEqual(['failed']);
    expect(on.state().isSteppingDown).toBe(true);
  });

  test('R16 a revoke that fails keeps the lease renewed, so that nobody else acquires meanwhile', () => {
    const on = granted();
    on.give({ kind: 'revoke', request: 2 });
    confirm(on, 'the cluster is down');
    expect(on.state().role).toBe('leader');
    expect(sent(on.wait(5001), 'heartbeat').length).toBeGreaterThan(0);
    expect(sent(on.effects(), 'revoke')).toEqual([]);
  });
});
