/** list and peers, byte for byte as real daemons printed them (../shared/vectors). */
import { describe, expect, test } from 'vitest';
import { assert } from '../../../core/base/assert.ts';
import { instantOf } from '../../../core/base/instant.ts';
import type { RingConfig } from '../../../core/config/model.ts';
import { parseConfig } from '../../../core/config/parse.ts';
import {
  listText,
  peersText,
  type ListedTicket,
  type ListView,
} from '../../../core/member/list-text.ts';
import { newPeer, withRefusal } from '../../../core/member/peer.ts';
import type { TicketState } from '../../../core/ticket/state.ts';
import { initialState } from '../../../core/ticket/state.ts';
import { recordedLists } from './recorded-lists.ts';

const formatTime = (epochMs: number): string =>
  new Date(epochMs).toISOString().slice(0, 19).replace('T', ' ');
const readTime = (text: string): number => Date.parse(`${text.replace(' ', 'T')}Z`);

function configOf(text: string): RingConfig {
  const { config } = parseConfig(new TextEncoder().encode(text), {
    path: '/etc/booth/booth.conf',
    resolve: () => null,
  });
  assert(config !== null, 'the recorded ring has a good booth.conf');
  return config;
}

const NOW_EPOCH_MS = Date.UTC(2026, 10, 20, 12, 55, 0);
const at = (timeText: string) => instantOf(readTime(timeText) - NOW_EPOCH_MS + 1_000_000);

function viewOf(config: RingConfig, server: string): ListView {
  const self = config.members.find(({ address }) => address.text === server);
  assert(self !== undefined, `${server} is a member`);
  const { members } = config;
  return { now: instantOf(1_000_000), epochMs: NOW_EPOCH_MS, self: self.id, members, formatTime };
}

/** The state that the recorded line describes. */
function stateOf(line: string, view: ListView): TicketState {
  const leader = /leader: ([^,\s]+)/.exec(line)?.[1] ?? '';
  const expires = /expires: (\d{4}-\S+ [\d:]+)/.exec(line)?.[1];
  const pending = /pending until (\d{4}-\S+ [\d:]+)/.exec(line)?.[1];
  if (leader === 'none') return { ...initialState, holder: { kind: 'nobody', term: 1 } };
  const member = view.members.find(({ address }) => address.text === leader);
  if (member === undefined) return initialState;
  const { id } = member;
  const isHere = id === view.self;
  const until = expires === undefined ? null : at(expires);
  return {
    ...initialState,
    role: isHere ? 'leader' : 'follower',
    holder: { kind: 'member', id, term: 1, isReleased: false },
    promise: until === null ? null : { to: id, term: 1, until, spanMs: 1 },
    lease: until === null || !isHere ? null : { term: 1, until },
    commit: { ...initialState.commit, notBefore: pending === undefined ? null : at(pending) },
    claims: [],
  };
}

describe.skipIf(recordedLists.length === 0)('recorded by booth daemons (needs ../shared)', () => {
  test.each(recordedLists.filter(({ verb }) => verb === 'list'))(
    'list of $ring, step $step: $label',
    ({ config: text, server, stdout }) => {
      const config = configOf(text);
      const view = viewOf(config, server);
      const lines = stdout.split('\n');
      const warned = /multiple sites: (.*)\. Revoke/.exec(stdout)?.[1]?.split(', ') ?? [];
      const claims = config.members.filter(({ address }) => warned.includes(address.text));
      const tickets = config.tickets.map((ticket): ListedTicket => {
        const line = lines.find((one) => one.startsWith(`ticket: ${ticket.name},`)) ?? '';
        const isManual = ticket.mode === 'manual';
        const ids = isManual ? claims.map(({ id }) => id).reverse() : [];
        return { config: ticket, state: { ...stateOf(line, view), claims: ids } };
      });
      expect(listText(tickets, view)).toBe(stdout);
    },
  );

  test.each(recordedLists.filter(({ verb }) => verb === 'peers'))(
    'peers of $ring, step $step: $label',
    ({ config: text, server, stdout }) => {
      const config = configOf(text);
      const view = viewOf(config, server);
      const blocks = stdout.split('\n\n');
      const peers = config.members
        .filter(({ id }) => id !== view.self)
        .map((member, index) => {
          const [recv = '', sent = '', received = ''] = (blocks[index] ?? '').split('\n');
          const count = (line: string): number => Number(/pkts:(\d+)/.exec(line)?.[1]);
          return {
            ...newPeer(member),
            lastReceivedEpochMs: readTime(/recv: (.*)$/.exec(recv)?.[1] ?? ''),
            sent: count(sent),
            received: count(received),
          };
        });
      expect(peersText(peers, view)).toBe(stdout);
    },
  );
});

const config = configOf(
  'site = 192.0.2.11\nsite = 192.0.2.12\narbitrator = 192.0.2.13\nticket = "db"\n',
);
const view = viewOf(config, '192.0.2.11');
const [ticket] = config.tickets;
const [own, other] = config.members;
assert(ticket !== undefined && own !== undefined && other !== undefined, 'as written above');
const listed = (state: Partial<TicketState>): string =>
  listText([{ config: ticket, state: { ...initialState, ...state } }], view);

test('times are rounded to the nearest second', () => {
  const state = (untilMs: number): Partial<TicketState> => ({
    holder: { kind: 'member', id: other.id, term: 1, isReleased: false },
    promise: { to: other.id, term: 1, until: instantOf(1_000_000 + untilMs), spanMs: 1 },
  });
  expect(listed(state(1499))).toBe(
    'ticket: db, leader: 192.0.2.12, expires: 2026-11-20 12:55:01\n',
  );
  expect(listed(state(1500))).toBe(
    'ticket: db, leader: 192.0.2.12, expires: 2026-11-20 12:55:02\n',
  );
});

test('a lease that is over names no leader, and a vote never does (9.2.4)', () => {
  const holder = { kind: 'member', id: other.id, term: 1, isReleased: false } as const;
  const promise = { to: other.id, term: 1, until: instantOf(1_000_000), spanMs: 1 };
  expect(listed({ holder, promise })).toBe('ticket: db, leader: NONE\n');
  expect(listed({ vote: { term: 1, candidate: other.id } })).toBe('ticket: db, leader: NONE\n');
});

test('a refused packet is counted in the class that booth shows it in', () => {
  let peer = newPeer(other);
  for (const reason of [
    'bad-mac',
    'replayed',
    'bad-length',
    'unknown-ticket',
    'not-a-site',
  ] as const)
    peer = withRefusal(peer, reason);
  expect(peersText([peer], view)).toContain('error:1 authfail:2 invalid:2\n\n');
});
