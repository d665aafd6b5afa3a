// What the demo shows, step by step. Each step waits for what it claims, within a deadline, and
// fails with what was expected and what was seen.
import { mkdir, rm } from 'node:fs/promises';
import { readClusterState } from '../../core/cli/commands/cluster-state.ts';
import { waitUntil } from '../support/wait-until.ts';
import { timesLogged } from './log-lines.ts';
import { promiseEndsAt, runClient, type Members } from './members.ts';
import { seconds, type Narrator } from './narrator.ts';
import { describeAll, isAlive } from './own-processes.ts';
import type { PageWatch } from './page-watch.ts';
import { pageUrl, ticket, timings, type DemoRing, type MemberKey, type SiteKey } from './plan.ts';

export interface Scene {
  readonly ring: DemoRing;
  readonly members: Members;
  readonly pages: PageWatch;
  readonly narrator: Narrator;
  /** Milliseconds, by name. */
  readonly measured: Record<string, number>;
  /** Hands what the members logged since the last call to the narrator. */
  readonly tellNews: () => void;
  /** Set when site 1 is killed: when the dead site's lease is over, as performance.now() counts. */
  leaseEndsAt: number;
}

export interface Step {
  readonly name: string;
  readonly title: string;
  readonly why: string;
  /** Resolves with what was seen. */
  readonly run: (scene: Scene) => Promise<string>;
}

export interface StepResult {
  readonly name: string;
  readonly ok: boolean;
  readonly ms: number;
  readonly detail: string;
}

const lease = `${String(timings.expireSecs)} s`;
/** The longest promise a member may have forgotten, and time to start. */
const VOTING_MS = timings.expireSecs * 1010 + 10_000;
const PAGE_MS = 10_000;
/** A guard that is owed nothing ends by itself, a moment after its daemon. */
const LEFTOVER_MS = 3_000;
/** How long after the lease's end the other site may take: election, commit, start of the group. */
const FAILOVER_MS = 10_000;

export const steps: readonly Step[] = [
  {
    name: 'start',
    title: 'Start two sites and an arbitrator',
    why: 'Three daemons, each with its own state. Whoever starts without a memory votes only when all others have answered, or when every promise it may have forgotten is over.',
    run: startRing,
  },
  {
    name: 'grant',
    title: `Grant ${ticket} at site 1`,
    why: `The first grant is an operator's word. Two of three members must agree to it; then the ticket is site 1's for ${lease}, renewed every ${String(timings.renewalSecs)} s.`,
    run: grantAtSite1,
  },
  {
    name: 'page-at-site-1',
    title: 'The page answers from site 1',
    why: 'The group is tied to the ticket by an rsc_ticket constraint in cib.xml: the cluster of the site that holds it starts the group, the other one does not.',
    run: showPageAtSite1,
  },
  {
    name: 'kill-site-1',
    title: 'Kill site 1',
    why: 'kill -9 for its daemon, its guard and its web server at once, as a power cut would. It cannot say goodbye.',
    run: killSite1,
  },
  {
    name: 'failover',
    title: 'Site 2 takes over',
    why: 'Nobody can know whether site 1 is dead or only cut off. So nobody votes for another site before the lease is over: a living site 1 would have stopped its group by then.',
    run: failOver,
  },
  {
    name: 'rejoin',
    title: 'Site 1 comes back',
    why: 'Its cib.xml still says that it holds the ticket. It does not believe that: its lease is over, so it revokes first, asks the ring, and follows site 2.',
    run: rejoin,
  },
  {
    name: 'move',
    title: 'Move the ticket home',
    why: 'Revoke at site 2, grant at site 1. Nothing has to run out: site 2 says itself that it has let go.',
    run: moveHome,
  },
];

/** Comes last, after whatever `--stay` was for. */
export const lastStep: Step = {
  name: 'stop',
  title: 'Stop everything',
  why: 'The ticket is revoked, so the group stops; then each daemon gets SIGTERM. No process may be left.',
  run: stopRing,
};

/** Runs one step; whatever goes wrong is its result. */
export async function runStep(step: Step, scene: Scene): Promise<StepResult> {
  const startedAt = performance.now();
  let outcome: { readonly ok: boolean; readonly detail: string };
  try {
    const detail = await step.run(scene);
    const violation = scene.pages.violation();
    outcome = violation === null ? { ok: true, detail } : { ok: false, detail: violation };
  } catch (thrown) {
    outcome = { ok: false, detail: thrown instanceof Error ? thrown.message : String(thrown) };
  }
  scene.tellNews();
  scene.members.note();
  return { name: step.name, ms: elapsed(startedAt), ...outcome };
}

async function startRing(scene: Scene): Promise<string> {
  const { ring, members, narrator } = scene;
  const startedAt = performance.now();
  const keys = Object.values(ring.members).map(({ key }) => key);
  for (const key of keys) members.start(key);
  narrator.waitFor(() => 'waiting until all three answer');
  await Promise.all(keys.map((key) => members.untilServing(key)));
  narrator.waitFor(() => 'waiting until all three vote');
  for (const member of Object.values(ring.members)) {
    await waitUntil(
      `${member.title} to log abstention-ended`,
      () => timesLogged(member, 'abstention-ended') > 0,
      { timeoutMs: VOTING_MS },
    );
  }
  scene.measured['startMs'] = elapsed(startedAt);
  return 'all three answer and vote';
}

async function grantAtSite1(scene: Scene): Promise<string> {
  scene.measured['grantMs'] = await grant(scene, 'site-1');
  await untilHeldBy(scene, 'site-1', ['site-1', 'site-2', 'arbitrator']);
  return `booth grant -w says yes after ${seconds(scene.measured['grantMs'])}, and all three name site 1`;
}

async function showPageAtSite1(scene: Scene): Promise<string> {
  await untilPage(scene, 'site-1', true);
  if (scene.pages.isUp('site-2')) throw new Error('site 2 answers with the page too');
  return `${pageUrl(scene.ring, scene.ring.members['site-1'])} answers; nothing at site 2`;
}

async function killSite1(scene: Scene): Promise<string> {
  const { members, narrator, ring } = scene;
  const killed = await members.cutPower('site-1');
  const left = killed.filter(isAlive);
  if (killed.length === 0 || left.length > 0) throw new Error(`still alive: ${describeAll(left)}`);
  for (const { pid, commandLine } of killed)
    narrator.news('site 1', `killed ${String(pid)}: ${commandLine}`);
  await untilPage(scene, 'site-1', false);
  // No renewal is on its way any more, so this promise is the last.
  scene.leaseEndsAt = promiseEndsAt(ring.members['site-2']);
  const leftMs = Math.round(scene.leaseEndsAt - performance.now());
  scene.measured['leaseLeftAtKillMs'] = leftMs;
  return `${String(killed.length)} processes gone, the page too; its lease still runs for ${seconds(leftMs)}`;
}

async function failOver(scene: Scene): Promise<string> {
  const { pages, narrator, leaseEndsAt, measured } = scene;
  const leftMs = (): number => leaseEndsAt - performance.now();
  narrator.waitFor(() =>
    leftMs() > 0
      ? `the dead site's lease runs for another ${seconds(leftMs())}: nobody may take the ticket`
      : 'the lease is over, site 2 stands for election',
  );
  const timeoutMs = Math.max(0, leftMs()) + FAILOVER_MS;
  await waitUntil('the page of site 2', () => pages.isUp('site-2'), { timeoutMs, everyMs: 10 });
  const upAt = pages.upSince('site-2') ?? performance.now();
  const beyondMs = Math.round(upAt - leaseEndsAt);
  measured['failoverBeyondLeaseMs'] = beyondMs;
  measured['outageMs'] = Math.round(upAt - (pages.downSince('site-1') ?? upAt));
  if (beyondMs < 0) {
    throw new Error(`the page came ${String(-beyondMs)} ms before the lease of site 1 was over`);
  }
  await untilHeldBy(scene, 'site-2', ['site-2', 'arbitrator']);
  return `the page answers from site 2, ${seconds(beyondMs)} after the lease ended`;
}

async function rejoin(scene: Scene): Promise<string> {
  const { ring, members, narrator, measured } = scene;
  const startedAt = performance.now();
  const { runDirectory, stateDirectory, address } = ring.members['site-1'];
  // What is in /run does not survive a power cut; the state directory does.
  await rm(runDirectory, { recursive: true, force: true });
  await mkdir(runDirectory);
  members.start('site-1');
  narrator.waitFor(() => 'waiting for site 1 to answer and to follow site 2');
  await members.untilServing('site-1');
  await untilHeldBy(scene, 'site-2', ['site-1', 'site-2', 'arbitrator']);
  await untilStopped(scene, 'site-1');
  measured['rejoinMs'] = elapsed(startedAt);
  await runClient(ring, 'geo', ['status', '--self', address, '--state-dir', stateDirectory]);
  if (!scene.pages.isUp('site-2')) throw new Error('the page of site 2 went away meanwhile');
  return 'site 1 follows, its group stays stopped; the page goes on answering from site 2';
}

async function moveHome(scene: Scene): Promise<string> {
  const { pages, measured, ring } = scene;
  const old = ring.members['site-2'];
  const drainsBefore = timesLogged(old, 'ticket-drained');
  const startedAt = performance.now();
  measured['revokeMs'] = await revoke(scene, 'site-2');
  await untilPage(scene, 'site-2', false);
  // Its log knows it sooner than cib.xml, which is written later when nobody waits for it.
  await waitUntil(
    `${old.title} to have stopped its group`,
    () => timesLogged(old, 'ticket-drained') > drainsBefore,
    { everyMs: 10 },
  );
  measured['grantHomeMs'] = await grant(scene, 'site-1');
  await untilPage(scene, 'site-1', true);
  const upAt = pages.upSince('site-1') ?? performance.now();
  measured['moveMs'] = Math.round(upAt - startedAt);
  measured['moveOutageMs'] = Math.round(upAt - (pages.downSince('site-2') ?? upAt));
  await untilHeldBy(scene, 'site-1', ['site-1', 'site-2', 'arbitrator']);
  return `the page answers from site 1 again, ${seconds(measured['moveMs'])} after the revoke began`;
}

async function stopRing(scene: Scene): Promise<string> {
  const { ring, members, narrator, measured } = scene;
  const startedAt = performance.now();
  await revoke(scene, 'site-1');
  // With --stay it may have been moved meanwhile; the revoke finds it.
  for (const site of ['site-1', 'site-2'] as const) {
    await untilPage(scene, site, false);
    await untilStopped(scene, site);
  }
  for (const key of ['site-1', 'site-2', 'arbitrator'] as const) {
    narrator.waitFor(() => `stopping ${ring.members[key].title}`);
    await members.stop(key);
  }
  narrator.waitFor(() => 'looking for anything that still runs');
  await waitUntil(
    'every process of the ring to end',
    () => {
      const left = members.leftovers();
      if (left.length === 0) return true;
      throw new Error(describeAll(left));
    },
    { timeoutMs: LEFTOVER_MS },
  );
  measured['stopMs'] = elapsed(startedAt);
  return 'all daemons ended with exit code 0, nothing is left running';
}

/** Milliseconds until `booth grant -w` said yes. */
async function grant({ ring, narrator }: Scene, site: SiteKey): Promise<number> {
  const { address, title } = ring.members[site];
  narrator.waitFor(() => `booth grant -w -s ${address} ${ticket}`);
  const startedAt = performance.now();
  await runClient(ring, 'booth', ['grant', '-w', '-s', address, ticket]).catch(
    (thrown: unknown) => {
      throw new Error(`${title} did not get the ticket: ${String(thrown)}`);
    },
  );
  return elapsed(startedAt);
}

async function revoke({ ring, narrator }: Scene, site: SiteKey): Promise<number> {
  const { address } = ring.members[site];
  narrator.waitFor(() => `booth revoke -w -s ${address} ${ticket}`);
  const startedAt = performance.now();
  await runClient(ring, 'booth', ['revoke', '-w', '-s', address, ticket]);
  return elapsed(startedAt);
}

async function untilHeldBy(scene: Scene, site: SiteKey, at: readonly MemberKey[]): Promise<void> {
  const { ring, members } = scene;
  for (const key of at) {
    await waitUntil(
      `${ring.members[key].title} to say that ${ring.members[site].title} holds the ticket`,
      async () => {
        const { leader } = await members.list(key);
        if (leader === ring.members[site].address) return true;
        throw new Error(`leader ${leader ?? 'none'}`);
      },
    );
  }
}

async function untilPage(
  { ring, pages, narrator }: Scene,
  site: SiteKey,
  isUp: boolean,
): Promise<void> {
  const url = pageUrl(ring, ring.members[site]);
  narrator.waitFor(() => `waiting for ${url} to ${isUp ? 'answer' : 'stop answering'}`);
  await waitUntil(
    `${url} to ${isUp ? 'answer with the page' : 'stop answering'} of ${ring.members[site].title}`,
    () => pages.isUp(site) === isUp,
    { timeoutMs: PAGE_MS, everyMs: 10 },
  );
}

/** Every resource of the site is recorded as stopped in its cib.xml. */
async function untilStopped({ ring, narrator }: Scene, site: SiteKey): Promise<void> {
  const { stateDirectory, title } = ring.members[site];
  narrator.waitFor(() => `waiting for the group of ${title} to be stopped`);
  await waitUntil(
    `every resource of ${title} to be stopped`,
    () => {
      const read = readClusterState(stateDirectory);
      const resources = read.ok ? (read.value?.resources ?? []) : [];
      if (resources.length > 0 && resources.every(({ state }) => state === 'stopped')) return true;
      throw new Error(resources.map(({ id, state }) => `${id} ${state}`).join(', '));
    },
    { everyMs: 20 },
  );
}

const elapsed = (since: number): number => Math.round(performance.now() - since);
