/**
 * The crafted requests boothd was asked to swallow, sent to a running member of ours over real
 * sockets. It answers as boothd did or is stricter, as the tables say, and is alive after each.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import {
  refusedByBoth,
  sameBytesAsTheFirst,
  stricterThanBooth,
} from '../core/wire/probe-verdicts.ts';
import {
  bytesOf,
  hasVectors,
  keyNamed,
  unlessAbsent,
  vectors,
  type Probe,
} from '../core/wire/vectors.ts';
import { blankJournal, playMember, type ForgedPeer } from './forged-peer.ts';
import { essence, newTranslator } from './live-probes.ts';
import { makeRing, stateDirOf, type MemberProcess, type Ring } from './member-process.ts';
import { ask, exchange, finalResult } from './raw-client.ts';

const tickets = ['ticket-web', 'ticket-short', 'ticket-step', 'ticket-attr', 'ticket-man'];
const lines = ['ticket = "ticket-web"', 'expire = 40', 'timeout = 3', 'retries = 3'];
const others = tickets.slice(1).map((name) => `ticket = "${name}"`);

/** Ours says no where boothd said yes, or something else: which refusal a client gets. */
const authenticationReasons = new Set([
  'bad-hash-id',
  'bad-mac',
  'not-authenticated',
  'too-old',
  'from-the-future',
  'replayed',
]);

/** Ours answers these by the rules of the ticket; boothd was silent, or said something else. */
const answeredOtherwise: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  // R11: the sender of an older term is told the newer one, where boothd leaves it in the dark.
  'udp: REQ_VOTE with a term below the last valid one: silence': {
    command: 'RJC!',
    request: 'RVot',
    reason: '0',
    result: 'TOdt',
  },
};

/** What ours must answer; null: silence. */
function expectedAnswer(probe: Probe): Readonly<Record<string, string | number>> | null {
  const { label, transport, config_of: configOf } = probe;
  const reply = probe.replies[0];
  const theirs = reply === undefined ? null : essence(bytesOf(reply.hex));
  const isReplay = sameBytesAsTheFirst.has(label) && configOf === 'ipv4-auth';
  const stricter = isReplay ? 'replayed' : stricterThanBooth[label];
  const otherwise = answeredOtherwise[label];
  if (otherwise !== undefined)
    return { ...otherwise, length: configOf === 'ipv4-auth' ? 152 : 124 };
  if (stricter === undefined) return theirs;
  if (transport === 'udp') return null;
  const result = authenticationReasons.has(stricter) ? 'Auth' : 'IArg';
  const length = configOf === 'ipv4-auth' ? 76 : 48;
  return { command: 'Rslt', request: '0', reason: '0', result, length };
}

interface Receiver {
  readonly ring: Ring;
  readonly member: MemberProcess;
  readonly played: ForgedPeer;
}

/** The answers to one datagram: all that came before the answer to a question asked after it. */
async function answersToDatagram({ ring, played }: Receiver, bytes: Uint8Array): Promise<Buffer[]> {
  const before = played.peer.received().length;
  await played.peer.send(ring.addressOf(1), bytes);
  await played.settle(ring.addressOf(1), 'ticket-web');
  return played.peer.received().slice(before, -1);
}

async function sendAll(receiver: Receiver, configOf: string): Promise<void> {
  const { ring, member } = receiver;
  const key = keyNamed(configOf === 'ipv4-auth' ? 'k1' : null);
  const addresses = {
    '192.0.2.11': ring.addressOf(1),
    '192.0.2.12': ring.addressOf(2),
    '192.0.2.13': ring.addressOf(3),
  };
  const translate = newTranslator({ key, addresses });
  const place = { address: ring.addressOf(1), port: ring.port };
  const unfinished: Promise<unknown>[] = [];
  for (const probe of vectors.probes.filter((each) => each.config_of === configOf)) {
    const bytes = translate(probe);
    const pieces = probe.sent_in_pieces === undefined ? {} : { pieces: probe.sent_in_pieces };
    if (refusedByBoth[probe.label] === 'incomplete') {
      unfinished.push(
        exchange(place, bytes, { timeoutMs: 20_000 }).then(({ received, end }) => {
          expect({ received: received.length, end }).toEqual({ received: 0, end: 'closed' });
        }),
      );
      continue;
    }
    const answers =
      probe.transport === 'udp'
        ? await answersToDatagram(receiver, bytes)
        : [(await exchange(place, bytes, pieces)).received].filter(({ length }) => length > 0);
    const expected = expectedAnswer(probe);
    expect(answers.map(essence), probe.label).toEqual(expected === null ? [] : [expected]);
    expect(member.end(), probe.label).toBeUndefined();
  }
  await Promise.all(unfinished);
  expect(finalResult(await ask(ring, 1, { command: 'list', from: ring.idOf(1) }))).toBe('success');
}

describeWith(['linux', 'geobooth-build'], `probes on the wire${unlessAbsent}`, () => {
  for (const [configOf, network, keyName] of [
    ['ipv4-auth', '127.0.52', 'k1'],
    ['ipv4-noauth', '127.0.53', null],
  ] as const) {
    (hasVectors ? test.concurrent : test.skip)(
      `${configOf}: each is answered as by boothd, or more strictly`,
      async () => {
        const key = keyNamed(keyName);
        const keyText =
          keyName === null
            ? null
            : Buffer.from(vectors.keys[keyName]?.file_hex ?? '', 'hex').toString('latin1');
        const ring = await makeRing({ name: 'probes', network, key: keyText, ticket: [] });
        writeFileSync(
          ring.config,
          readFileSync(ring.config, 'utf8').replace(
            'ticket = "t"',
            [...lines, ...others].join('\n'),
          ),
        );
        const stateDir = stateDirOf({ folder: ring.folder, address: ring.addressOf(1) });
        mkdirSync(stateDir, { mode: 0o700 });
        writeFileSync(join(stateDir, 'journal'), blankJournal(tickets));
        const played = await playMember({ ...ring, key }, 2);
        try {
          const member = await ring.start(1);
          await played.settle(ring.addressOf(1), 'ticket-web');
          await sendAll({ ring, member, played }, configOf);
        } finally {
          await played.close();
          await ring.close();
        }
      },
    );
  }
});
