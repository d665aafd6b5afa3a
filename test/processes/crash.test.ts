/**
 * Members that are killed, stopped and continued at any moment: what was promised is kept over a
 * restart, no two sites hold the ticket at once, and an orderly end is one.
 */
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { seededRandom } from '../../core/base/random.ts';
import { bootClock } from '../../core/io/boot-clock.ts';
import { describeWith } from '../support/requirements.ts';
import { waitUntil } from '../support/wait-until.ts';
import { makeRing, type LogLine, type MemberProcess, type Ring } from './member-process.ts';
import { ask, finalResult, grantOf, leaderAt, revokeOf, waitForLeader } from './raw-client.ts';

const SEED = 4711;
const ROUNDS = 30;
/** Long enough for a vote and its lease, short enough to hit the middle of them. */
const KILL_AFTER_MS = 120;
const key = 'a shared secret';

/** When a site held the ticket, by the wall clock that all members here share. */
interface Tenure {
  readonly site: string;
  readonly fromMs: number;
  toMs: number;
}

const clock = bootClock();
const epochOf = (bootMs: number): number => Date.now() + bootMs - clock.now();
const timeOf = (line: LogLine): number => Date.parse(String(line['time']));

/** From the log of one run of a site; a lease that was running at its death ran on to its end. */
function tenuresOf(member: MemberProcess, leaseEndMs: number): readonly Tenure[] {
  const tenures: Tenure[] = [];
  let open: Tenure | null = null;
  for (const line of member.log().filter(({ event }) => event === 'state')) {
    if (open !== null) open.toMs = timeOf(line);
    if (line['isHeldHere'] !== true) open = null;
    else if (open === null) {
      open = { site: member.address, fromMs: timeOf(line), toMs: leaseEndMs };
      tenures.push(open);
    } else open.toMs = leaseEndMs;
  }
  return tenures;
}

const leaseEndOf = (member: MemberProcess): number => {
  const lease = member.record()['lease'];
  const isLease = typeof lease === 'object' && lease !== null && 'until' in lease;
  return isLease ? epochOf(Number(lease.until)) : Date.now();
};

interface Promised {
  readonly term: number;
  readonly vote: { readonly term: number; readonly candidate: number | null } | null;
  readonly promise: { readonly to: number; readonly until: number } | null;
}

const promisedBy = (member: MemberProcess): Promised => {
  const { term, vote, promise } = member.record() as unknown as Promised;
  return { term, vote, promise };
};

/** What a member stood for before its death it still stands for. */
function expectKept(self: number, before: Promised, after: Promised): void {
  expect(after.term).toBeGreaterThanOrEqual(before.term);
  if (before.vote !== null && after.vote?.term === before.vote.term)
    expect(after.vote).toEqual(before.vote);
  if (before.vote !== null) expect(after.vote?.term ?? -1).toBeGreaterThanOrEqual(before.vote.term);
  const { promise } = before;
  // The word a holder gave itself ended with the process that could have used it.
  if (promise === null || promise.to === self || promise.until <= clock.now()) return;
  expect(after.promise?.to).toBe(promise.to);
  expect(after.promise?.until).toBeGreaterThanOrEqual(promise.until);
}

describeWith(['linux', 'geobooth-build'], 'a ring whose members', () => {
  let ring: Ring;
  afterEach(async () => {
    await ring.close();
  });

  test(`die by kill -9 in the middle of grants, ${String(ROUNDS)} times, seed ${String(SEED)}`, async () => {
    const ticket = ['expire = 1500ms', 'timeout = 150ms', 'retries = 3'];
    ring = await makeRing({ name: 'crash', network: '127.0.48', key, ticket });
    const members = [...(await ring.startAll())];
    const random = seededRandom(SEED);
    const tenures: Tenure[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const site = 1 + Math.floor(random.next() * 2);
      const victim = Math.floor(random.next() * 3);
      const member = members[victim];
      if (member === undefined) throw new Error('a member');
      // Its outcome is what the rest of the ring makes of it; it may well be none.
      const answered = ask(ring, site, grantOf(ring, site), 3000).catch(() => []);
      // This is no wait for something to happen: the instant is what the round is about.
      await sleep(random.next() * KILL_AFTER_MS);
      await member.kill();
      tenures.push(...tenuresOf(member, leaseEndOf(member)));
      const before = promisedBy(member);
      const again = await ring.start(victim + 1);
      members[victim] = again;
      expectKept(ring.idOf(victim + 1), before, promisedBy(again));
      await answered;
    }
    const holder = await waitUntil(
      'the ticket at one site, in the eyes of all',
      async () => {
        if ((await leaderAt(ring, 1)).toUpperCase() === 'NONE') {
          await ask(ring, 1, grantOf(ring, 1), 5000);
        }
        const shown = await Promise.all([1, 2, 3].map((member) => leaderAt(ring, member)));
        return new Set(shown).size === 1 && shown[0]?.startsWith('127.') === true && shown[0];
      },
      { timeoutMs: 15_000 },
    );
    expect([ring.addressOf(1), ring.addressOf(2)]).toContain(holder);
    for (const member of members) {
      expect(member.end()).toBeUndefined();
      tenures.push(...tenuresOf(member, Date.now()));
    }
    const ordered = tenures.toSorted((a, b) => a.fromMs - b.fromMs);
    expect(ordered.length).toBeGreaterThan(3);
    for (const [index, tenure] of ordered.entries()) {
      const rivals = ordered.slice(index + 1).filter(({ site }) => site !== tenure.site);
      for (const rival of rivals) expect(rival.fromMs).toBeGreaterThanOrEqual(tenure.toMs);
    }
  }, 90_000);

  test('a holder stopped past its lease gives up before it looks at anything else', async () => {
    const ticket = ['expire = 2', 'timeout = 200ms', 'retries = 3'];
    ring = await makeRing({ name: 'stopped', network: '127.0.49', key, ticket });
    const [holder] = await ring.startAll();
    if (holder === undefined) throw new Error('a holder');
    expect(finalResult(await ask(ring, 1, grantOf(ring, 1), 10_000))).toBe('success');
    holder.signal('SIGSTOP');
    await waitForLeader(ring, ring.addressOf(2), [2, 3]);
    const seen = holder.log().length;
    // What queues up meanwhile must not be looked at first.
    const queued = ask(ring, 1, { command: 'list', from: ring.idOf(1) }, 10_000);
    holder.signal('SIGCONT');
    await queued;
    await waitForLeader(ring, ring.addressOf(2));
    const after = holder.log().slice(seen);
    const [first, second] = after.filter(({ level }) => level !== 'debug');
    expect(first?.event, JSON.stringify(after)).toBe('lease-lost');
    expect(first?.message).toMatch(/ended \d+ ms ago while this process was paused/);
    expect(second).toMatchObject({ event: 'state', isHeldHere: false });
    expect(after.some((line) => line['isHeldHere'] === true)).toBe(false);
  }, 60_000);

  test('SIGUSR1 tells every ticket as it stands; SIGTERM ends in order, with exit code 0', async () => {
    const ticket = ['expire = 10', 'timeout = 1', 'retries = 3', 'ticket = "u"'];
    ring = await makeRing({ name: 'signals', network: '127.0.50', key, ticket });
    const [site] = await ring.startAll();
    if (site === undefined) throw new Error('a site');
    expect(finalResult(await ask(ring, 1, grantOf(ring, 1), 10_000))).toBe('success');
    site.signal('SIGUSR1');
    const snapshots = await waitUntil('a snapshot of both tickets', () => {
      const lines = site.log().filter(({ event }) => event === 'snapshot');
      return lines.length === 2 ? lines : null;
    });
    expect(snapshots.map((line) => [line['ticket'], line['state'], line['term']])).toEqual([
      ['t', 'leader', 1],
      ['u', 'init', 0],
    ]);
    // A client that waits and one that says nothing keep it from nothing.
    const waiting = ask(ring, 2, grantOf(ring, 2), 10_000).catch(() => []);
    const begunAtMs = performance.now();
    expect(await site.stop(10_000)).toEqual({ code: 0, signal: null });
    expect(performance.now() - begunAtMs).toBeLessThan(5000);
    expect(site.log().some(({ event }) => event === 'stopping')).toBe(true);
    expect(existsSync(site.lockPath)).toBe(false);
    await waiting;
    expect(finalResult(await ask(ring, 2, revokeOf(ring, 2), 5000))).not.toBe('success');
    expect(readFileSync(`${site.stateDir}/journal`).length).toBeGreaterThan(0);
  }, 60_000);
});
