// Runs a schedule: a healthy ring, its first grant, the faults, healing, and then the verdict on the evidence.
import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '../../support/wait-until.ts';
import { startChaosRing, type ChaosRing } from './chaos-ring.ts';
import { findViolations } from './checker.ts';
import { describeSchedule, type Fault, type Schedule } from './schedule.ts';
import { printTimeline } from './timeline.ts';

/** After healing a ticket has a holder within its lease and acquire-after; this is what the machine may add. */
const MACHINE_MS = 60_000;

/** Runs it to the end. Rejects with the schedule, all violations and the timeline when anything is not as promised. */
export const runSchedule = async (schedule: Schedule): Promise<void> => {
  const ring = await startChaosRing(schedule.ring);
  const problems: string[] = [];
  try {
    const first = await firstGrant(ring, schedule.firstHolder);
    if (first !== null) problems.push(first);
    await doAll(ring, schedule);
    await healAll(ring);
    problems.push(...(await findDeadness(ring)));
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  }
  try {
    const evidence = await ring.evidence();
    problems.push(...findViolations(evidence));
    if (problems.length === 0) return;
    const timeline = printTimeline(evidence, ring.members);
    throw new Error([...problems, describeSchedule(schedule), ...timeline].join('\n'));
  } finally {
    await ring.dispose();
  }
};

/** On a busy machine a ring with timeouts of a tenth of a second may need more than one attempt. */
const FIRST_GRANTS_MAX = 4;

/** Grants the ticket of a ring that nothing has been done to; returns what went wrong, or null. */
export const firstGrant = async (ring: ChaosRing, site: string): Promise<string | null> => {
  let said = '';
  for (let attempt = 1; attempt <= FIRST_GRANTS_MAX; attempt += 1) {
    const { outcome, text } = await ring.ask('grant', site);
    if (outcome === 'done') return null;
    said = `a healthy ring did not grant: ${outcome}, ${text}`;
    // A grant that found no quorum in time may have left the ticket with this site or another one.
    const holder = await waitForAgreement(ring, true);
    if (holder.startsWith('10.')) return null;
  }
  return said;
};

/** Does everything at its time, and resolves when the last of it is over. */
const doAll = async (ring: ChaosRing, { planned, untilMs }: Schedule): Promise<void> => {
  const overlaps = makeOverlaps(ring);
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(), untilMs);
  await Promise.all(
    planned.map(async ({ atMs, fault }) => {
      await sleep(atMs);
      await doFault(ring, overlaps, fault, end.signal);
    }),
  );
  clearTimeout(timer);
};

/** How many faults that are under way hold a direction of a link cut, or a member down. */
interface Overlaps {
  cut(from: string, to: string, isCut: boolean): void;
}

const makeOverlaps = (ring: ChaosRing): Overlaps => {
  const cuts = new Map<string, number>();
  return {
    cut: (from, to, isCut) => {
      const key = `${from} ${to}`;
      const count = (cuts.get(key) ?? 0) + (isCut ? 1 : -1);
      cuts.set(key, count);
      ring.lab.setLink(from, to, { isCut: count > 0 });
    },
  };
};

const doFault = async (
  ring: ChaosRing,
  overlaps: Overlaps,
  fault: Fault,
  end: AbortSignal,
): Promise<void> => {
  const lasting = (): Promise<unknown> =>
    sleep(fault.forMs, undefined, { signal: end }).catch(() => undefined);
  switch (fault.kind) {
    case 'kill':
      await ring.member(fault.member).killDaemon();
      await lasting();
      return ring.member(fault.member).start();
    case 'pause':
      ring.member(fault.member).stop();
      await lasting();
      return ring.member(fault.member).resume();
    case 'cut': {
      const directions = fault.from.flatMap((from) => fault.to.map((to) => [from, to] as const));
      const turned = fault.isBothWays ? directions.map(([a, b]) => [b, a] as const) : [];
      for (const [from, to] of [...directions, ...turned]) overlaps.cut(from, to, true);
      await lasting();
      for (const [from, to] of [...directions, ...turned]) overlaps.cut(from, to, false);
      return;
    }
    case 'weather':
      ring.lab.setAllLinks(fault.conditions);
      await lasting();
      return ring.lab.setAllLinks({
        lossShare: 0,
        duplicateShare: 0,
        delayMs: [0, 0],
        holdShare: 0,
      });
    case 'clock':
      await ring.member(fault.member).setClockOffset(fault.offsetSecs);
      await lasting();
      return ring.member(fault.member).setClockOffset(0);
    case 'grant':
    case 'revoke':
      await ring.ask(fault.kind, fault.site, fault.forMs);
  }
};

const healAll = async (ring: ChaosRing): Promise<void> => {
  ring.lab.healAll();
  for (const member of ring.members) {
    member.resume();
    await member.setClockOffset(0);
    await member.start();
  }
};

/**
 * A healed ring agrees on a holder, or that there is none, and stays so; a ticket that no operator may have revoked
 * has one; and one that has none is granted when an operator asks.
 */
const findDeadness = async (ring: ChaosRing): Promise<readonly string[]> => {
  const { requests } = await ring.evidence();
  // Requests that nobody was told the end of may still come into effect, in either direction.
  const lastDone = requests.findLast(({ outcome }) => outcome === 'done');
  const mayBeRevoked = requests.some(
    ({ verb, outcome, endedAtMs }) =>
      verb === 'revoke' &&
      outcome !== 'refused' &&
      endedAtMs >= (lastDone?.verb === 'grant' ? lastDone.beganAtMs : 0),
  );
  const agreed = await waitForAgreement(ring, mayBeRevoked);
  if (agreed.startsWith('10.')) return [];
  const [site] = ring.sites;
  if (site === undefined) return [];
  const { outcome, text } = await ring.ask('grant', site.name, MACHINE_MS);
  if (outcome !== 'done') return [`a healed ring did not grant: ${outcome}, ${text}`];
  await waitForAgreement(ring, false);
  return [];
};

const waitForAgreement = (ring: ChaosRing, mayBeNowhere: boolean): Promise<string> =>
  waitUntil(
    mayBeNowhere ? 'all members to agree' : 'a holder, in the eyes of all members',
    async () => {
      const shown = await Promise.all(ring.members.map((one) => ring.leaderAt(one)));
      const [first] = shown;
      const isSettled = new Set(shown.map((one) => one?.toLowerCase())).size === 1;
      const isHeld = first?.startsWith('10.') === true;
      if (isSettled && typeof first === 'string' && (isHeld || mayBeNowhere)) return first;
      throw new Error(shown.join(', '));
    },
    { timeoutMs: MACHINE_MS, everyMs: 400 },
  );
