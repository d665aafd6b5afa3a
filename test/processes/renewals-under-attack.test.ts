/**
 * What strangers at the ports and hostile handlers of other tickets may cost a ticket that is held: nothing (R13).
 * A ring that is left alone is watched beside the one under attack, so that a slow machine is told from a slow daemon.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { ClientRequest } from '../../core/wire/message.ts';
import { describeWith } from '../support/requirements.ts';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.ts';
import { waitUntil } from '../support/wait-until.ts';
import { makeRing, type MemberProcess, type Ring } from './member-process.ts';
import { residentMbOf } from './process-size.ts';
import { answersIn, ask, exchange, finalResult, grantOf, openConnection } from './raw-client.ts';
import { openPeer, requestBytes, revokeOf } from './raw-client.ts';
import { watchRenewals, type RenewalsWatch } from './renewals-watch.ts';

const EXPIRE_MS = 6000;
const RENEWAL_MS = 1500;
const timings = ['expire = 6', 'renewal-freq = 1500ms', 'timeout = 300ms', 'retries = 3'];
/** So many renewals of the holder under attack are looked at. */
const RENEWALS = 8;
/** Half a lease is left then. In a ring that is left alone a renewal is milliseconds late. */
const INTERVAL_MS_MAX = EXPIRE_MS / 2;

interface HeldRing {
  readonly ring: Ring;
  readonly holder: MemberProcess;
  readonly renewals: RenewalsWatch;
}

const open: HeldRing[] = [];

/** `others`: lines of further tickets. */
async function startHeldRing(network: string, others: readonly string[] = []): Promise<HeldRing> {
  const ring = await makeRing({
    name: `held-${network}`,
    network,
    key: 'a shared secret',
    ticket: [...timings, ...others],
  });
  try {
    const [holder] = await ring.startAll();
    if (holder === undefined) throw new Error('a ring without members');
    expect(finalResult(await ask(ring, 1, grantOf(ring, 1), 20_000))).toBe('success');
    const held = { ring, holder, renewals: watchRenewals(holder) };
    open.push(held);
    return held;
  } catch (error) {
    await ring.close();
    throw error;
  }
}

const expectUnhurt = ({ holder, renewals }: HeldRing, calm: HeldRing): void => {
  const worstMs = Math.max(...renewals.intervalsMs());
  const calmMs = Math.max(...calm.renewals.intervalsMs());
  const told = `slowest renewal after ${String(Math.round(worstMs))} ms, ${String(Math.round(calmMs))} ms in the calm ring`;
  expect(renewals.intervalsMs().length, told).toBeGreaterThanOrEqual(RENEWALS);
  expect(worstMs - Math.max(0, calmMs - RENEWAL_MS), told).toBeLessThan(INTERVAL_MS_MAX);
  expect(holder.log().some(({ event }) => event === 'lease-lost')).toBe(false);
  expect(holder.end()).toBeUndefined();
};

afterEach(async () => {
  for (const { ring, renewals } of open.splice(0)) {
    renewals.stop();
    await ring.close();
  }
});

describeWith(['linux', 'geobooth-build'], 'strangers at the ports', () => {
  /** As many connections as the daemon keeps, each a byte of half a request at a time. */
  const SLOW_CLIENTS = 256;
  const FLOODERS = 12;
  const DATAGRAMS_AT_ONCE = 100;

  test('a slow-loris and a flood delay no renewal, and honest clients are answered', async () => {
    const [held, calm] = await Promise.all([startHeldRing('127.0.58'), startHeldRing('127.0.59')]);
    const { ring } = held;
    const place = { address: ring.addressOf(1), port: ring.port };
    const over = new AbortController();
    const attackers: Promise<unknown>[] = [];
    const repeat = (attack: () => Promise<unknown>): void => {
      const goOn = async (): Promise<void> => {
        while (!over.signal.aborted) await attack().catch(() => undefined);
      };
      attackers.push(goOn());
    };
    const counts = { trickled: 0, asked: 0, hungUp: 0, datagrams: 0, honest: 0 };

    const half = requestBytes(ring, revokeOf(ring, 1)).subarray(0, 100);
    for (let one = 0; one < SLOW_CLIENTS; one += 1) {
      repeat(async () => {
        const { socket } = await openConnection(place);
        for (const byte of half) {
          if (over.signal.aborted || socket.destroyed) break;
          socket.write(Uint8Array.of(byte));
          counts.trickled += 1;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        socket.destroy();
      });
    }
    for (let one = 0; one < FLOODERS; one += 1) {
      repeat(async () => {
        const list = requestBytes(ring, { command: 'list', from: ring.idOf(1) });
        await exchange(place, list);
        counts.asked += 1;
        const { socket } = await openConnection(place);
        socket.resetAndDestroy();
        counts.hungUp += 1;
      });
    }
    const peer = await openPeer('127.0.58.9', 0, ring.port);
    repeat(async () => {
      const junk = Uint8Array.from({ length: 124 }, (_, at) => (at * 31 + counts.datagrams) % 256);
      const sends = Array.from({ length: DATAGRAMS_AT_ONCE }, () => peer.send(place.address, junk));
      await Promise.all(sends);
      counts.datagrams += sends.length;
      // What a member can read in the meantime: what overflows its buffer is the kernel's to drop.
      await new Promise((resolve) => setTimeout(resolve, 10));
    });
    repeat(async () => {
      const list = requestBytes(ring, { command: 'list', from: ring.idOf(2) });
      const { received } = await exchange({ ...place, address: ring.addressOf(2) }, list);
      expect(finalResult(answersIn(received, ring))).toBe('success');
      counts.honest += 1;
    });

    try {
      await held.renewals.untilRenewed(RENEWALS);
    } finally {
      over.abort();
      await Promise.all(attackers);
      await peer.close();
    }
    expectUnhurt(held, calm);
    expect(Math.min(...Object.values(counts)), JSON.stringify(counts)).toBeGreaterThan(50);
  }, 120_000);
});

describeWith(['linux', 'geobooth-build'], 'handlers of other tickets', () => {
  /** Each writes its pid first, so that what is left of it can be found. */
  const handlers = {
    hangs: 'sleep 600',
    deaf: "trap '' TERM HUP INT; while :; do sleep 1; done",
    forks:
      'for i in 1 2 3 4 5 6 7 8 9; do (sleep 600 & echo $! >> "$0.pids"; sleep 600) & echo $! >> "$0.pids"; done; wait',
    floods: 'yes "$(seq -s , 1 400)" | head -c 200000000; exit 0',
  } as const;
  const names = ['hangs', 'deaf', 'forks', 'floods'] as const;
  let folder: TemporaryDirectory;

  afterEach(() => folder.remove());

  const handlerOf = (name: (typeof names)[number]): string => join(folder.path, name);
  const pidsOf = (name: (typeof names)[number]): readonly number[] => {
    const file = `${handlerOf(name)}.pids`;
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : [];
  };
  const isRunning = (pid: number): boolean => {
    try {
      return !readFileSync(`/proc/${String(pid)}/stat`, 'utf8').includes(') Z ');
    } catch {
      return false;
    }
  };

  test('that hang, fork, flood their output or ignore SIGTERM delay no renewal, and nothing of them is left', async () => {
    folder = await makeTemporaryDirectory('handlers');
    for (const name of names) {
      const text = `#!/bin/sh\necho $$ >> "$0.pids"\n${handlers[name]}\n`;
      writeFileSync(handlerOf(name), text, { mode: 0o755 });
    }
    const tickets = names.flatMap((name) => [
      `ticket = "${name}"`,
      ...timings,
      `before-acquire-handler = ${handlerOf(name)}`,
    ]);
    const [held, calm] = await Promise.all([
      startHeldRing('127.0.60', tickets),
      startHeldRing('127.0.61'),
    ]);
    const { ring, holder } = held;
    const residentBefore = residentMbOf(holder.pid);
    const grants = names.map((name) => ask(ring, 1, grantOf(ring, 1, false, name), 60_000));
    await waitUntil('every handler to run', () => names.every((name) => pidsOf(name).length > 0));
    await waitUntil('the forks', () => pidsOf('forks').length > 18);
    // Two hundred megabytes of words are no reason to refuse.
    expect(finalResult((await grants[3]) ?? [])).toBe('success');
    await held.renewals.untilRenewed(RENEWALS);
    expectUnhurt(held, calm);
    expect(residentMbOf(holder.pid) - residentBefore).toBeLessThan(64);

    // A revoke ends the asking; its client is told at once, and the one that waited as well.
    const hung = await ask(ring, 1, revokeOfTicket(ring, 'hangs'), 20_000);
    expect(finalResult(hung)).not.toBeNull();
    // The deaf one is given its grace.
    holder.signal('SIGTERM');
    expect(await holder.ended).toEqual({ code: 0, signal: null });
    for (const waiting of grants) await waiting;
    const pids = names.flatMap(pidsOf);
    await waitUntil('all of the handlers to be gone', () => !pids.some(isRunning));
  }, 120_000);
});

const revokeOfTicket = (ring: Ring, ticket: string): ClientRequest => ({
  command: 'revoke-request',
  from: ring.idOf(1),
  ticket,
  options: { isImmediate: false, isWaiting: true, isWaitingForCommit: true },
});
