/**
 * What somebody recorded on the network and sends again: to who has seen it, to who has not, later,
 * and after a restart of the receiver. The second site of the ring is played by the test, which so
 * has every byte that was sent to and by it.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { assert } from '../../core/base/assert.ts';
import { describeWith } from '../support/requirements.ts';
import { waitUntil } from '../support/wait-until.ts';
import { giveMemory, playMember, type ForgedPeer } from './forged-peer.ts';
import { makeRing, type MemberProcess, type Ring } from './member-process.ts';
import { answersIn, ask, exchange, finalResult, grantOf, leaderAt } from './raw-client.ts';
import { requestBytes, revokeOf, waitForLeader } from './raw-client.ts';

const network = '127.0.51';

describeWith(['linux', 'geobooth-build'], 'recorded messages', () => {
  let ring: Ring;
  let site: MemberProcess;
  let arbitrator: MemberProcess;
  let played: ForgedPeer;
  /** What the played site sent to site 1, which has taken it. */
  const sentToSite: Uint8Array[] = [];
  const [one, three] = [`${network}.1`, `${network}.3`];
  const record = (member: MemberProcess) => {
    const { term, holder, vote } = member.record();
    return { term, holder, vote };
  };
  const authFailures = async (of: string): Promise<number> => {
    const [answer] = await ask(ring, 1, { command: 'peers', from: ring.idOf(1) });
    assert(answer?.form === 'text', 'peers is answered with a text');
    const block = answer.text.split('\n\n').find((text) => text.includes(` ${of},`)) ?? '';
    return Number(/authfail:(\d+)/.exec(block)?.[1]);
  };
  const resend = async (to: string, datagrams: readonly Uint8Array[]): Promise<void> => {
    for (const bytes of datagrams) await played.peer.send(to, bytes);
    await played.settle(to);
  };
  /** Leads as a site that was granted the ticket would, and sees itself obeyed by both. */
  const lead = async (term: number): Promise<void> => {
    for (const to of [one, three]) {
      const claim = { leader: played.id, term, validFor: 30 };
      const heartbeat = played.bytes({ command: 'heartbeat', options: term, ...claim });
      if (to === one) sentToSite.push(heartbeat);
      await played.peer.send(to, heartbeat);
      await waitUntil(`${to} to follow`, () =>
        played
          .heard()
          .some(
            (each) =>
              each.command === 'ack' &&
              each.from === ring.idOf(to === one ? 1 : 3) &&
              each.term === term,
          ),
      );
    }
  };
  const revokeByLeader = async (term: number): Promise<void> => {
    for (const to of [one, three]) {
      const revoke = played.bytes({ command: 'revoke', reason: 'admin', term });
      if (to === one) sentToSite.push(revoke);
      await played.peer.send(to, revoke);
      await played.settle(to);
    }
  };

  beforeAll(async () => {
    const ticket = ['expire = 30', 'timeout = 1', 'retries = 3'];
    ring = await makeRing({ name: 'replay', network, key: 'a shared secret', ticket });
    giveMemory(ring, [1, 3]);
    played = await playMember(ring, 2);
    [site, arbitrator] = await Promise.all([ring.start(1), ring.start(3)]);
  });
  afterAll(async () => {
    await played.close();
    await ring.close();
  });

  test('datagrams sent again are refused as replays and move nothing', async () => {
    await lead(5);
    expect(await leaderAt(ring, 1)).toBe(ring.addressOf(2));
    const before = [record(site), record(arbitrator)];
    const failures = await authFailures(ring.addressOf(2));
    const acks = played.heard().filter(({ command }) => command === 'ack').length;
    for (let round = 0; round < 50; round += 1) await resend(one, sentToSite);
    expect(await authFailures(ring.addressOf(2))).toBe(failures + 50 * sentToSite.length);
    expect(played.heard().filter(({ command }) => command === 'ack').length).toBe(acks);
    expect([record(site), record(arbitrator)]).toEqual(before);
  });

  test('a heartbeat of the time before a revoke brings nobody back, also not after a restart', async () => {
    await revokeByLeader(5);
    await waitForLeader(ring, 'none', [1, 3]);
    const revoked = record(site);
    await resend(one, sentToSite);
    expect(record(site)).toEqual(revoked);
    await site.kill();
    site = await ring.start(1);
    await played.settle(one);
    const again = record(site);
    expect(again).toEqual(revoked);
    await resend(one, sentToSite);
    expect(await leaderAt(ring, 1)).toBe('none');
    expect(record(site)).toEqual(again);
  });

  test('a grant recorded from a client is refused after the revoke, by who executed it', async () => {
    // Somebody votes and acks for the played site, which is silent: the arbitrator is a quorum.
    const grant = requestBytes(ring, grantOf(ring, 1, true));
    const place = { address: one, port: ring.port };
    const granted = await exchange(place, grant, { timeoutMs: 15_000 });
    expect(finalResult(answersIn(granted.received, ring))).toBe('success');
    expect(await leaderAt(ring, 1)).toBe(one);
    const { term } = record(site);
    expect(finalResult(await ask(ring, 1, revokeOf(ring, 1), 15_000))).toBe('success');
    await waitForLeader(ring, 'none', [1, 3]);

    const grants = () => site.log().filter(({ event }) => event === 'grant-requested').length;
    const expectRefused = async (): Promise<void> => {
      const before = grants();
      const replayed = await exchange(place, grant);
      const refusal = { form: 'header', result: 'auth-failed' };
      expect(answersIn(replayed.received, ring)).toEqual([refusal]);
      expect(grants()).toBe(before);
    };
    await expectRefused();
    expect(await leaderAt(ring, 1)).toBe('none');
    await site.kill();
    // Requests of the two seconds before a start are taken; an operator's restart takes longer.
    await waitUntil('the recording to be old', () => Date.now() - recordedAtMs(grant) > 4000, {
      everyMs: 100,
    });
    site = await ring.start(1);
    await played.settle(one);
    await expectRefused();
    expect(await leaderAt(ring, 1)).toBe('none');
    expect(record(site)).toMatchObject({ term, holder: { kind: 'nobody' } });
  });

  test('what a member sent to one peer tells another nothing newer than it knows', async () => {
    const before = record(arbitrator);
    // Requests for votes, heartbeats and revokes of site 1 for the played site: signed, never seen
    // by the arbitrator, and of a term that is over.
    await resend(
      three,
      played.peer.received().map((bytes) => Uint8Array.from(bytes)),
    );
    expect(record(arbitrator)).toEqual(before);
    expect(await leaderAt(ring, 3)).toBe('none');
  });
});

const recordedAtMs = (request: Uint8Array): number =>
  new DataView(request.buffer, request.byteOffset).getUint32(4) * 1000;
