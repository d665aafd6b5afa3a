/** Clients' requests as bytes at a member (booth-protocol 4, hazards 9.3; R17). */
import { describe, expect, test } from 'vitest';
import { onAttributeStored } from '../../../core/member/client.ts';
import type { ClientRequest } from '../../../core/wire/message.ts';
import { ringConfig } from '../../simulation/ring-config.ts';
import { keyOf } from '../wire/keys.ts';
import { openDesk, resultsOf, ticketOf, type Desk } from './desk.ts';

const plain = { isImmediate: true, isWaiting: true, isWaitingForCommit: true };

const grant = (desk: Desk, ticket = 'db'): ClientRequest => ({
  command: 'grant',
  from: desk.id('A'),
  ticket,
  options: plain,
});

const revoke = (desk: Desk, ticket = 'db'): ClientRequest => ({
  command: 'revoke-request',
  from: desk.id('A'),
  ticket,
  options: plain,
});

const geostore = (
  desk: Desk,
  command: 'attr-set' | 'attr-get' | 'attr-delete' | 'attr-list',
  attribute = '',
  value = '',
): ClientRequest => ({ command, from: desk.id('A'), ticket: 'db', attribute, value });

/** Asks, and lets the cluster store what is to be stored. */
function served(
  desk: Desk,
  request: ClientRequest,
  failure: string | null = null,
): readonly string[] {
  // Two like requests of the same moment would be a replay.
  desk.wait(1);
  const effects = desk.ask(desk.requestBytes(request));
  const stored = effects.flatMap((effect) => {
    if (effect.kind !== 'store-attribute') return [];
    return onAttributeStored(desk.member, desk.moment(), { ...effect, failure });
  });
  return resultsOf([...effects, ...stored]);
}

describe('geostore', () => {
  test('set, get, list, delete, as booth answers them', () => {
    const desk = openDesk();
    expect(served(desk, geostore(desk, 'attr-list'))).toEqual(['']);
    expect(served(desk, geostore(desk, 'attr-get', 'repl'))).toEqual(['no-attribute']);
    expect(served(desk, geostore(desk, 'attr-delete', 'repl'))).toEqual(['no-attribute']);
    expect(served(desk, geostore(desk, 'attr-set', 'repl', 'OK now'))).toEqual(['success']);
    expect(served(desk, geostore(desk, 'attr-get', 'repl'))).toEqual(['OK now\n']);
    expect(served(desk, geostore(desk, 'attr-list'))).toEqual([
      'repl OK now 2026-11-20 12:00:00\n',
    ]);
    expect(served(desk, geostore(desk, 'attr-delete', 'repl'))).toEqual(['success']);
    expect(served(desk, geostore(desk, 'attr-get', 'repl'))).toEqual(['no-attribute']);
  });

  test('9.4.1 what the cluster did not store is failed, and not remembered', () => {
    const desk = openDesk();
    expect(served(desk, geostore(desk, 'attr-set', 'repl', 'OK'), 'no quorum')).toEqual(['failed']);
    expect(served(desk, geostore(desk, 'attr-get', 'repl'))).toEqual(['no-attribute']);
    served(desk, geostore(desk, 'attr-set', 'repl', 'OK'));
    expect(served(desk, geostore(desk, 'attr-delete', 'repl'), 'no quorum')).toEqual(['failed']);
    expect(served(desk, geostore(desk, 'attr-get', 'repl'))).toEqual(['OK\n']);
  });

  test.each(['', '1st', 'a b', "x'y", 'owner', 'granted', 'booth-cfg-name', 'ä'])(
    '9.4.3 the name %j is refused before it reaches the cluster',
    (name) => {
      const desk = openDesk();
      const effects = desk.ask(desk.requestBytes(geostore(desk, 'attr-set', name, 'x')));
      expect(resultsOf(effects)).toEqual(['invalid-argument']);
      expect(effects.some(({ kind }) => kind === 'store-attribute')).toBe(false);
    },
  );

  test('9.4.2 a value with quotes is a value', () => {
    const desk = openDesk();
    const evil = `'; touch /tmp/owned; '`;
    expect(served(desk, geostore(desk, 'attr-set', 'repl', evil))).toEqual(['success']);
    expect(served(desk, geostore(desk, 'attr-get', 'repl'))).toEqual([`${evil}\n`]);
  });

  test('attributes are bounded per ticket; an existing one may still change', () => {
    const desk = openDesk();
    for (let count = 0; count < 64; count += 1)
      expect(served(desk, geostore(desk, 'attr-set', `a${String(count)}`, 'x'))).toEqual([
        'success',
      ]);
    expect(served(desk, geostore(desk, 'attr-set', 'one-more', 'x'))).toEqual(['invalid-argument']);
    expect(served(desk, geostore(desk, 'attr-set', 'a1', 'y'))).toEqual(['success']);
  });

  test('an arbitrator stores nothing and says why; it answers get and list', () => {
    const desk = openDesk({ self: 'C' });
    const effects = desk.ask(desk.requestBytes(geostore(desk, 'attr-set', 'repl', 'x')));
    expect(resultsOf(effects)).toEqual(['invalid-argument']);
    expect(effects).toContainEqual(expect.objectContaining({ kind: 'event' }));
    expect(served(desk, geostore(desk, 'attr-list'))).toEqual(['']);
  });
});

describe('requests', () => {
  test('unknown tickets and commands get IArg', () => {
    const desk = openDesk();
    expect(served(desk, grant(desk, 'other'))).toEqual(['invalid-argument']);
    expect(served(desk, revoke(desk, 'other'))).toEqual(['invalid-argument']);
    expect(
      served(desk, { ...geostore(desk, 'attr-get', 'a'), ticket: 'other' } as ClientRequest),
    ).toEqual(['invalid-argument']);
    const unknown = openDesk({ key: null });
    const bytes = unknown.requestBytes({ command: 'list', from: unknown.id('A') });
    new DataView(bytes.buffer).setUint32(28, 0x41424344);
    expect(resultsOf(unknown.ask(bytes))).toEqual(['invalid-argument']);
  });

  test('list and peers are answered by everybody', () => {
    const desk = openDesk({ self: 'C' });
    expect(served(desk, { command: 'list', from: desk.id('A') })).toEqual([
      'ticket: db, leader: NONE\n',
    ]);
    const [peers = ''] = served(desk, { command: 'peers', from: desk.id('A') });
    expect(peers.startsWith('site         192.0.2.11, last recv: 1970-01-01 00:00:00\n')).toBe(
      true,
    );
  });

  test('a replayed, outdated or wrongly signed request gets Auth and changes nothing', () => {
    const desk = openDesk();
    const bytes = desk.requestBytes(geostore(desk, 'attr-set', 'repl', 'OK'));
    expect(desk.ask(bytes).some(({ kind }) => kind === 'store-attribute')).toBe(true);
    const before = ticketOf(desk);
    for (const bad of [
      bytes,
      desk.requestBytes(grant(desk), 601_000),
      desk.requestBytes(grant(desk), -601_000),
      openDesk({ key: keyOf('another secret') }).requestBytes(grant(desk)),
      openDesk({ key: null }).requestBytes(grant(desk)),
    ])
      expect(resultsOf(desk.ask(bad))).toEqual(['auth-failed']);
    expect(ticketOf(desk)).toBe(before);
    expect([...desk.member.strangers.keys()].sort()).toEqual([
      'bad-hash-id',
      'bad-mac',
      'from-the-future',
      'replayed',
      'too-old',
    ]);
  });

  test('a recorded grant does not count again after a restart', () => {
    const recorded = openDesk().requestBytes(grant(openDesk()), 30_000);
    const desk = openDesk();
    desk.wait(1000);
    expect(resultsOf(desk.ask(recorded))).toEqual(['auth-failed']);
    const list = desk.requestBytes({ command: 'list', from: desk.id('A') }, 30_000);
    expect(resultsOf(desk.ask(list))).toEqual(['ticket: db, leader: NONE\n']);
  });

  test('what is no request at all closes the connection without a word', () => {
    const desk = openDesk();
    expect(resultsOf(desk.ask(new Uint8Array(10)))).toEqual(['closed']);
    expect(resultsOf(desk.ask(new Uint8Array(2000)))).toEqual(['closed']);
  });

  test('requests that wait for their outcome are bounded', () => {
    const tickets = Array.from({ length: 600 }, (_, index) => `ticket = "t${String(index)}"`);
    const desk = openDesk({ config: ringConfig(2, 1, tickets), key: null });
    for (let index = 0; index < 600; index += 1)
      desk.ask(desk.requestBytes(grant(desk, `t${String(index)}`)));
    expect(desk.member.requests.size).toBe(600);
    for (let id = 10_000; desk.member.requests.size < 1024; id += 1)
      desk.member.requests.set(id, { connection: id, ticket: 'db' });
    expect(resultsOf(desk.ask(desk.requestBytes(grant(desk, 'db'))))).toEqual(['failed']);
    expect(desk.member.requests.size).toBe(1024);
  });
});

describe('hazards of booth-protocol 9.3', () => {
  test('9.3.3 a second grant fails, its own client only, and leaves the first one’s delay', () => {
    const desk = openDesk();
    const first = grant(desk);
    desk.ask(
      desk.requestBytes({ ...first, options: { ...plain, isImmediate: false } } as ClientRequest),
    );
    const { notBefore } = desk.member.tickets.get('db')?.state.commit ?? { notBefore: null };
    expect(notBefore).not.toBeNull();
    const effects = desk.ask(desk.requestBytes(first, -1));
    expect(effects.filter(({ kind }) => kind === 'answer')).toMatchObject([
      { connection: 2, isFinal: true, answer: { result: 'failed' } },
    ]);
    expect(desk.member.tickets.get('db')?.state.commit.notBefore).toBe(notBefore);
    expect([...desk.member.requests.values()]).toEqual([{ connection: 1, ticket: 'db' }]);
  });

  test('9.3.2 an answer goes to the connection that asked, whatever else was opened since', () => {
    const desk = openDesk();
    desk.ask(desk.requestBytes(grant(desk)));
    desk.ask(desk.requestBytes({ command: 'list', from: desk.id('A') }));
    const effects = desk.ask(desk.requestBytes(revoke(desk)));
    expect(effects.filter(({ kind }) => kind === 'answer')).toMatchObject([
      { connection: 1, answer: { result: 'failed' }, isFinal: true },
      { connection: 3, answer: { result: 'ticket-idle' }, isFinal: true },
    ]);
    expect(desk.member.requests.size).toBe(0);
  });
});
