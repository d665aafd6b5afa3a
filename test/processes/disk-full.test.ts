/**
 * A full disk under the journal (R3): the member stops voting and says so; it pretends nothing.
 * When there is room again it votes again. The disk is a small tmpfs in a mount namespace of its
 * own, so that nothing else of this host sees it.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startProcess, type BackgroundProcess } from '../support/background-process.ts';
import { describeWith, distDirectory } from '../support/requirements.ts';
import { waitUntil } from '../support/wait-until.ts';
import {
  hasMemory,
  lockPathOf,
  makeRing,
  readLog,
  type MemberProcess,
  type Ring,
} from './member-process.ts';
import { ask, finalResult, grantOf, leaderAt, revokeOf, waitForLeader } from './raw-client.ts';

/** Mounts a disk of 256 KiB on the first argument, then becomes the program that follows. */
const mountThenRun =
  'mkdir -p "$1" && mount -t tmpfs -o size=256k,mode=0700 tmpfs "$1" && shift && exec "$@"';

/** Their renewals fill what room is left on the journal's last page. */
const more = ['u', 'v', 'w', 'x', 'y', 'z'];

describeWith(['linux', 'root', 'namespaces', 'geobooth-build'], 'with a full disk', () => {
  let ring: Ring;
  let others: readonly MemberProcess[];
  let full: BackgroundProcess;
  let disk: string;
  const log = () => readLog(full.output());
  const told = (event: string, from = 0) =>
    waitUntil(
      `the member with the full disk to log ${event}`,
      () => {
        const found = log()
          .slice(from)
          .find((line) => line.event === event);
        if (found !== undefined) return found;
        throw new Error(full.output().slice(-1500));
      },
      { timeoutMs: 20_000 },
    );

  beforeAll(async () => {
    const times = ['expire = 3', 'timeout = 300ms', 'retries = 3'];
    const ticket = [...times, ...more.flatMap((name) => [`ticket = "${name}"`, ...times])];
    ring = await makeRing({ name: 'disk', network: '127.0.44', key: 'a shared secret', ticket });
    disk = join(ring.folder, 'disk');
    // -D: it tells of each vote.
    const daemon = [...ring.argumentsOf(2), '--state-dir', disk, '-D'];
    full = await startProcess('unshare', [
      ...['--mount', '--propagation', 'private', 'sh', '-c', mountThenRun, 'sh', disk],
      ...[join(distDirectory, 'boothd'), ...daemon],
    ]);
    others = await Promise.all([ring.start(1), ring.start(3)]);
    const lock = lockPathOf({ folder: ring.folder, address: ring.addressOf(2) });
    await waitUntil('the member on the small disk to run', () =>
      readFileSync(lock, 'utf8').includes('booth_state=started'),
    );
    await Promise.all(others.map(hasMemory));
    await waitUntil('the member on the small disk to vote for all tickets', () => {
      const ended = log().filter(({ event }) => event === 'abstention-ended');
      return ended.length === 1 + more.length;
    });
  });
  afterAll(async () => {
    await full.kill();
    await ring.close();
  });

  /** The disk as the member sees it. */
  const inside = (name: string) => join('/proc', String(full.pid), 'root', disk, name);
  const fillUp = (): void => {
    expect(() => {
      for (let part = 0; part < 1000; part += 1)
        writeFileSync(inside('filler'), Buffer.alloc(4096), { flag: 'a' });
    }).toThrow(/ENOSPC/);
  };

  test('the member stops voting and says so, and votes again when there is room', async () => {
    expect(finalResult(await ask(ring, 1, grantOf(ring, 1), 10_000))).toBe('success');
    await Promise.all(more.map((ticket) => ask(ring, 1, grantOf(ring, 1, false, ticket), 10_000)));
    await waitForLeader(ring, ring.addressOf(1));
    await told('voted');
    fillUp();
    const journal = readFileSync(inside('journal'));
    const lost = await told('journal-lost');
    expect(lost.message).toMatch(/NOT VOTING: .*no space left on the device.*free some space/);
    expect(lost['level']).toBe('error');
    // The two others renew without it.
    const renewed = others[0]?.record()['lease'];
    await waitUntil('a renewal without it', () => others[0]?.record()['lease'] !== renewed);
    expect(await leaderAt(ring, 1)).toBe(ring.addressOf(1));

    // Without the arbitrator only this member could give a quorum: it must not.
    others[1]?.signal('SIGSTOP');
    await waitForLeader(ring, 'NONE', [1], 10_000);
    const since = log().length;
    const refused = await ask(ring, 2, grantOf(ring, 2), 10_000);
    expect(finalResult(refused)).not.toBe('success');
    expect(
      log()
        .slice(since)
        .some((line) => line.event === 'voted'),
    ).toBe(false);
    expect(await leaderAt(ring, 2)).not.toBe(ring.addressOf(2));
    // What is on the disk is what was acknowledged, not a part of what could not be written.
    const kept = readFileSync(inside('journal'));
    expect(kept.subarray(0, Math.min(kept.length, journal.length))).toEqual(
      journal.subarray(0, Math.min(kept.length, journal.length)),
    );

    rmSync(inside('filler'));
    const back = await told('journal-back', since);
    expect(back.message).toMatch(/votes from now on/);
    // Members 1 and 2 are a quorum again: the ticket finds a holder without the arbitrator.
    await waitUntil('a holder by the votes of 1 and 2', async () => {
      const shown = await Promise.all([leaderAt(ring, 1), leaderAt(ring, 2)]);
      return shown[0] !== 'NONE' && shown[0] === shown[1];
    });
    others[1]?.signal('SIGCONT');
    const holder = (await leaderAt(ring, 1)) === ring.addressOf(1) ? 1 : 2;
    const revoked = await ask(ring, holder, revokeOf(ring, holder), 10_000);
    expect(finalResult(revoked)).toBe('success');
  });
});
