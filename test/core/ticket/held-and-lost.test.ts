/** What ends a right, and what must not outlive it: R1, R2, R6 to R8, R14 and R16 at their edges. */
import { describe, expect, test } from 'vitest';
import { initialDurable } from '../../../core/ticket/state.ts';
import { promiseSpanMs } from '../../../core/ticket/lease.ts';
import { renewalSpanMs } from '../../../core/ticket/lease.ts';
import {
  A,
  B,
  C,
  D_MS,
  ackRound,
  answers,
  bench,
  commits,
  confirm,
  electedOnly,
  forced,
  granted,
  heartbeat,
  sent,
  startFresh,
  ticketConfig,
  voteFor,
  voteRequest,
  type Bench,
} from './bench.ts';

describe('R1 and R2 at their edges', () => {
  test('R1 one member acking twice is not a quorum, nor are acks to other questions', () => {
    const five = [A, B, C, { ...C, id: B.id + 1 }, { ...C, id: B.id + 2 }] as (typeof A)[];
    const on = granted({ members: five });
    const before = on.state().lease?.until;
    on.pause(5000);
    on.give({ kind: 'wake' });
    const round = on.state().round;
    expect(sent(on.effects(), 'heartbeat')).toHaveLength(1);
    const ack = {
      command: 'ack',
      request: 'heartbeat',
      options: round?.nonce ?? 0,
      leader: A.id,
      term: on.state().term,
    } as const;
    on.hear(C, ack);
    on.hear(C, ack);
    on.hear(B, { ...ack, request: 'update' });
    on.hear(B, { ...ack, request: 'revoke' });
    on.hear(B, { ...ack, leader: B.id });
    on.hear(B, { ...ack, term: ack.term + 1 });
    expect(on.state().lease?.until).toBe(before);
    on.hear(B, ack);
    expect(on.state().lease?.until).toBeGreaterThan(before ?? 0);
  });

  test('R2 a follower promises the whole lease from the receipt, or the longer one announced', () => {
    const on = bench();
    startFresh(on);
    on.hear(B, heartbeat(B, 1, 1));
    expect(on.state().promise?.until).toBe(on.nowMs() + D_MS);
    on.hear(B, heartbeat(B, 1, 6 * D_MS));
    expect(on.state().promise).toMatchObject({ until: on.nowMs() + 6 * D_MS, spanMs: 6 * D_MS });
  });

  test('R2 a lease that nobody can mean is not promised at all', () => {
    const on = bench();
    startFresh(on);
    on.hear(B, heartbeat(B, 1, 101 * D_MS));
    expect(sent(on.effects(), 'ack')).toEqual([]);
    expect(on.effects()).toEqual([{ kind: 'refused', from: B.id, reason: 'lease-too-long' }]);
    expect(promiseSpanMs(100 * D_MS, ticketConfig)).toBe(100 * D_MS);
  });
});

describe('R6 at its edges', () => {
  test('R6 acks that come when the lease is all but over grant nothing; the round starts over', () => {
    const on = electedOnly();
    on.pause(9850);
    const { nonce } = on.state().round ?? { nonce: 0 };
    ackRound(on, [C]);
    expect(commits(on.effects())).toEqual([]);
    expect(on.state()).toMatchObject({ lease: null, role: 'leader' });
    expect(sent(on.effects(), 'heartbeat').length).toBeGreaterThan(0);
    expect(on.state().round?.nonce).not.toBe(nonce);
  });

  test('R6 it asks to be woken before the lease ends, whatever else it waits for', () => {
    const on = granted({ commitMarginMs: 400 });
    const until = on.state().lease?.until ?? 0;
    on.wait(until - 400 - on.nowMs() - 1);
    expect(on.state().lease).not.toBeNull();
    const effects = on.wait(1);
    expect(commits(effects)).toMatchObject([{ granted: false }]);
  });

  test('R6 renewals leave room for two lost rounds and a slow cluster, even where renewal-freq does not', () => {
    const config = { ...ticketConfig, expireMs: 40_000, timeoutMs: 4000 };
    expect(renewalSpanMs({ ...config, renewalMs: 39_000 })).toBe(40_000 * (0.99 - 0.25) - 8000);
    expect(renewalSpanMs({ ...config, renewalMs: 90_000 })).toBeLessThan(22_000);
    expect(renewalSpanMs({ ...config, renewalMs: 90_000, timeoutMs: 9000 })).toBe(20_000);
    expect(renewalSpanMs({ ...config, renewalMs: 8000 })).toBe(8000);
  });

  test('R6 a handler that runs past the lease is stopped, and named as the reason', () => {
    const on = granted({ config: { handler: { path: '/bin/check', args: [] } } });
    expect(on.state().handler?.purpose).toBe('grant');
    on.give({ kind: 'handler-exited', isSuccess: true, detail: '' });
    voteFor(on, C);
    ackRound(on, [C]);
    confirm(on);
    on.wait(5500);
    expect(on.state().handler?.purpose).toBe('renewal');
    const effects = on.wait(4400);
    expect(effects).toContainEqual({ kind: 'stop-handler' });
    expect(on.state()).toMatchObject({ lease: null, handler: null });
    expect(on.state().plannedElection?.reason).toBe('local-fail');
  });
});

describe('R7 at its edges', () => {
  const amnesiac = (): Bench => {
    const on = bench({ self: C });
    on.give({
      kind: 'start',
      durable: null,
      isMemoryComplete: false,
      isSameBoot: false,
      cluster: null,
    });
    return on;
  };

  test('R7 an arbitrator without memory refuses to the last millisecond, then votes', () => {
    const on = amnesiac();
    on.wait(D_MS * 1.01 - 1);
    on.hear(B, voteRequest(B, 1, { reason: 'admin' }));
    expect(sent(on.effects(), 'vote-for')).toEqual([]);
    on.wait(1);
    on.hear(B, voteRequest(B, 1, { reason: 'admin' }));
    expect(sent(on.effects(), 'vote-for')).toHaveLength(1);
  });

  test('R7 it acks nobody meanwhile, but keeps what it learns', () => {
    const on = amnesiac();
    on.hear(B, heartbeat(B, 4));
    expect(sent(on.effects(), 'ack')).toEqual([]);
    expect(on.state()).toMatchObject({ term: 4, promise: { to: B.id } });
  });
});

test('R11 a C leader of a lower term is followed, and the own term stays', () => {
  const on = bench({ unmarked: [B] });
  startFresh(on, { term: 9 });
  on.hear(B, heartbeat(B, 4));
  expect(sent(on.effects(), 'ack')).toMatchObject([{ term: 4 }]);
  expect(on.state().term).toBe(9);
});

describe('R8 the own word lasts until the cluster says revoked', () => {
  const reboot = (): Bench => {
    const before = granted().state();
    const on = bench();
    on.give({
      kind: 'start',
      durable: { ...initialDurable, ...before },
      isSameBoot: false,
      isMemoryComplete: true,
      cluster: { granted: true, owner: A.id, term: 1 },
    });
    expect(commits(on.effects())).toMatchObject([{ granted: false }]);
    return on;
  };

  test('R8 a rebooted holder neither votes for nor follows another before that', () => {
    const on = reboot();
    on.hear(B, voteRequest(B, 2));
    expect(sent(on.effects())).toMatchObject([{ command: 'rejected', result: 'term-still-valid' }]);
    on.hear(B, heartbeat(B, 2));
    expect(sent(on.effects(), 'ack')).toEqual([]);
    confirm(on, 'the cluster is down');
    on.hear(B, voteRequest(B, 2));
    expect(sent(on.effects(), 'vote-for')).toEqual([]);
  });

  test('R8 it does both when the cluster has said so, the end being told in the vote', () => {
    const on = reboot();
    on.pause(3000);
    confirm(on);
    expect(on.state().promise).toBeNull();
    on.hear(B, voteRequest(B, 2));
    expect(sent(on.effects(), 'vote-for')).toMatchObject([{ leader: B.id }]);
    on.hear(B, heartbeat(B, 2));
    expect(sent(on.effects(), 'ack')).toHaveLength(1);
  });

  test('R8 a holder that lost its lease keeps its word over a slow revoke, too', () => {
    const on = granted();
    const effects = on.wait(9850);
    expect(commits(effects).at(-1)).toMatchObject({ granted: false });
    expect(on.state().lease).toBeNull();
    on.hear(B, voteRequest(B, 2));
    expect(sent(on.effects(), 'vote-for')).toEqual([]);
    confirm(on);
    on.hear(B, voteRequest(B, 2));
    expect(sent(on.effects(), 'vote-for')).toHaveLength(1);
  });

  test('R8 a write of the process before may be under way: it is revoked even if not seen', () => {
    const before = electedOnly().state();
    const on = bench();
    startFresh(on, { ...initialDurable, ...before });
    expect(commits(on.effects())).toMatchObject([{ granted: false }]);
  });
});

describe('R14 at its edges', () => {
  const renew = (on: Bench): void => {
    on.wait(5000);
    ackRound(on, [C]);
  };

  test('R14 a renewal that came while a write was under way is written after it', () => {
    const on = granted();
    renew(on);
    const { sequence } = on.state().commit;
    expect(on.state().commit.isInFlight).toBe(true);
    renew(on);
    expect(on.state().commit.sequence).toBe(sequence);
    on.give({ kind: 'committed', sequence, failure: null });
    expect(commits(on.effects())).toMatchObject([{ leaseUntil: on.state().lease?.until }]);
  });

  test('R14 a renewal that failed to be written is written again, without spinning', () => {
    const on = granted();
    renew(on);
    confirm(on, 'the cluster is down');
    // The bench's wait fails when the machine wakes itself for ever.
    const effects = on.wait(1200);
    expect(commits(effects)).toMatchObject([{ leaseUntil: on.state().lease?.until }]);
    confirm(on);
    expect(on.state().commit).toMatchObject({ failures: 0, retryAt: null });
  });

  test('R14 however often it failed, it is written again soon enough for the lease that is stored', () => {
    const on = granted({ config: { expireMs: 300_000, timeoutMs: 15_000 } });
    renew(on);
    for (let tries = 0; tries < 20; tries += 1) {
      confirm(on, 'the cluster is down');
      expect(commits(on.wait(2501))).toHaveLength(1);
    }
  });

  test('R14 a write that cannot be repeated at the moment does not wake it for ever', () => {
    const on = electedOnly();
    ackRound(on, [C]);
    confirm(on, 'the cluster is down');
    const { term } = on.state();
    on.hear(C, {
      command: 'rejected',
      request: 'heartbeat',
      result: 'term-outdated',
      term: term + 3,
    });
    expect(on.state().role).toBe('candidate');
    on.wait(600);
    expect(on.state().commit.retryAt).toBeNull();
  });
});

describe('R16 at its edges', () => {
  test('R16 it follows a newer leader only when its own cluster has revoked', () => {
    const on = granted();
    on.hear(B, heartbeat(B, 9));
    expect(sent(on.effects(), 'ack')).toEqual([]);
    expect(commits(on.effects())).toMatchObject([{ granted: false }]);
    confirm(on);
    on.hear(B, heartbeat(B, 9));
    expect(sent(on.effects(), 'ack')).toHaveLength(1);
  });

  test('R16 a leader without a lease that votes for another is none any more', () => {
    const on = electedOnly();
    on.breakJournal(false);
    on.wait(12_000);
    on.breakJournal(true);
    expect(on.state().role).toBe('leader');
    on.hear(B, voteRequest(B, 9, { reason: 'admin' }));
    expect(sent(on.effects(), 'vote-for')).toHaveLength(1);
    expect(on.state().role).not.toBe('leader');
    expect(sent(on.wait(6000), 'heartbeat')).toEqual([]);
  });

  test('R17 a handler that outlives its given-up grant acquires nothing', () => {
    const on = bench({ config: { handler: { path: '/bin/check', args: [] } } });
    startFresh(on);
    on.give(forced);
    const effects = on.wait(60_000);
    expect(answers(effects)).toEqual(['failed']);
    expect(effects).toContainEqual({ kind: 'stop-handler' });
    on.give({ kind: 'handler-exited', isSuccess: true, detail: '' });
    expect(on.state().election).toBeNull();
  });
});

test('a ring of one is its own quorum', () => {
  const on = bench({ members: [A] });
  startFresh(on);
  on.give({ ...forced, isForced: false });
  expect(commits(on.effects())).toMatchObject([{ granted: true }]);
  confirm(on);
  expect(answers(on.effects())).toEqual(['success']);
  on.give({ kind: 'revoke', request: 2 });
  confirm(on);
  expect(answers(on.effects())).toEqual(['success']);
});
