// What booth has lost tickets to, one by one, with real daemons on real hosts of a lab.
import { expect, test } from 'vitest';
import { describeWith } from '../../support/requirements.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { startChaosRing, type ChaosMember, type ChaosRing, type RingPlan } from './chaos-ring.ts';
import { findViolations } from './checker.ts';
import type { SiteEvidence } from './evidence.ts';
import { firstGrant } from './run-schedule.ts';
import { tenuresOf } from './tenure.ts';
import { printTimeline } from './timeline.ts';

const plan: RingPlan = {
  seed: 20_261_127,
  siteCount: 2,
  arbitratorCount: 1,
  expireMs: 2500,
  timeoutMs: 200,
  acquireAfterMs: 500,
  stopMs: 100,
  hasKey: true,
  hasSteppedClocks: false,
};
/** Room for acks that are late and in time; and nothing that hides an overlap. */
const slow = { expireMs: 6000, timeoutMs: 700, acquireAfterMs: 0 };
/** For what must happen in the end, on a machine of any speed. */
const PATIENT = { timeoutMs: 60_000, everyMs: 200 };
const LIMIT_MS = 240_000;

interface Cast {
  readonly ring: ChaosRing;
  readonly holder: ChaosMember;
  readonly other: ChaosMember;
  readonly arbitrator: ChaosMember;
}

/** Plays a scene that begins with the ticket at the first site, unless told, and its resources started; at the end nothing was violated. */
const play = async (
  scene: (cast: Cast) => Promise<void>,
  more: Partial<RingPlan> = {},
  first = 'site1',
): Promise<void> => {
  const ring = await startChaosRing({ ...plan, ...more });
  try {
    expect(await firstGrant(ring, first)).toBeNull();
    await waitForLeader(ring, first, ring.members);
    await waitUntil(
      'both resources to run',
      async () => startsIn(await evidenceOf(ring, first), 0) === 2,
      PATIENT,
    );
    const holder = ring.member(first);
    const other = ring.member(first === 'site1' ? 'site2' : 'site1');
    const arbitrator = ring.member('arbitrator1');
    await scene({ ring, holder, other, arbitrator }).catch(async (error: unknown) => {
      const timeline = printTimeline(await ring.evidence(), ring.members);
      throw new Error([String(error), ...timeline].join('\n'));
    });
    const evidence = await ring.evidence();
    const violations = findViolations(evidence);
    const timeline = violations.length === 0 ? [] : printTimeline(evidence, ring.members);
    expect(violations, timeline.join('\n')).toEqual([]);
  } finally {
    await ring.dispose();
  }
};

const waitForLeader = (
  ring: ChaosRing,
  site: string,
  witnesses: readonly ChaosMember[],
): Promise<boolean> => {
  const { address } = ring.member(site).host;
  return waitUntil(
    `${site} to lead in the eyes of ${witnesses.map(({ name }) => name).join(', ')}`,
    async () => {
      const shown = await Promise.all(witnesses.map((one) => ring.leaderAt(one)));
      if (shown.every((leader) => leader === address)) return true;
      throw new Error(shown.join(', '));
    },
    PATIENT,
  );
};

const evidenceOf = async (ring: ChaosRing, site: string): Promise<SiteEvidence> => {
  const found = (await ring.evidence()).sites.find((one) => one.site === site);
  if (found === undefined) throw new Error(`no site "${site}"`);
  return found;
};

/** How many starts began after an instant. */
const startsIn = ({ ledger }: SiteEvidence, sinceMs: number): number =>
  ledger.filter(
    ({ action, edge, atMs }) => action === 'start' && edge === 'begin' && atMs > sinceMs,
  ).length;

/** The first thing that site1 stored after an instant, once it has stored something. */
const firstStoredAfter = (ring: ChaosRing, sinceMs: number) =>
  waitUntil(
    'site1 to store something',
    async () => (await evidenceOf(ring, 'site1')).stored.find(({ atMs }) => atMs > sinceMs),
    { ...PATIENT, everyMs: 20 },
  );

const allStopped = (ring: ChaosRing): Promise<boolean> =>
  waitUntil(
    'the resources of site1 to be stopped',
    async () => {
      const { ledger } = await evidenceOf(ring, 'site1');
      const last = ledger.findLast(({ resource }) => resource === 'first');
      return last?.action === 'stop' && last.edge === 'end';
    },
    PATIENT,
  );

const needs = ['linux', 'root', 'namespaces', 'tap', 'geobooth-build'] as const;

describeWith(needs, 'a ring of real daemons', () => {
  test.concurrent(
    'arbitrator restarts while the partition flips',
    () =>
      play(async ({ ring, holder, other, arbitrator }) => {
        const sides = [other, holder, other, holder];
        const cutPair = (one: ChaosMember, two: ChaosMember, isCut: boolean): void => {
          ring.lab.setLink(one.name, two.name, { isCut });
          ring.lab.setLink(two.name, one.name, { isCut });
        };
        cutPair(holder, other, true);
        for (const near of sides) {
          const far = near === holder ? other : holder;
          await arbitrator.killDaemon();
          cutPair(far, arbitrator, true);
          cutPair(near, arbitrator, false);
          await arbitrator.start();
          // It has promised the far side not to vote for this one, and must still know.
          await waitForLeader(ring, near.name, [near, arbitrator]);
        }
        // A leader is shown before its grant is stored.
        await waitUntil(
          'a tenure for each flip, besides the first',
          async () => {
            const tenures = (await ring.evidence()).sites.flatMap(tenuresOf);
            return tenures.length > sides.length;
          },
          PATIENT,
        );
        ring.lab.healAll();
        await waitForLeader(ring, 'site1', ring.members);
      }),
    LIMIT_MS,
  );

  test.concurrent(
    'holder restarted while isolated with the ticket still in its CIB',
    () =>
      play(async ({ ring, holder, other, arbitrator }) => {
        await holder.host.cutOff();
        await holder.killDaemon();
        await waitForLeader(ring, other.name, [other, arbitrator]);
        // The guard has done its work, and could not touch the document.
        await allStopped(ring);
        expect((await evidenceOf(ring, 'site1')).stored.at(-1)?.isGranted).toBe(true);
        const againAtMs = Date.now();
        await holder.start();
        expect(await firstStoredAfter(ring, againAtMs)).toMatchObject({ isGranted: false });
        await waitUntil('it to serve', () => ring.leaderAt(holder), PATIENT);
        await holder.host.heal();
        await waitForLeader(ring, other.name, ring.members);
        expect(startsIn(await evidenceOf(ring, 'site1'), againAtMs)).toBe(0);
      }),
    LIMIT_MS,
  );

  test.concurrent.each([
    ['both ways', true, true],
    ['what it says is lost', true, false],
    ['what it should hear is lost', false, true],
  ])(
    'reconnect after isolation (%s)',
    (_how, isSilent, isDeaf) =>
      play(async ({ ring, holder, other, arbitrator }) => {
        for (const { name } of [other, arbitrator]) {
          ring.lab.setLink(holder.name, name, { isCut: isSilent });
          ring.lab.setLink(name, holder.name, { isCut: isDeaf });
        }
        await waitForLeader(ring, other.name, [other, arbitrator]);
        // It had given the ticket up before, by itself.
        expect((await evidenceOf(ring, 'site1')).stored.at(-1)?.isGranted).toBe(false);
        ring.lab.healAll();
        const healedAtMs = Date.now();
        await waitForLeader(ring, other.name, ring.members);
        expect(startsIn(await evidenceOf(ring, 'site1'), healedAtMs)).toBe(0);
      }),
    LIMIT_MS,
  );

  test.concurrent(
    'delayed acks',
    () =>
      play(async ({ ring, holder, other, arbitrator }) => {
        const others = [other, arbitrator];
        const delayAcks = (leastMs: number, mostMs: number): void => {
          for (const { name } of others) {
            ring.lab.setLink(name, holder.name, { delayMs: [leastMs, mostMs] });
          }
        };
        // Before anything is sent again, but late: a lease counted from them would outlive the promises it rests on.
        delayAcks(0.8 * slow.timeoutMs, 0.9 * slow.timeoutMs);
        const before = (await evidenceOf(ring, holder.name)).stored.length;
        await waitUntil(
          'two renewals on late acks',
          async () => (await evidenceOf(ring, holder.name)).stored.length >= before + 2,
          PATIENT,
        );
        for (const { name } of others) ring.lab.setLink(holder.name, name, { isCut: true });
        await waitForLeader(ring, other.name, others);
        ring.lab.healAll();
        await waitForLeader(ring, other.name, ring.members);
        // Most for a lease that has ended, or for the round before.
        for (const { name } of [holder, arbitrator]) {
          ring.lab.setLink(name, other.name, {
            delayMs: [0.3 * slow.expireMs, 1.6 * slow.expireMs],
          });
        }
        await waitUntil(
          'the ticket to be lost',
          async () => (await evidenceOf(ring, other.name)).stored.at(-1)?.isGranted === false,
          PATIENT,
        );
        ring.lab.healAll();
        await waitUntil(
          'a holder, in the eyes of all',
          async () => {
            const shown = await Promise.all(ring.members.map((one) => ring.leaderAt(one)));
            return new Set(shown).size === 1 && shown[0]?.startsWith('10.') === true;
          },
          PATIENT,
        );
      }, slow),
    LIMIT_MS,
  );

  test.concurrent(
    'holder resumed after a long stop revokes before anything else',
    () =>
      play(async ({ ring, holder, other, arbitrator }) => {
        // Not with a renewal half written: what is under way when it stops is finished when it goes on.
        const { length } = (await evidenceOf(ring, 'site1')).stored;
        await waitUntil(
          'a renewal to be stored',
          async () => (await evidenceOf(ring, 'site1')).stored.length > length,
          { ...PATIENT, everyMs: 10 },
        );
        holder.stop();
        await waitForLeader(ring, other.name, [other, arbitrator]);
        await allStopped(ring);
        expect((await evidenceOf(ring, 'site1')).stored.at(-1)?.isGranted).toBe(true);
        // These are in its queue by the time it goes on, besides all that the ring has said meanwhile.
        const queued = Promise.all([ring.leaderAt(holder), ring.ask('grant', holder.name)]);
        const resumedAtMs = Date.now();
        holder.resume();
        expect(await firstStoredAfter(ring, resumedAtMs)).toMatchObject({ isGranted: false });
        const [leader, grant] = await queued;
        expect(leader).not.toBe(holder.host.address);
        expect(grant.outcome).toBe('refused');
        expect(startsIn(await evidenceOf(ring, 'site1'), resumedAtMs)).toBe(0);
        await waitForLeader(ring, other.name, ring.members);
      }),
    LIMIT_MS,
  );
});
