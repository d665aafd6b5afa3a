/**
 * A flood of random and mutated datagrams and streams at a ring whose ticket is granted and is
 * being renewed: nobody ends, nothing changes, memory stays flat, the ticket stays renewed.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seededRandom, type Random } from '../../core/base/random.ts';
import { describeWith } from '../support/requirements.ts';
import { waitUntil } from '../support/wait-until.ts';
import { bytesOf, vectors } from '../core/wire/vectors.ts';
import { playMember, type ForgedPeer } from './forged-peer.ts';
import { makeRing, type MemberProcess, type Ring } from './member-process.ts';
import { residentMbOf } from './process-size.ts';
import { ask, exchange, finalResult, grantOf, openPeer, requestBytes } from './raw-client.ts';
import { leaderAt, waitForLeader, type RawPeer } from './raw-client.ts';

const SEED = 20_261_121;
const DATAGRAMS = 100_000;
/** At each of the two rings. */
const STREAMS = 50_000;
/** So many are under way at once; the receive buffer of a socket holds more. */
const DATAGRAMS_AT_ONCE = 150;
const STREAMS_AT_ONCE = 40;
/**
 * Resident memory may grow by this between two halves of the flood; measured are 2 for datagrams, and
 * 9 for streams: what a collector leaves for later. A kilobyte kept of each stream would be 25.
 */
const MEMORY_MARGIN_MB = { datagrams: 16, streams: 24 };

const below = (random: Random, limit: number): number => Math.floor(random.next() * limit);

/** Datagrams the kernel threw away because the member's buffer was full. */
function dropsAt(ring: Ring, member: number): number {
  const hexPort = ring.port.toString(16).toUpperCase().padStart(4, '0');
  const [a, b, c, d] = ring.addressOf(member).split('.').map(Number).toReversed();
  const address = [a, b, c, d].map((byte) =>
    (byte ?? 0).toString(16).toUpperCase().padStart(2, '0'),
  );
  const line = readFileSync('/proc/net/udp', 'utf8')
    .split('\n')
    .find((text) => text.includes(` ${address.join('')}:${hexPort} `));
  return Number(line?.trim().split(/\s+/).at(-1));
}

/** What holder and term every member has on disk and shows. */
async function stateOf(ring: Ring, members: readonly MemberProcess[]): Promise<unknown> {
  return {
    shown: await Promise.all([1, 2, 3].map((member) => leaderAt(ring, member))),
    kept: members.map((member) => {
      const { term, vote, holder } = member.record();
      return { term, vote, holder };
    }),
  };
}

/** Bytes changed, cut, put together or stretched; `corpus` is what is taken from. */
function mutant(random: Random, corpus: readonly Uint8Array[]): Uint8Array {
  const pick = () => corpus[below(random, corpus.length)] ?? new Uint8Array(124);
  const kind = below(random, 6);
  if (kind === 0) return Uint8Array.from({ length: below(random, 1200) }, () => below(random, 256));
  const bytes = Uint8Array.from(pick());
  if (kind === 1) return bytes.subarray(0, below(random, bytes.length));
  if (kind === 2) {
    const other = pick();
    const cut = below(random, bytes.length);
    return Uint8Array.from([...bytes.subarray(0, cut), ...other.subarray(cut)]);
  }
  if (kind === 3) {
    const longer = new Uint8Array(bytes.length + 1 + below(random, 900));
    longer.set(bytes);
    return longer;
  }
  for (let change = 0; change <= below(random, 4); change += 1) {
    if (kind === 4) bytes[below(random, bytes.length)] = below(random, 256);
    else {
      const at = 4 * below(random, Math.floor(bytes.length / 4));
      const extreme = [0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff][below(random, 6)] ?? 0;
      new DataView(bytes.buffer).setUint32(at, extreme);
    }
  }
  return bytes;
}

/**
 * Without a key a mutant could be a message that means something. What would be one is made
 * none: it gets a sender that is no member, a name that is no ticket, or another version.
 */
function disarm(random: Random, bytes: Uint8Array): Uint8Array {
  if (bytes.length < 124) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const way = below(random, 3);
  if (way === 0) view.setUint32(20, random.next() < 0.5 ? 0xffffffff : below(random, 2 ** 31));
  else if (way === 1) bytes[48] = bytes[48] === 0x74 ? 0x75 : 0x74 + 2;
  else view.setUint32(16, 0x10000 + below(random, 3));
  return bytes;
}

describeWith(['linux', 'geobooth-build'], 'a flood', () => {
  describe.each([
    ['with authfile', '127.0.46', 'a shared secret'],
    ['without authfile', '127.0.47', null],
  ] as const)('at a ring %s', (_title, network, key) => {
    let ring: Ring;
    let members: readonly MemberProcess[];
    let listener: ForgedPeer;
    let attacker: RawPeer;
    let corpus: readonly Uint8Array[];

    beforeAll(async () => {
      const ticket = ['expire = 4', 'timeout = 400ms', 'retries = 3'];
      // The fourth member is the test: it hears what a member hears, and never answers.
      ring = await makeRing({ name: 'flood', network, key, ticket, arbitrators: 2 });
      listener = await playMember(ring, 4);
      attacker = await openPeer(`${network}.9`, 0, ring.port);
      members = await Promise.all([1, 2, 3].map((member) => ring.start(member)));
      // Their questions at start are answered, or they would wait a lease's time before they vote.
      const questions = await waitUntil('three questions', () => {
        const found = listener.heard().filter(({ command }) => command === 'status');
        return new Set(found.map(({ from }) => from)).size === 3 ? found : null;
      });
      for (const { from, options } of questions) {
        const member = [1, 2, 3].find((one) => ring.idOf(one) === from) ?? 0;
        const to = ring.addressOf(member);
        await listener.say(to, { command: 'my-index', request: 'status', options });
      }
      expect(finalResult(await ask(ring, 1, grantOf(ring, 1), 10_000))).toBe('success');
      await waitForLeader(ring, ring.addressOf(1));
      const live = await waitUntil('a renewal to be heard', () =>
        listener.heard().filter(({ command }) => command === 'heartbeat').length >= 3
          ? listener.peer.received()
          : null,
      );
      const captured = vectors.rings.flatMap((one) => one.messages.map(({ hex }) => bytesOf(hex)));
      // As many of the live ones as of the others: they come further before they are refused.
      const repeated = Array.from(captured, (_, index) => live[index % live.length] ?? live[0]);
      corpus = [...captured, ...repeated, ...live].filter((bytes) => bytes !== undefined);
    });
    afterAll(async () => {
      await attacker.close();
      await listener.close();
      await ring.close();
    });

    const flood = async (random: Random, count: number): Promise<void> => {
      let sent = 0;
      while (sent < count) {
        const sends: Promise<void>[] = [];
        for (const member of [1, 2, 3]) {
          for (let one = 0; one < DATAGRAMS_AT_ONCE && sent < count; one += 1, sent += 1) {
            const made = mutant(random, corpus);
            const bytes = key === null ? disarm(random, Uint8Array.from(made)) : made;
            sends.push(attacker.send(ring.addressOf(member), bytes));
          }
        }
        await Promise.all(sends);
        // An honest question keeps the flood at the pace of the members.
        await Promise.all([1, 2, 3].map((member) => listener.settle(ring.addressOf(member))));
      }
    };
    const leaseOf = () => JSON.stringify(members[0]?.record()['lease']);
    const expectUnmoved = (before: unknown, after: unknown): void => {
      expect(after).toEqual(before);
      for (const member of members) expect(member.end()).toBeUndefined();
    };

    test(`of ${String(DATAGRAMS)} datagrams changes nothing, seed ${String(SEED)}`, async () => {
      const random = seededRandom(SEED);
      const before = await stateOf(ring, members);
      await flood(random, DATAGRAMS / 2);
      const warm = members.map(({ pid }) => residentMbOf(pid));
      const lease = leaseOf();
      await flood(random, DATAGRAMS / 2);
      const growth = members.map(({ pid }, index) => residentMbOf(pid) - (warm[index] ?? 0));
      expectUnmoved(before, await stateOf(ring, members));
      await waitUntil('a renewal since the middle of the flood', () => leaseOf() !== lease);
      const drops = [1, 2, 3].map((member) => dropsAt(ring, member));
      expect(Math.max(...drops), 'datagrams that never reached a member').toBeLessThan(1000);
      expect(Math.max(...growth)).toBeLessThan(MEMORY_MARGIN_MB.datagrams);
      for (const member of members) {
        expect(member.log().some(({ event }) => event === 'packet-refused')).toBe(true);
        expect(member.log().some(({ event }) => event === 'lease-lost')).toBe(false);
        // Refusals are counted, not told one by one.
        expect(member.log().length).toBeLessThan(500);
      }
    }, 60_000);

    test(`of ${String(STREAMS)} streams changes nothing`, async () => {
      const random = seededRandom(SEED + 1);
      const before = await stateOf(ring, members);
      const requests = vectors.rings
        .flatMap((one) => one.messages.filter(({ direction }) => direction === 'client to server'))
        .map(({ hex }) => bytesOf(hex));
      const own = requestBytes(ring, { command: 'list', from: ring.idOf(1) });
      let begun = 0;
      const upTo = async (count: number): Promise<void> => {
        while (begun < count) {
          begun += 1;
          const place = { address: ring.addressOf(1 + (begun % 3)), port: ring.port };
          const made = mutant(random, [...requests, own]);
          const bytes = key === null ? disarm(random, Uint8Array.from(made)) : made;
          await exchange(place, bytes, { isEnding: true });
        }
      };
      const flooded = (count: number) =>
        Promise.all(Array.from({ length: STREAMS_AT_ONCE }, () => upTo(count)));
      await flooded(STREAMS / 2);
      const warm = members.map(({ pid }) => residentMbOf(pid));
      await flooded(STREAMS);
      const growth = members.map(({ pid }, index) => residentMbOf(pid) - (warm[index] ?? 0));
      expectUnmoved(before, await stateOf(ring, members));
      expect(await leaderAt(ring, 2)).toBe(ring.addressOf(1));
      expect(Math.max(...growth)).toBeLessThan(MEMORY_MARGIN_MB.streams);
    }, 120_000);
  });
});
