/** The loop over ports whose outcomes the test brings: R3, R6, R13, R17. */
import { describe, expect, test } from 'vitest';
import { assert } from '../../../core/base/assert.ts';
import type { RingConfig } from '../../../core/config/model.ts';
import type { ClientRequest } from '../../../core/wire/message.ts';
import { ringConfig } from '../../simulation/ring-config.ts';
import { diskFull, openRig, type Rig } from './manual-ports.ts';

const timing = ['expire = 10', 'timeout = 1', 'retries = 3'];
const config = ringConfig(2, 1, timing);
const two = ringConfig(2, 1, [...timing, 'ticket = "web"', ...timing]);
const handled = ringConfig(2, 1, [...timing, 'before-acquire-handler = /bin/check']);

const idOf = (ring: RingConfig, index: number) => {
  const member = ring.members[index];
  assert(member !== undefined, 'the ring has that member');
  return member.id;
};
const [A, B, C] = [idOf(config, 0), idOf(config, 1), idOf(config, 2)];

const ask = (
  command: 'grant' | 'revoke-request',
  ticket = 'db',
  isForced = true,
): ClientRequest => ({
  command,
  from: A,
  ticket,
  options: { isImmediate: isForced, isWaiting: true, isWaitingForCommit: true },
});

const stateOf = (rig: Rig, ticket = 'db') => {
  const slot = rig.running.member.tickets.get(ticket);
  assert(slot !== undefined, 'the ticket is configured');
  return slot.state;
};

const confirm = (rig: Rig, failure: string | null = null): void => {
  const commit = rig.commits.shift();
  assert(commit !== undefined, 'something waits for the cluster');
  const problem =
    failure === null ? null : ({ code: 'cib', severity: 'error', message: failure } as const);
  commit.done(commit.changes.map(({ ticket }) => ({ ticket, failure: problem })));
};

const ackRound = (rig: Rig, ticket = 'db'): void => {
  const { round, term } = stateOf(rig, ticket);
  for (const from of [B, C])
    rig.hear({
      from,
      ticket,
      command: 'ack',
      request: 'heartbeat',
      options: round?.nonce ?? 0,
      leader: A,
      term,
    });
};

/** Granted and stored, all written. */
function granted(ring: RingConfig, tickets: readonly string[]): Rig {
  const rig = openRig(ring);
  rig.flush();
  for (const [index, ticket] of tickets.entries()) {
    rig.ask(100 + index, ask('grant', ticket));
    rig.flush();
    const { term } = stateOf(rig, ticket);
    for (const from of [B, C])
      rig.hear({ from, ticket, command: 'vote-for', request: 'req-vote', leader: A, term });
    rig.flush();
    ackRound(rig, ticket);
    rig.flush();
    confirm(rig);
  }
  rig.sent.length = 0;
  rig.answers.length = 0;
  return rig;
}

describe('R3', () => {
  test('R3 no ack leaves before the promise is on disk', () => {
    const rig = openRig(config);
    rig.flush();
    rig.sent.length = 0;
    rig.hear({ from: B, command: 'heartbeat', leader: B, term: 1, options: 7 });
    expect(rig.appends).toHaveLength(1);
    expect(rig.appends[0]?.entries).toMatchObject([
      { kind: 'ticket', ticket: 'db', term: 1, promise: { to: B, term: 1 } },
    ]);
    expect(rig.sent).toEqual([]);
    rig.flush();
    expect(rig.sent).toMatchObject([{ command: 'ack', leader: B }]);
  });

  test('R3 no vote leaves before it is on disk, nor if it cannot be written; and it is told', () => {
    const rig = openRig(config);
    rig.flush();
    rig.sent.length = 0;
    const request = { from: B, command: 'req-vote', leader: B, term: 1, reason: 'admin' } as const;
    rig.hear(request);
    expect(rig.sent).toEqual([]);
    rig.appends.shift()?.done(diskFull);
    expect(rig.sent).toEqual([]);
    expect(rig.events.map(({ event }) => event)).toContain('journal-lost');
    rig.hear({ ...request, term: 2 });
    expect(rig.sent).toEqual([]);
  });

  test('R3 with the journal back everything that must survive is written, then votes go on', () => {
    const rig = openRig(config);
    rig.flush();
    rig.hear({ from: B, command: 'heartbeat', leader: B, term: 1 });
    rig.appends.shift()?.done(diskFull);
    rig.sent.length = 0;
    rig.deferred.shift()?.();
    expect(rig.appends[0]?.entries).toMatchObject([{ ticket: 'db', promise: { to: B } }]);
    rig.appends.shift()?.done(diskFull);
    expect(rig.running.member.isJournalUsable).toBe(false);
    rig.deferred.shift()?.();
    rig.appends.shift()?.done(null);
    expect(rig.running.member.isJournalUsable).toBe(true);
    rig.hear({ from: B, command: 'heartbeat', leader: B, term: 1 });
    rig.flush();
    expect(rig.sent).toMatchObject([{ command: 'ack' }]);
  });

  test('R3 a revoke does not wait for a disk that hangs', () => {
    const rig = granted(config, ['db']);
    rig.pass(5000);
    expect(rig.appends).toHaveLength(1);
    rig.ask(2, ask('revoke-request'));
    expect(rig.commits[0]?.changes).toMatchObject([{ granted: false }]);
  });

  test('R3 a grant behind a write does not overtake the revoke that came after it', () => {
    const rig = granted(config, ['db']);
    rig.pass(5000);
    rig.flush();
    rig.hear({ from: B, command: 'status' });
    ackRound(rig);
    rig.commits.length = 0;
    rig.ask(2, ask('revoke-request'));
    rig.flush();
    const changes = rig.commits.flatMap((commit) => commit.changes);
    expect(changes.at(-1)).toMatchObject({ granted: false });
  });
});

describe('R6', () => {
  test('R6 after a pause the overdue revoke is handed over before the queued input is looked at', () => {
    const rig = granted(two, ['db']);
    rig.pass(20_000, true);
    const order: string[] = [];
    const push = rig.commits.push.bind(rig.commits);
    rig.commits.push = (...items) => {
      order.push(
        ...items.flatMap(({ changes }) => changes.map(({ granted: is }) => `commit ${String(is)}`)),
      );
      return push(...items);
    };
    const sent = rig.sent.push.bind(rig.sent);
    rig.sent.push = (...items) => {
      order.push(...items.map(({ command }) => command));
      return sent(...items);
    };
    // About another ticket, so that no write holds its answer back.
    rig.hear({ from: B, ticket: 'web', command: 'status' });
    expect(order).toEqual(['commit false', 'my-index']);
  });

  test('R6 the margin follows the slowest recent commit, and falls slowly', () => {
    const rig = granted(config, ['db']);
    rig.pass(5000);
    rig.flush();
    ackRound(rig);
    rig.pass(700, true);
    confirm(rig);
    expect(rig.running.member.commitMarginMs).toBe(1400);
    rig.ask(2, ask('revoke-request'));
    confirm(rig);
    expect(rig.running.member.commitMarginMs).toBe(1260);
  });
});

describe('R13', () => {
  test('R13 a commit that never comes back delays no other ticket’s renewal or commit', () => {
    const rig = granted(two, ['db', 'web']);
    rig.ask(2, ask('revoke-request', 'db'));
    expect(rig.commits).toHaveLength(1);
    rig.pass(5000);
    rig.flush();
    expect(
      rig.sent.filter(({ ticket }) => ticket === 'web').map(({ command }) => command),
    ).toContain('heartbeat');
    ackRound(rig, 'web');
    expect(rig.commits.at(-1)?.changes).toMatchObject([{ ticket: 'web', granted: true }]);
  });

  test('R13 a write of one ticket that hangs holds back no other ticket’s messages', () => {
    const rig = openRig(two);
    rig.flush();
    rig.sent.length = 0;
    rig.hear({ from: B, ticket: 'db', command: 'heartbeat', leader: B, term: 1 });
    rig.hear({ from: B, ticket: 'web', command: 'status' });
    expect(rig.sent).toMatchObject([{ ticket: 'web', command: 'my-index' }]);
  });

  test('R13 commits of one moment go together; each outcome counts when it comes', () => {
    const rig = granted(two, ['db', 'web']);
    rig.pass(20_000);
    const [commit] = rig.commits;
    expect(commit?.changes.map(({ ticket }) => ticket)).toEqual(['db', 'web']);
    commit?.done([{ ticket: 'web', failure: null }]);
    expect(stateOf(rig, 'web').commit).toMatchObject({ stored: 'revoked', isInFlight: false });
    expect(stateOf(rig, 'db').commit.isInFlight).toBe(true);
    commit?.done([{ ticket: 'db', failure: null }]);
    expect(stateOf(rig, 'db').commit).toMatchObject({ stored: 'revoked' });
  });
});

describe('R17', () => {
  test('R17 one final answer each, to the connection that asked (9.3.1, 9.3.2)', () => {
    const rig = openRig(config);
    rig.flush();
    rig.ask(1, ask('grant'));
    rig.ask(2, ask('grant'));
    rig.flush();
    rig.ask(3, ask('revoke-request'));
    rig.flush();
    expect(rig.answers.filter(({ isFinal }) => isFinal)).toEqual([
      { connection: 2, result: 'failed', isFinal: true },
      { connection: 1, result: 'failed', isFinal: true },
      { connection: 3, result: 'ticket-idle', isFinal: true },
    ]);
  });

  test('R17 a journal that fails drops no outcome, and makes none of what is under way', () => {
    const rig = openRig(config);
    rig.flush();
    rig.ask(1, ask('grant'));
    rig.appends.shift()?.done(diskFull);
    expect(rig.answers).toEqual([{ connection: 1, result: 'more', isFinal: false }]);
    rig.pass(60_000);
    expect(rig.answers.filter(({ isFinal }) => isFinal)).toEqual([
      { connection: 1, result: 'failed', isFinal: true },
    ]);
  });

  test('R17 the exit of a handler that was called off decides nothing of the next one', () => {
    const rig = openRig(handled);
    rig.flush();
    rig.ask(1, ask('grant'));
    expect(rig.handlers).toHaveLength(1);
    rig.ask(2, ask('revoke-request'));
    expect(rig.stopped).toEqual(['db']);
    rig.ask(3, ask('grant'));
    rig.handlers[0]?.done({ code: 0, detail: '' });
    expect(stateOf(rig).election).toBeNull();
    rig.handlers[1]?.done({ code: 1, detail: 'exit code 1' });
    expect(rig.answers.at(-1)).toEqual({ connection: 3, result: 'handler-failed', isFinal: true });
  });
});

test('a member that was stopped does nothing more', () => {
  const rig = granted(config, ['db']);
  rig.running.stop();
  rig.hear({ from: B, command: 'status' });
  rig.pass(60_000);
  expect([rig.sent, rig.commits]).toEqual([[], []]);
});

test('the snapshot is what a fresh journal must hold', () => {
  const rig = granted(config, ['db']);
  expect(rig.running.snapshot()).toMatchObject([
    { kind: 'boot', bootId: 'boot-1' },
    { kind: 'ticket', ticket: 'db', lease: { term: stateOf(rig).term } },
  ]);
});
