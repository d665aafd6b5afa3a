/** Clients that misbehave, each row of booth-protocol 9.3: nobody is disturbed, and no request is lost or done twice (R17). */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWith } from '../support/requirements.ts';
import { waitUntil } from '../support/wait-until.ts';
import { giveMemory } from './forged-peer.ts';
import { makeRing, type MemberProcess, type Ring } from './member-process.ts';
import { answersIn, ask, exchange, finalResult, grantOf, leaderAt, listAt } from './raw-client.ts';
import { openConnection, requestBytes, revokeOf, type RawConnection } from './raw-client.ts';

describeWith(['linux', 'geobooth-build'], 'a site whose clients misbehave', () => {
  let ring: Ring;
  let site: MemberProcess;
  const place = () => ({ address: ring.addressOf(1), port: ring.port });
  const pendingUntil = async (): Promise<string | null> =>
    /commit pending until ([^)]+)\)/.exec(await listAt(ring, 1))?.[1] ?? null;
  const granted = () => site.log().filter(({ event }) => event === 'grant-requested').length;

  beforeAll(async () => {
    // Site 2 is never there: a grant waits for the end of what it might hold.
    const ticket = ['expire = 4', 'timeout = 400ms', 'retries = 3'];
    ring = await makeRing({ name: 'clients', network: '127.0.54', key: 'a shared secret', ticket });
    giveMemory(ring, [1, 3]);
    [site] = await Promise.all([ring.start(1), ring.start(3)]);
  });
  afterAll(async () => {
    await ring.close();
  });

  test('9.3.1–9.3.3: a waiting grant whose client hangs up goes on, once, with its delay', async () => {
    const client = await openConnection(place());
    client.socket.write(requestBytes(ring, grantOf(ring, 1)));
    const until = await waitUntil('the commit to be delayed', pendingUntil);
    expect(client.received().length).toBeGreaterThan(0);
    client.socket.resetAndDestroy();
    await client.ended;
    // The next connection has the descriptor that the first one had.
    const idle = await openConnection(place());
    expect(finalResult(await ask(ring, 1, grantOf(ring, 1)))).toBe('overgrant');
    expect(await pendingUntil()).toBe(until);
    expect(granted()).toBe(1);
    await waitUntil('the delay to be over', async () => (await pendingUntil()) === null);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(until) - 1000);
    expect(await leaderAt(ring, 1)).toBe(ring.addressOf(1));
    expect(granted()).toBe(1);
    expect(idle.received()).toHaveLength(0);
    idle.socket.destroy();
  });

  test('9.3.5: a client that closes its side gets every answer', async () => {
    const isEnding = { isEnding: true, timeoutMs: 15_000 };
    const listed = await exchange(
      place(),
      requestBytes(ring, { command: 'list', from: ring.idOf(1) }),
      isEnding,
    );
    expect(finalResult(answersIn(listed.received, ring))).toBe('success');
    const revoked = await exchange(place(), requestBytes(ring, revokeOf(ring, 1)), isEnding);
    expect(finalResult(answersIn(revoked.received, ring))).toBe('success');
    const answers = await exchange(place(), requestBytes(ring, grantOf(ring, 1, true)), isEnding);
    expect(
      answersIn(answers.received, ring).map((answer) => answer.form === 'ticket' && answer.result),
    ).toEqual(['more', 'success']);
    expect(answers.end).toBe('closed');
  });

  test('a request that comes byte by byte is answered; what follows it in the same write is not', async () => {
    const list = requestBytes(ring, { command: 'list', from: ring.idOf(1) });
    const slow = await exchange(place(), list, {
      pieces: list.map(() => 1) as unknown as number[],
    });
    expect(finalResult(answersIn(slow.received, ring))).toBe('success');
    const again = requestBytes(ring, { command: 'list', from: ring.idOf(1) });
    const revoke = requestBytes(ring, revokeOf(ring, 1));
    const both = await exchange(place(), Uint8Array.from([...again, ...revoke]));
    expect(answersIn(both.received, ring)).toHaveLength(1);
    expect(both.end).toBe('closed');
    expect(await leaderAt(ring, 1)).toBe(ring.addressOf(1));
  });

  test('9.3.6: 300 connections that say nothing, or half of something, disturb nobody', async () => {
    const half = requestBytes(ring, revokeOf(ring, 1)).subarray(0, 100);
    const connections: RawConnection[] = [];
    for (let one = 0; one < 300; one += 1) {
      const connection = await openConnection(place());
      if (one % 2 === 0) connection.socket.write(half);
      connections.push(connection);
    }
    const begunAtMs = performance.now();
    expect(finalResult(await ask(ring, 1, { command: 'list', from: ring.idOf(1) }))).toBe(
      'success',
    );
    expect(performance.now() - begunAtMs).toBeLessThan(2000);
    const lease = JSON.stringify(site.record()['lease']);
    await waitUntil('a renewal', () => JSON.stringify(site.record()['lease']) !== lease);
    // The oldest had to go: there are never more than 256 of them.
    await Promise.all(connections.slice(0, 300 - 256).map(({ ended }) => ended));
    expect(connections.every((connection) => connection.received().length === 0)).toBe(true);
    for (const { socket } of connections) socket.destroy();
    expect(await leaderAt(ring, 1)).toBe(ring.addressOf(1));
    expect(site.end()).toBeUndefined();
  });
});
