/** Rules R4, R5, R7, R8, R11, R13, R15, R17: whom a member helps, and what it remembers. */
import { describe, expect, test } from 'vitest';
import { instantOf } from '../../../core/base/instant.ts';
import { durableOf } from '../../../core/ticket/state.ts';
import { A, ackRound, answers, B, bench, C, commits, confirm, D_MS } from './bench.ts';
import { following, granted, sent, startFresh, voteFor } from './bench.ts';

const request = { command: 'req-vote', reason: 'ticket-lost' } as const;

describe('R4 one vote per term', () => {
  test('R4 a second candidate of the same term hears who got the vote, over a restart too', () => {
    const on = bench({ self: C });
    startFresh(on);
    const first = on.hear(A, { ...request, reason: 'admin', leader: A.id, term: 4 });
    expect(sent(first, 'vote-for')).toMatchObject([{ leader: A.id, term: 4 }]);
    const second = on.hear(B, { ...request, reason: 'admin', leader: B.id, term: 4 });
    expect(sent(second, 'vote-for')).toMatchObject([{ leader: A.id, term: 4 }]);
    const again = bench({ self: C });
    startFresh(again, durableOf(on.state()));
    const third = again.hear(B, { ...request, reason: 'admin', leader: B.id, term: 4 });
    expect(sent(third, 'vote-for')).toMatchObject([{ leader: A.id, term: 4 }]);
  });

  test('R4 following a leader counts as having voted for it', () => {
    const on = following({ self: C }, 6);
    expect(on.state().vote).toEqual({ term: 6, candidate: B.id });
  });

  test('R4 a candidate has voted for itself before it asks anybody', () => {
    const on = bench();
    startFresh(on);
    const effects = on.give({
      ...{ kind: 'grant', request: 1 },
      ...{ isForced: false, isWaitingForCommit: false },
    });
    const asked = effects.findIndex(
      (effect) => effect.kind === 'send' && effect.message.command === 'req-vote',
    );
    const records = effects.slice(0, asked).filter(({ kind }) => kind === 'persist');
    expect(records.at(-1)).toMatchObject({ record: { term: 1, vote: { candidate: A.id } } });
  });
});

describe('R5 no vote under a live promise', () => {
  test('R5 another candidate is refused until the promise ends, whatever its term', () => {
    const on = following({ self: C });
    on.wait(D_MS - 1);
    const refused = on.hear(A, { ...request, leader: A.id, term: 9, options: 4 });
    expect(sent(refused)).toMatchObject([{ command: 'rejected', result: 'term-still-valid' }]);
    expect(on.state().term).toBe(3);
    on.wait(1);
    const given = on.hear(A, { ...request, leader: A.id, term: 9, options: 4 });
    expect(sent(given)).toMatchObject([{ command: 'vote-for', leader: A.id }]);
  });

  test('R5 the holder itself may be elected again under its own promise', () => {
    const on = following({ self: C });
    const given = on.hear(B, { ...request, reason: 'reacquire', leader: B.id, term: 4 });
    expect(sent(given)).toMatchObject([{ command: 'vote-for', leader: B.id }]);
  });

  test("R5 a step-down of the promise's own term frees it; a late one of another does not", () => {
    const stale = following({ self: C });
    stale.hear(B, { command: 'vote-for', leader: null, term: 2, reason: 'local-fail' });
    stale.hear(A, { command: 'vote-for', leader: null, term: 3, reason: 'local-fail' });
    expect(
      sent(stale.hear(A, { ...request, reason: 'step-down', leader: A.id, term: 4, options: 4 })),
    ).toMatchObject([{ result: 'term-still-valid' }]);
    const on = following({ self: C });
    on.hear(B, { command: 'vote-for', leader: null, term: 3, reason: 'local-fail' });
    expect(
      sent(on.hear(A, { ...request, reason: 'step-down', leader: A.id, term: 4, options: 4 })),
    ).toMatchObject([{ command: 'vote-for', leader: A.id }]);
  });

  test('R5 heartbeats of somebody else are not acked under the promise either', () => {
    const on = following({ self: C });
    const refused = on.hear(A, { command: 'heartbeat', leader: A.id, term: 8, validForMs: D_MS });
    expect(sent(refused)).toMatchObject([{ command: 'rejected', result: 'term-still-valid' }]);
    expect(on.state().promise?.to).toBe(B.id);
  });

  test('R5 a leader that has not its quorum yet keeps its word to itself', () => {
    const on = bench();
    startFresh(on);
    on.give({ kind: 'grant', request: 1, isForced: true, isWaitingForCommit: false });
    for (const peer of [B, C]) voteFor(on, peer);
    const refused = on.hear(B, { ...request, leader: B.id, term: 7, options: 1 });
    expect(sent(refused)).toMatchObject([{ result: 'term-still-valid', leader: A.id }]);
  });
});

describe('R7 amnesia abstains', () => {
  const lost = { isSameBoot: true, cluster: { granted: false, owner: null, term: null } };
  const startWithout = (on: ReturnType<typeof bench>): void => {
    on.give({ kind: 'start', durable: null, isMemoryComplete: false, ...lost });
  };

  test('R7 neither vote nor ack nor candidacy until D and the drift have passed', () => {
    const on = bench({ unmarked: [A, B] });
    startWithout(on);
    expect(sent(on.hear(B, { ...request, reason: 'admin', leader: B.id, term: 1 }))).toEqual([]);
    expect(sent(on.hear(B, { command: 'heartbeat', leader: B.id, term: 1 }), 'ack')).toEqual([]);
    on.wait(D_MS * 1.01 + 1);
    expect(on.state().abstainUntil).toBeNull();
    const late = on.hear(B, { command: 'heartbeat', leader: B.id, term: 1, validForMs: D_MS });
    expect(sent(late, 'ack')).toHaveLength(1);
  });

  test('R7 the answers of all others to this very start end it; an older answer proves nothing', () => {
    const on = bench({ self: C });
    startWithout(on);
    const nonce = on.state().startUp?.nonce ?? 0;
    const index = { command: 'my-index', request: 'status', term: 5 } as const;
    on.hear(A, { ...index, options: nonce });
    on.hear(B, { ...index, options: nonce + 1 });
    expect(on.state().abstainUntil).not.toBeNull();
    on.hear(B, { ...index, options: nonce });
    expect(on.state().abstainUntil).toBeNull();
    // A forgotten vote was given in a term that its candidate knows.
    expect(sent(on.hear(A, { ...request, reason: 'admin', leader: A.id, term: 5 }))).toMatchObject([
      { command: 'rejected', result: 'term-outdated' },
    ]);
  });

  test('R7 a restart during the abstention does not end it', () => {
    const on = bench({ self: C });
    startWithout(on);
    const again = bench({ self: C });
    startFresh(again, durableOf(on.state()));
    expect(again.state().abstainUntil).toBe(on.state().abstainUntil);
  });

  test('R7 after a reboot a restored promise counts from the restart', () => {
    const before = following({ self: C });
    const on = bench({ self: C });
    on.pause(D_MS - 10);
    on.give({
      kind: 'start',
      durable: durableOf(before.state()),
      isSameBoot: false,
      isMemoryComplete: true,
      cluster: null,
    });
    on.wait(D_MS - 1);
    expect(sent(on.hear(A, { ...request, leader: A.id, term: 9, options: 4 }))).toMatchObject([
      { result: 'term-still-valid' },
    ]);
  });
});

describe('R7 hearsay', () => {
  const index = { command: 'my-index', request: 'status', term: 5 } as const;

  test('R7 what a third member says of a holder lasts no longer than that member says', () => {
    const on = bench();
    startFresh(on);
    on.hear(C, {
      ...index,
      options: on.state().startUp?.nonce ?? 0,
      leader: B.id,
      validForMs: 4000,
    });
    expect(on.state().promise).toMatchObject({ to: B.id, until: on.nowMs() + 4000 });
  });

  test('R7 the holder’s own word then makes it a whole lease, as a forgotten ack may have been', () => {
    const on = bench();
    startFresh(on);
    const options = on.state().startUp?.nonce ?? 0;
    on.hear(C, { ...index, options, leader: B.id, validForMs: 4000 });
    on.hear(B, { ...index, options, leader: B.id, validForMs: 2000 });
    expect(on.state().promise).toMatchObject({ to: B.id, until: on.nowMs() + D_MS });
    expect(on.state().plannedElection?.at).toBeGreaterThanOrEqual(on.nowMs() + D_MS);
  });

  test('R7 a member whose own word still binds gives no proof that nothing was promised', () => {
    const on = bench();
    const until = instantOf(on.nowMs() + D_MS);
    startFresh(on, { term: 4, promise: { to: A.id, term: 4, until, spanMs: D_MS } });
    const question = { command: 'status', options: 77, term: 0 } as const;
    expect(sent(on.hear(B, question))).toMatchObject([{ command: 'my-index', options: 0 }]);
    on.wait(D_MS + 1);
    expect(sent(on.hear(B, question))).toMatchObject([{ command: 'my-index', options: 77 }]);
  });
});

describe('R7 what does not end an abstention', () => {
  const startWithout = (on: ReturnType<typeof bench>, granted: boolean): number => {
    on.give({
      kind: 'start',
      durable: null,
      isSameBoot: true,
      isMemoryComplete: false,
      cluster: { granted, owner: null, term: null },
    });
    return on.state().startUp?.nonce ?? 0;
  };
  const index = { command: 'my-index', request: 'status', term: 5 } as const;

  test('R7 an answer that names this very member as leader is no proof', () => {
    const on = bench();
    const nonce = startWithout(on, true);
    on.hear(B, { ...index, options: nonce });
    on.hear(C, { ...index, options: nonce, leader: A.id, validForMs: 8000 });
    expect(on.state().abstainUntil).not.toBeNull();
    expect(sent(on.hear(B, { ...request, leader: B.id, term: 6, options: 6 }))).toMatchObject([
      { result: 'term-still-valid' },
    ]);
  });

  test('R7 answers that contradict each other prove nothing, and are asked for again', () => {
    const on = bench({ self: C });
    const nonce = startWithout(on, false);
    on.hear(B, { ...index, options: nonce, leader: B.id, validForMs: 9000 });
    on.hear(A, { ...index, options: nonce, leader: A.id, validForMs: 9000 });
    expect(on.state().abstainUntil).not.toBeNull();
    expect(sent(on.wait(1001), 'status')).toHaveLength(1);
  });

  test('R7 a leader named without any lease left is no proof either', () => {
    const on = bench({ self: C });
    const nonce = startWithout(on, false);
    on.hear(B, { ...index, options: nonce });
    on.hear(A, { ...index, options: nonce, leader: A.id, validForMs: 0 });
    expect(on.state().abstainUntil).not.toBeNull();
  });
});

describe('R8 a grant found at start is suspect', () => {
  const stored = { granted: true, owner: Number(A.id), term: 1 };

  test('R8 without a lease that provably runs it is revoked first, then the ring is asked', () => {
    const on = bench();
    startFresh(on, {}, stored);
    const { effects } = { effects: on.effects() };
    const revoked = effects.findIndex(({ kind }) => kind === 'commit');
    const asked = effects.findIndex(({ kind }) => kind === 'send');
    expect(commits(effects)).toMatchObject([{ granted: false }]);
    expect(revoked).toBeLessThan(asked);
  });

  test('R8 inside its stored lease it stays, and is elected again at once', () => {
    const before = granted();
    const on = bench();
    startFresh(on, durableOf(before.state()), stored);
    expect(commits(on.effects()).map(({ granted }) => granted)).not.toContain(false);
    expect(on.state().election?.reason).toBe('reacquire');
    for (const peer of [B, C]) voteFor(on, peer);
    ackRound(on, [B, C]);
    expect(on.state()).toMatchObject({ role: 'leader', lease: { term: 2 } });
  });

  test('R8 without a majority it is revoked when the stored lease ends, not later', () => {
    const before = granted();
    const on = bench();
    startFresh(on, durableOf(before.state()), stored);
    const endsAt = on.state().lease?.until ?? 0;
    expect(commits(on.wait(endsAt - on.nowMs()))).toMatchObject([{ granted: false }]);
  });

  test('R8 a lease of another boot proves nothing', () => {
    const before = granted();
    const on = bench();
    on.give({
      kind: 'start',
      durable: durableOf(before.state()),
      isSameBoot: false,
      isMemoryComplete: true,
      cluster: stored,
    });
    expect(commits(on.effects())).toMatchObject([{ granted: false }]);
  });
});

describe('R11 terms only grow', () => {
  test('R11 a message of an older term changes nothing but tells its sender', () => {
    const on = following({ self: C }, 8);
    on.wait(D_MS + 1);
    const before = on.state();
    const told = on.hear(A, { ...request, leader: A.id, term: 5, options: 9 });
    expect(sent(told)).toMatchObject([{ command: 'rejected', result: 'term-outdated', term: 8 }]);
    expect(on.state()).toEqual(before);
  });

  test('R11 a late refusal of an earlier election does not end this one', () => {
    const on = following({}, 8);
    on.wait(D_MS + 1000);
    const { election } = on.state();
    expect(election?.term).toBe(9);
    const refusal = { command: 'rejected', request: 'req-vote', result: 'term-outdated' } as const;
    on.hear(B, { ...refusal, term: 7 });
    expect(on.state().election).toEqual(election);
    on.hear(B, { ...refusal, term: 12 });
    expect(on.state()).toMatchObject({ election: null, term: 12 });
  });

  test('R11 a wild jump is refused', () => {
    const on = following({ self: C }, 8);
    const effects = on.hear(B, { command: 'heartbeat', leader: B.id, term: 0x40000009 });
    expect(effects).toMatchObject([{ kind: 'refused', reason: 'term-jump' }]);
    expect(on.state().term).toBe(8);
  });

  test('R11 a leader told of a higher term is elected above it and keeps its lease meanwhile', () => {
    const on = granted();
    const { lease } = on.state();
    on.hear(B, {
      ...{ command: 'rejected', request: 'heartbeat', result: 'term-outdated' },
      term: 4,
    });
    expect(on.state()).toMatchObject({ role: 'candidate', term: 5, lease });
    expect(commits(on.effects())).toEqual([]);
  });
});

test('R13 a commit that does not come back delays no renewal', () => {
  const on = bench();
  startFresh(on);
  on.give({ kind: 'grant', request: 1, isForced: true, isWaitingForCommit: false });
  for (const peer of [B, C]) voteFor(on, peer);
  ackRound(on, [B, C]);
  expect(on.state().commit.isInFlight).toBe(true);
  expect(sent(on.wait(5001), 'heartbeat')).toHaveLength(1);
  ackRound(on, [B, C]);
  expect(on.state().lease?.until).toBeGreaterThan(on.nowMs() + 9000);
});

describe('R15 revoked is remembered', () => {
  const revoked = (self = C): ReturnType<typeof bench> => {
    const on = following({ self });
    on.hear(B, { command: 'revoke', leader: null, term: 3, reason: 'admin' });
    return on;
  };

  test('R15 nobody gets a vote for it without an operator, over a restart too', () => {
    const again = bench({ self: C });
    startFresh(again, durableOf(revoked().state()));
    for (const reason of ['ticket-lost', 'reacquire', 'step-down', 'local-fail'] as const) {
      const told = again.hear(A, { ...request, reason, leader: A.id, term: 4, options: 4 });
      expect(sent(told)).toMatchObject([{ command: 'rejected', result: 'you-are-outdated' }]);
    }
    const asked = again.hear(A, { ...request, reason: 'admin', leader: A.id, term: 4 });
    expect(sent(asked)).toMatchObject([{ command: 'vote-for', leader: A.id }]);
  });

  test("R15 a C daemon's repeat without a reason gets silence, unless an operator's was heard", () => {
    const on = bench({ self: C, unmarked: [A, B] });
    startFresh(on, durableOf(revoked().state()));
    expect(sent(on.hear(A, { ...request, reason: 'none', leader: A.id, term: 4 }))).toEqual([]);
    on.hear(A, { ...request, reason: 'admin', leader: A.id, term: 4 });
    expect(sent(on.hear(A, { ...request, reason: 'none', leader: A.id, term: 4 }))).toMatchObject([
      { command: 'vote-for', leader: A.id },
    ]);
  });

  test('R15 a vote for a candidate that vanished leads to nothing', () => {
    const on = revoked(A);
    on.hear(B, { ...request, reason: 'admin', leader: B.id, term: 4 });
    expect(on.state().holder).toEqual({ kind: 'nobody', term: 3 });
    on.wait(10 * D_MS);
    expect(on.state().election).toBeNull();
    expect(on.state().plannedElection).toBeNull();
  });

  test.each([
    ['a stale status', { command: 'my-index', leader: B.id, term: 3, validForMs: D_MS }],
    ['an old vote shown as leader', { command: 'my-index', leader: B.id, term: 9, validForMs: 0 }],
    ['a status that names us', { command: 'my-index', leader: A.id, term: 9, validForMs: D_MS }],
    ['a late heartbeat', { command: 'heartbeat', leader: B.id, term: 3, validForMs: D_MS }],
  ] as const)('R15 %s makes nobody acquire', (_title, message) => {
    const on = revoked(A);
    on.hear(B, { request: 'status', ...message });
    on.wait(5 * D_MS);
    expect(on.state().election).toBeNull();
    expect(on.state().holder).toEqual({ kind: 'nobody', term: 3 });
  });

  test('R15 one voter that remembers a revoke does not end what a quorum knows to be held', () => {
    const five = [A, B, C, { ...B, id: (C.id + 1) as typeof B.id }];
    const members = [...five, { ...C, id: (C.id + 2) as typeof B.id }];
    const on = bench({ members });
    startFresh(on);
    on.hear(B, { command: 'heartbeat', leader: B.id, term: 7, validForMs: D_MS });
    on.wait(D_MS + 1000);
    const term = on.state().election?.term ?? 0;
    on.hear(C, {
      ...{ command: 'rejected', request: 'req-vote', result: 'you-are-outdated' },
      term: 7,
    });
    for (const peer of members.slice(3)) voteFor(on, peer);
    expect(on.state()).toMatchObject({ role: 'leader', term });
  });

  test('R15 a revoke acked in a later term ends what was won in that term, too', () => {
    const on = granted();
    on.give({ kind: 'revoke', request: 2 });
    confirm(on);
    const { nonce } = on.state().round ?? { nonce: 0 };
    const ack = { command: 'ack', request: 'revoke', options: nonce } as const;
    expect(answers(on.hear(C, { ...ack, term: 4 }))).toEqual([]);
    expect(on.state().holder).toEqual({ kind: 'nobody', term: 4 });
    expect(sent(on.effects(), 'revoke')).toMatchObject([{ term: 4 }]);
    expect(answers(ackRound(on, [C]))).toEqual(['success']);
  });

  test('R15 a revoke is told as done when a quorum remembers it, and repeated to the rest', () => {
    const on = granted();
    on.give({ kind: 'revoke', request: 2 });
    expect(sent(on.effects(), 'revoke')).toEqual([]);
    expect(answers(confirm(on))).toEqual([]);
    expect(answers(ackRound(on, [C]))).toEqual(['success']);
    expect(sent(on.wait(60_000), 'revoke').length).toBeGreaterThan(50);
  });
});

describe('R17 requests live and die with their outcome', () => {
  test('R17 a second grant fails and changes nothing of the first', () => {
    const on = bench();
    startFresh(on);
    const wish = { kind: 'grant', isForced: false, isWaitingForCommit: true } as const;
    on.give({ ...wish, request: 1 });
    const { commit, grantRequest } = on.state();
    expect(on.give({ ...wish, request: 2 })).toMatchObject([
      { kind: 'event', event: { event: 'grant-refused' } },
      { request: 2, result: 'failed' },
    ]);
    expect(on.state()).toMatchObject({ commit, grantRequest });
  });

  test('R17 every request gets one final answer, and it is its own', () => {
    const on = granted();
    on.give({ kind: 'revoke', request: 2 });
    confirm(on);
    const effects = ackRound(on, [B, C]);
    expect(effects.filter(({ kind }) => kind === 'answer')).toMatchObject([
      { request: 2, result: 'success', isFinal: true },
    ]);
  });

  test('R17 a grant that finds no quorum is given up in the end, and its client told', () => {
    const on = bench();
    startFresh(on);
    on.give({ kind: 'grant', request: 1, isForced: false, isWaitingForCommit: true });
    const told = answers(on.wait(60_000));
    expect(told.at(-1)).toBe('failed');
    expect(on.state()).toMatchObject({ grantRequest: null, plannedElection: null });
  });
});
