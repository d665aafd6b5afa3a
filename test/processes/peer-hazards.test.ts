/**
 * Messages that kill or confuse a booth daemon, each row of booth-protocol 9.1, at a running member
 * of ours. The other members are played by the test, which holds the key.
 */
import { networkInterfaces } from 'node:os';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { memberIdOf } from '../../core/base/member-id.ts';
import { sign } from '../../core/wire/authentication.ts';
import type { RingMessage } from '../../core/wire/message.ts';
import { describeWith } from '../support/requirements.ts';
import { waitUntil } from '../support/wait-until.ts';
import { giveMemory, obey, playMember, type ForgedPeer } from './forged-peer.ts';
import {
  makeRing,
  startMember,
  waitForStart,
  type MemberProcess,
  type Ring,
} from './member-process.ts';
import { answersIn, ask, finalResult, grantOf, leaderAt } from './raw-client.ts';
import { openConnection, requestBytes } from './raw-client.ts';

const shortTimes = ['expire = 3', 'timeout = 300ms', 'retries = 3'];

describeWith(['linux', 'geobooth-build'], 'a member among hostile peers', () => {
  let ring: Ring;
  let site: MemberProcess;
  let peers: readonly ForgedPeer[] = [];
  const [second, third] = [() => peers[0] as ForgedPeer, () => peers[1] as ForgedPeer];
  const one = () => ring.addressOf(1);

  const setUp = async (
    network: string,
    ticket = shortTimes,
    key: string | null = 'a shared secret',
  ) => {
    ring = await makeRing({ name: 'peers', network, key, ticket });
    giveMemory(ring, [1]);
    peers = [await playMember(ring, 2), await playMember(ring, 3)];
    site = await ring.start(1);
    await second().settle(one());
  };
  afterEach(async () => {
    await Promise.all(peers.map((peer) => peer.close()));
    await ring.close();
  });
  /** Everything the member sent to anybody. */
  const heard = (): readonly RingMessage[] => peers.flatMap((peer) => peer.heard());
  const expectUntouched = async (before: unknown): Promise<void> => {
    await second().settle(one());
    expect(site.end()).toBeUndefined();
    expect(site.record()).toEqual(before);
  };

  test.each([
    ['with', 'a shared secret', '127.0.55'],
    ['without', null, '127.0.56'],
  ] as const)(
    '9.1.1, 9.1.2, 9.1.8: unknown senders, borrowed leaders and short datagrams change nothing, %s authfile',
    async (_title, key, network) => {
      await setUp(network, shortTimes, key);
      const before = site.record();
      const claim = { command: 'heartbeat', leader: second().id, term: 9, validFor: 3 } as const;
      for (const from of [0xffffffff, 0, 1, 0x7fffffff])
        await second().say(one(), { ...claim, from: memberIdOf(from) });
      await expectUntouched(before);
      for (const leader of [null, ring.idOf(1), ring.idOf(3)]) {
        await second().say(one(), { ...claim, leader });
        await second().say(one(), { ...claim, leader, command: 'update' });
      }
      // An arbitrator can hold nothing, whatever it says.
      await third().say(one(), { ...claim, leader: third().id });
      await expectUntouched(before);
      const whole = second().bytes(claim);
      for (let size = 0; size < 124; size += 1) {
        const short = Uint8Array.from(whole.subarray(0, size));
        if (size >= 28) new DataView(short.buffer).setUint32(24, size);
        await second().peer.send(one(), short);
        if (ring.key === null || size < 76) continue;
        sign(short, ring.key, size - 28);
        await second().peer.send(one(), short);
      }
      await expectUntouched(before);
      expect(heard().some(({ command }) => command === 'ack')).toBe(false);
      expect(await leaderAt(ring, 1)).toBe('NONE');
    },
  );

  test('9.1.6: votes for nobody elect nobody', async () => {
    await setUp('127.0.57');
    for (const peer of peers) {
      peer.answer((message) =>
        message.command === 'req-vote'
          ? { ...obey(message), command: 'vote-for', leader: null }
          : obey(message),
      );
    }
    const client = await openConnection({ address: one(), port: ring.port });
    client.socket.write(requestBytes(ring, grantOf(ring, 1)));
    const lost = () => site.log().filter(({ event }) => event === 'election-lost');
    await waitUntil('three elections to be lost', () => lost().length >= 3);
    expect(lost().map((line) => line['votes'])).toEqual([1, 1, 1]);
    expect(heard().some(({ command }) => command === 'heartbeat')).toBe(false);
    expect(await leaderAt(ring, 1)).toBe('NONE');
    expect(site.end()).toBeUndefined();
    expect(finalResult(answersIn(client.received(), ring))).toBe('more');
    client.socket.destroy();
  });

  test('9.1.7: a leader asked for its vote around the end of its lease leads in nobody else’s name', async () => {
    await setUp('127.0.58', [...shortTimes, 'renewal-freq = 20']);
    let isObeyed = true;
    for (const peer of peers) peer.answer((message) => (isObeyed ? obey(message) : null));
    expect(finalResult(await ask(ring, 1, grantOf(ring, 1), 10_000))).toBe('success');
    const term = Number(site.record()['term']);
    isObeyed = false;
    await waitUntil(
      'the lease to be lost',
      async () => {
        await second().say(one(), {
          command: 'req-vote',
          leader: second().id,
          term,
          reason: 'ticket-lost',
          isMarked: false,
          leaseUnit: null,
        });
        return site.log().some(({ event }) => event === 'lease-lost');
      },
      { everyMs: 20 },
    );
    for (let time = 0; time < 20; time += 1) {
      await second().say(one(), {
        command: 'req-vote',
        leader: second().id,
        term,
        reason: 'ticket-lost',
        isMarked: false,
        leaseUnit: null,
      });
      await second().settle(one());
    }
    const claims = heard().filter(({ command }) => command === 'heartbeat' || command === 'update');
    expect(claims.length).toBeGreaterThan(0);
    expect(claims.every(({ leader, from }) => leader === from && from === ring.idOf(1))).toBe(true);
    expect(await leaderAt(ring, 1)).toBe('NONE');
    expect(site.end()).toBeUndefined();
  });

  const hasIpv6 = Object.values(networkInterfaces()).some((infos) =>
    infos?.some(({ address }) => address === '::1'),
  );
  test.skipIf(!hasIpv6)(
    `9.1.9: a member finds its own IPv6 address and starts${hasIpv6 ? '' : ' (skipped: no ::1 here)'}`,
    async () => {
      ring = await makeRing({ name: 'ipv6', network: '127.0.59', key: null, ticket: [] });
      peers = [];
      writeFileSync(ring.config, readFileSync(ring.config, 'utf8').replace(one(), '::1'));
      const args = ring.argumentsOf(1).filter((word) => word !== '--self' && word !== one());
      const member = await startMember(one(), ring.folder, args);
      await waitForStart(member).finally(() => member.stop());
      expect(readFileSync(ring.config, 'utf8')).toContain('::1');
      expect(await member.ended).toEqual({ code: 0, signal: null });
    },
  );
});
