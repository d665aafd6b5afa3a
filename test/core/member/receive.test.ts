/** Datagrams as bytes at a member: what is refused changes nothing, and why is counted (9.1). */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assert } from '../../../core/base/assert.ts';
import { memberIdOf } from '../../../core/base/member-id.ts';
import type { RefusalReason } from '../../../core/wire/message.ts';
import { refusalCounts } from '../../../core/member/peer.ts';
import { keyOf } from '../wire/keys.ts';
import { openDesk, sentOf, ticketOf, type Desk } from './desk.ts';
import { encodeRingMessage } from '../../../core/wire/encode.ts';

const heartbeat = (desk: Desk, leader = 'B', term = 1) =>
  ({ command: 'heartbeat', leader: desk.id(leader), term, validFor: 10 }) as const;

/** The bytes are refused for that reason: no reply, no change, counted under `from`. */
function expectRefused(
  desk: Desk,
  bytes: Uint8Array,
  reason: RefusalReason,
  from: string | null,
): void {
  const before = ticketOf(desk);
  const counts = () =>
    from === null ? desk.member.strangers : desk.member.peers.get(desk.id(from))?.refused;
  const counted = counts()?.get(reason) ?? 0;
  const effects = desk.hear(bytes);
  expect(effects.filter(({ kind }) => kind !== 'event')).toEqual([]);
  expect(ticketOf(desk)).toBe(before);
  expect(counts()?.get(reason)).toBe(counted + 1);
}

describe('hazards of booth-protocol 9.1', () => {
  test.each([true, false])(
    '9.1.1 a datagram from 0xFFFFFFFF is nobody’s, authenticated (%s) or not',
    (isAuthenticated) => {
      const desk = openDesk(isAuthenticated ? {} : { key: null });
      const bytes = desk.bytes('B', heartbeat(desk));
      new DataView(bytes.buffer).setUint32(20, 0xffff_ffff);
      expectRefused(desk, bytes, 'unknown-sender', null);
    },
  );

  test('9.1.2 a HEARTBEAT or UPDATE that names another as leader is refused', () => {
    const desk = openDesk();
    for (const command of ['heartbeat', 'update'] as const) {
      const bytes = desk.bytes('B', { ...heartbeat(desk, 'A'), command });
      expectRefused(desk, bytes, 'leader-is-not-sender', 'B');
    }
    const nobody = desk.bytes('B', { ...heartbeat(desk), leader: null });
    expectRefused(desk, nobody, 'leader-is-not-sender', 'B');
  });

  test('9.1.2 nor does an arbitrator lead (9.2.7)', () => {
    const desk = openDesk();
    expectRefused(desk, desk.bytes('C', heartbeat(desk, 'C')), 'not-a-site', 'C');
    const request = {
      command: 'req-vote',
      leader: desk.id('C'),
      term: 1,
      reason: 'admin',
    } as const;
    expectRefused(desk, desk.bytes('C', request), 'not-a-site', 'C');
  });

  test('9.1.6 votes for nobody are step-downs of nobody, and no vote', () => {
    const desk = openDesk();
    const options = { isImmediate: true, isWaiting: true, isWaitingForCommit: true };
    desk.ask(desk.requestBytes({ command: 'grant', from: desk.id('A'), ticket: 'db', options }));
    desk.hear(desk.bytes('B', { command: 'vote-for', request: 'req-vote', leader: null, term: 1 }));
    desk.hear(desk.bytes('C', { command: 'vote-for', request: 'req-vote', leader: null, term: 1 }));
    expect(desk.member.tickets.get('db')?.state.election?.votes).toHaveLength(1);
  });

  test('9.1.7 a leader past its lease sends no heartbeat in another’s name', () => {
    const desk = openDesk();
    const options = { isImmediate: true, isWaiting: true, isWaitingForCommit: true };
    desk.ask(desk.requestBytes({ command: 'grant', from: desk.id('A'), ticket: 'db', options }));
    const vote = {
      command: 'vote-for',
      request: 'req-vote',
      leader: desk.id('A'),
      term: 1,
    } as const;
    desk.hear(desk.bytes('B', vote));
    desk.hear(desk.bytes('C', vote));
    const { round } = desk.member.tickets.get('db')?.state ?? { round: null };
    const ack = { command: 'ack', request: 'heartbeat', leader: desk.id('A'), term: 1 } as const;
    desk.hear(desk.bytes('C', { ...ack, options: round?.nonce ?? 0 }));
    expect(desk.member.tickets.get('db')?.state.lease).not.toBeNull();
    // Its timer has not run for the whole lease; then a request of the same term comes first.
    const effects = [
      ...desk.wait(0),
      ...laterRequest(desk, 10_500),
      ...desk.wait(1),
      ...desk.wait(5000),
    ];
    for (const message of sentOf(effects))
      if (message.command === 'heartbeat' || message.command === 'update')
        expect(message.leader).toBe(desk.id('A'));
    expect(effects).toContainEqual(
      expect.objectContaining({
        kind: 'commit',
        change: expect.objectContaining({ granted: false }),
      }),
    );
  });

  test('9.1.8 a datagram too short for a ticket is refused, not guessed at', () => {
    const desk = openDesk({ key: null });
    const bytes = desk.bytes('B', heartbeat(desk)).slice(0, 48);
    new DataView(bytes.buffer).setUint32(24, 48);
    expectRefused(desk, bytes, 'too-short', 'B');
  });
});

/** The clocks go on without a wake; then B asks for a vote in the present term. */
function laterRequest(desk: Desk, spanMs: number) {
  const { term } = desk.member.tickets.get('db')?.state ?? { term: 0 };
  const slot = desk.member.tickets.get('db');
  if (slot !== undefined) slot.wakeAt = null;
  desk.wait(spanMs);
  const part = { command: 'req-vote', leader: desk.id('B'), term, reason: 'ticket-lost' } as const;
  return desk.hear(desk.bytes('B', part));
}

describe('what is refused', () => {
  test('a wrong key, no key, a replay, too old, from the future: each under its reason', () => {
    const desk = openDesk();
    const good = desk.bytes('B', { command: 'status' });
    const wrong = openDesk({ key: keyOf('another secret') }).bytes('B', heartbeat(desk));
    expectRefused(desk, wrong, 'bad-mac', 'B');
    expectRefused(
      desk,
      openDesk({ key: null }).bytes('B', heartbeat(desk)),
      'not-authenticated',
      'B',
    );
    expect(sentOf(desk.hear(good))).toHaveLength(1);
    expectRefused(desk, good, 'replayed', 'B');
    expectRefused(desk, desk.bytes('B', heartbeat(desk), 601_000), 'too-old', 'B');
    expectRefused(desk, desk.bytes('B', heartbeat(desk), -601_000), 'from-the-future', 'B');
  });

  test('a replayed packet does not change what its sender is taken for (R12)', () => {
    const desk = openDesk();
    const unmarked = desk.bytes('B', { command: 'status', isMarked: false });
    desk.hear(unmarked);
    expect(desk.member.peers.get(desk.id('B'))?.isMarked).toBe(false);
    desk.wait(1);
    desk.hear(desk.bytes('B', { command: 'status' }));
    expect(desk.member.peers.get(desk.id('B'))?.isMarked).toBe(true);
    expectRefused(desk, unmarked, 'replayed', 'B');
    expect(desk.member.peers.get(desk.id('B'))?.isMarked).toBe(true);
  });

  test('tickets and leaders that are not configured, the own id, strangers', () => {
    const desk = openDesk();
    expectRefused(desk, desk.bytes('B', { ticket: 'other' }), 'unknown-ticket', 'B');
    const stranger = memberIdOf(12345);
    expectRefused(desk, desk.bytes('B', { leader: stranger }), 'unknown-leader', 'B');
    expectRefused(desk, desk.bytes('A', heartbeat(desk, 'A')), 'own-id', null);
    expectRefused(desk, desk.bytes('B', { from: stranger }), 'unknown-sender', null);
    const peer = desk.member.peers.get(desk.id('B'));
    assert(peer !== undefined, 'B is a peer');
    expect(refusalCounts(peer)).toEqual({ error: 0, authFail: 0, invalid: 2 });
  });

  test('refusals are told at powers of two only: a flood is no flood of lines', () => {
    const desk = openDesk();
    let told = 0;
    for (let count = 0; count < 1000; count += 1)
      told += desk.hear(desk.bytes('B', { ticket: 'other' }, count)).length;
    expect(told).toBe(10);
  });

  test('random bytes and mutated messages never throw and change no ticket', () => {
    const desk = openDesk();
    const before = ticketOf(desk);
    const good = desk.bytes('B', heartbeat(desk));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1100 }), (bytes) => {
        desk.hear(bytes);
      }),
    );
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const bytes = good.slice();
        // The last four bytes of the trailer are checked by nobody (2.4).
        if (at >= good.length - 4) return;
        bytes[at] = (bytes[at] ?? 0) ^ change;
        desk.hear(bytes);
      }),
      { numRuns: 2000 },
    );
    expect(ticketOf(desk)).toBe(before);
  });
});

test('a lease is read in the unit of its sender, whatever our configuration says (R2)', () => {
  const desk = openDesk();
  const inMs = { ...heartbeat(desk), isMarked: true, leaseUnit: 'ms', validFor: 30_000 } as const;
  desk.hear(desk.bytes('B', inMs));
  expect(ticketOf(desk)).toMatchObject({ promise: { spanMs: 30_000 } });
});

test('what is sent carries the sender, the mark and the unit of the ring', () => {
  const desk = openDesk();
  desk.hear(desk.bytes('B', { ...heartbeat(desk), options: 9 }));
  const [ack] = sentOf(desk.hear(desk.bytes('B', { ...heartbeat(desk), options: 10 }, 1)));
  expect(ack).toMatchObject({
    from: desk.id('A'),
    command: 'ack',
    options: 10,
    isMarked: true,
    leaseUnit: 's',
    validFor: 10,
  });
  expect(ack === undefined ? 0 : encodeRingMessage(ack, { secs: 1, usecs: 0 }, null)).toHaveLength(
    124,
  );
});
