/** booth-protocol 9.2: where a C daemon ends with two holders, or one nobody asked for. */
import { describe, expect, test } from 'vitest';
import { initialDurable } from '../../../core/ticket/state.ts';
import {
  A,
  ackRound,
  answers,
  B,
  bench,
  C,
  commits,
  confirm,
  D_MS,
  following,
  granted,
  sent,
  startFresh,
  voteFor,
} from './bench.ts';

const forced = { kind: 'grant', request: 1, isForced: true, isWaitingForCommit: true } as const;
const voteRequest = (from: typeof B, term: number, part = {}) =>
  ({ command: 'req-vote', leader: from.id, term, reason: 'ticket-lost', ...part }) as const;
const index = { command: 'my-index', request: 'status' } as const;

describe('holding longer than the others promised', () => {
  test('9.2.1 nothing is committed before a quorum promised a lease that outlasts the leader’s', () => {
    const on = bench({ unmarked: [B, C] });
    startFresh(on);
    on.give(forced);
    for (const peer of [B, C]) voteFor(on, peer);
    const [heartbeat] = sent(on.effects(), 'heartbeat');
    expect(heartbeat?.validForMs).toBe(D_MS);
    const sentAtMs = on.nowMs();
    on.pause(800);
    ackRound(on, [C]);
    const [commit] = commits(on.effects());
    expect(commit?.leaseUntil).toBeLessThan(sentAtMs + D_MS);
    expect(on.state().lease?.until).toBeLessThan(sentAtMs + D_MS);
  });

  test('9.2.14 the loss is noticed at the end of the lease, not at the next resend', () => {
    const on = granted({ config: { timeoutMs: 2000, renewalMs: 9000 } });
    const until = on.state().lease?.until ?? 0;
    on.wait(until - on.nowMs() - 101);
    expect(on.state().lease).not.toBeNull();
    expect(commits(on.wait(1))).toMatchObject([{ granted: false }]);
  });

  test('9.2.16 a restarted site commits no grant before a heartbeat was acked', () => {
    const before = granted().state();
    const on = bench();
    startFresh(on, before, { granted: false, owner: A.id, term: 1 });
    for (const peer of [B, C]) voteFor(on, peer);
    expect(on.state().role).toBe('leader');
    expect(commits(on.effects())).toEqual([]);
  });
});

describe('acquiring what nobody asked for', () => {
  test('9.2.2 a vote for a candidate that disappears leads to no election', () => {
    const on = bench();
    startFresh(on, { term: 4, holder: { kind: 'nobody', term: 4 } });
    on.hear(B, voteRequest(B, 5, { reason: 'admin' }));
    expect(sent(on.effects(), 'vote-for')).toHaveLength(1);
    expect(sent(on.wait(120_000))).toEqual([]);
    expect(on.state().holder).toEqual({ kind: 'nobody', term: 4 });
  });

  test('9.2.3 after "outdated" the candidate asks nobody again, least without a reason', () => {
    const on = following();
    on.wait(D_MS + 1000);
    expect(on.state().role).toBe('candidate');
    const rejected = {
      command: 'rejected',
      request: 'req-vote',
      result: 'you-are-outdated',
      term: 9,
    } as const;
    on.hear(B, rejected);
    on.hear(C, rejected);
    const later = on.wait(60_000);
    expect(sent(later, 'req-vote')).toEqual([]);
    expect(on.state().holder).toEqual({ kind: 'nobody', term: 9 });
  });

  test('9.2.3 a C daemon’s reasonless repeat does not make a voter forget the revoke', () => {
    const on = bench({ unmarked: [B] });
    startFresh(on, { term: 4, holder: { kind: 'nobody', term: 4 } });
    on.hear(B, voteRequest(B, 5));
    expect(sent(on.effects())).toMatchObject([{ command: 'rejected', result: 'you-are-outdated' }]);
    on.hear(B, voteRequest(B, 5, { reason: 'none' }));
    expect(sent(on.effects())).toEqual([]);
    expect(on.state().holder).toEqual({ kind: 'nobody', term: 4 });
  });

  test('9.2.4 an old vote is no leader: not in our answers, not from others', () => {
    const on = bench();
    startFresh(on);
    on.hear(B, voteRequest(B, 1, { reason: 'admin' }));
    on.hear(C, { command: 'status' });
    expect(sent(on.effects(), 'my-index')).toMatchObject([{ leader: null, validForMs: 0 }]);
    on.hear(C, { ...index, leader: B.id, term: 3, validForMs: 0 });
    expect(on.state().holder.kind).toBe('unknown');
    expect(on.state().plannedElection).toBeNull();
  });

  test('9.2.5 being told that one holds it oneself makes nobody acquire', () => {
    const on = bench();
    startFresh(on);
    on.hear(C, { ...index, leader: A.id, term: 3, validForMs: 9000 });
    const effects = on.wait(60_000);
    expect([...sent(effects, 'req-vote'), ...commits(effects)]).toEqual([]);
  });

  test('9.2.15 a revoke is repeated until everybody knows it, however long that takes', () => {
    const on = granted();
    on.give({ kind: 'revoke', request: 2 });
    confirm(on);
    ackRound(on, [C]);
    const repeated = sent(on.wait(300_000), 'revoke');
    expect(repeated.length).toBeGreaterThan(200);
    ackRound(on, [B]);
    expect(sent(on.wait(300_000), 'revoke')).toEqual([]);
  });
});

describe('obeying whom one should not', () => {
  test('9.2.6 a stepped-down reason overrides no live lease, neither here nor at a follower', () => {
    const leader = granted();
    leader.hear(B, voteRequest(B, 9, { reason: 'step-down' }));
    expect(sent(leader.effects())).toMatchObject([
      { command: 'rejected', result: 'term-still-valid' },
    ]);
    expect(leader.state().role).toBe('leader');
    const follower = following();
    follower.hear(C, voteRequest(C, 9, { reason: 'step-down' }));
    expect(sent(follower.effects(), 'vote-for')).toEqual([]);
  });

  test('9.2.6 nor does the reason stick: the next election names its own', () => {
    const on = following();
    on.hear(B, { command: 'vote-for', leader: null, term: 3, reason: 'local-fail' });
    on.wait(1000);
    expect(on.state().election?.reason).toBe('step-down');
    for (const peer of [B, C]) voteFor(on, peer);
    ackRound(on, [B, C]);
    confirm(on);
    const effects = on.wait(30_000);
    const reasons = sent(effects, 'req-vote').map(({ reason }) => reason);
    expect(reasons.length).toBeGreaterThan(0);
    expect(reasons).not.toContain('step-down');
  });

  test('9.2.7 a heartbeat is not obeyed during another’s live promise, of whatever term', () => {
    const members = [A, B, C, { ...B, id: C.id + 1 }] as (typeof A)[];
    const other = members[3] ?? B;
    const on = following({ members });
    on.hear(other, { command: 'heartbeat', leader: other.id, term: 99, validForMs: D_MS });
    expect(sent(on.effects())).toMatchObject([{ command: 'rejected', result: 'term-still-valid' }]);
    expect(on.state().holder).toMatchObject({ id: B.id });
  });

  test.each([
    ['ACK', { command: 'ack', request: 'heartbeat', term: 99 } as const],
    ['REQ_VOTE', voteRequest(B, 99)],
    ['MY_INDEX', { ...index, leader: B.id, term: 99, validForMs: 9000 }],
    ['REJECTED', { command: 'rejected', request: 'heartbeat', term: 99 } as const],
  ])(
    '9.2.8 a higher term in %s does not take leadership away behind the cluster’s back',
    (_what, part) => {
      const on = granted();
      on.hear(B, { leader: B.id, ...part });
      const isHolding = on.state().lease !== null;
      const isRevoking = commits(on.effects()).some((commit) => !commit.granted);
      expect(isHolding || isRevoking).toBe(true);
      const { lease } = on.state();
      if (lease !== null) {
        const effects = on.wait(lease.until - on.nowMs());
        expect(commits(effects).some((commit) => !commit.granted)).toBe(true);
      }
    },
  );

  test('9.2.9 terms do not go down, whatever a message says', () => {
    const on = following({}, 7);
    for (const part of [
      { command: 'heartbeat', leader: B.id, term: 2 } as const,
      { command: 'update', leader: B.id, term: 2 } as const,
      { command: 'rejected', request: 'req-vote', result: 'term-still-valid', term: 2 } as const,
      { ...index, leader: B.id, term: 2, validForMs: 9000 },
    ])
      on.hear(B, part);
    expect(on.state().term).toBe(7);
    expect(on.state().vote?.term).toBe(7);
  });

  test('9.2.10 a restarted arbitrator remembers its vote, and abstains when it cannot', () => {
    const self = C;
    const before = bench({ self });
    startFresh(before);
    before.hear(A, voteRequest(A, 1, { reason: 'admin' }));
    const restarted = bench({ self });
    startFresh(restarted, before.state());
    restarted.hear(B, voteRequest(B, 1, { reason: 'admin' }));
    expect(sent(restarted.effects(), 'vote-for')).toMatchObject([{ leader: A.id }]);

    const amnesiac = bench({ self });
    amnesiac.give({
      kind: 'start',
      durable: null,
      isMemoryComplete: false,
      isSameBoot: false,
      cluster: null,
    });
    amnesiac.hear(B, voteRequest(B, 1, { reason: 'admin' }));
    expect(sent(amnesiac.effects(), 'vote-for')).toEqual([]);
  });
});

describe('committing too early', () => {
  const acquireAfterMs = 5000;

  test('9.2.11 a refused candidate does not stand, nor commit, before acquire-after is over', () => {
    const on = following({ config: { acquireAfterMs } });
    const promisedUntil = on.state().promise?.until ?? 0;
    const early = on.wait(promisedUntil + acquireAfterMs - on.nowMs() - 1);
    expect(sent(early, 'req-vote')).toEqual([]);
  });

  test('9.2.13 a failover’s commit waits for acquire-after, like an operator’s', () => {
    const on = following({ config: { acquireAfterMs } });
    const promisedUntil = on.state().promise?.until ?? 0;
    on.pause(promisedUntil - on.nowMs());
    on.hear(B, { command: 'vote-for', leader: null, term: 3, reason: 'local-fail' });
    on.wait(1000);
    for (const peer of [B, C]) voteFor(on, peer);
    ackRound(on, [B, C]);
    expect(on.state().lease).not.toBeNull();
    expect(commits(on.effects()).filter((commit) => commit.granted)).toEqual([]);
  });

  test('9.2.17 a site that only voted, or voted for another, does not lift the wait for it', () => {
    const on = bench();
    startFresh(on, initialDurable);
    on.give({ ...forced, isForced: false });
    voteFor(on, C);
    voteFor(on, B, B.id);
    ackRound(on, [C]);
    expect(on.state().lease).not.toBeNull();
    expect(commits(on.effects())).toEqual([]);
    ackRound(on, [B]);
    expect(commits(on.effects())).toMatchObject([{ granted: true }]);
  });
});

describe('hazards of 9.3', () => {
  test('9.3.1 a grant that waits is executed once, its delay kept to the end', () => {
    const on = bench();
    startFresh(on);
    on.give({ ...forced, isForced: false });
    const { notBefore } = on.state().commit;
    voteFor(on, C);
    ackRound(on, [C]);
    expect(on.state().commit.notBefore).toBe(notBefore);
    expect(commits(on.effects())).toEqual([]);
    on.give({ ...forced, request: 2 });
    expect(answers(on.effects())).toEqual(['overgrant']);
    expect(on.state().commit.notBefore).toBe(notBefore);
  });
});
