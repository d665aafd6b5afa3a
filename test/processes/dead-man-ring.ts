/**
 * Two sites with embedded clusters and an arbitrator: site 1 has the ticket and runs a group of two
 * ledger agents. What becomes of the group at either site is in their ledgers, by the clock that
 * both share, and is judged by these alone.
 */
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { bootClock } from '../../core/io/boot-clock.ts';
import { guardsServing } from '../../site/io/guard-process.ts';
import { signalProcess } from '../support/process-tree.ts';
import { waitUntil } from '../support/wait-until.ts';
import { readLedger, type LedgerLine, type SiteEvidence } from './chaos/evidence.ts';
import { printCib } from './chaos/site-cib.ts';
import { runsOf } from './chaos/tenure.ts';
import { printTimeline } from './chaos/timeline.ts';
import {
  hasMemory,
  makeRing,
  stateDirOf,
  TICKET,
  type MemberProcess,
  type Ring,
} from './member-process.ts';
import { ask, finalResult, grantOf } from './raw-client.ts';

export type SiteNumber = 1 | 2;

export interface DeadManPlan {
  readonly name: string;
  /** As for `makeRing`. */
  readonly network: string;
  readonly expireMs: number;
  readonly acquireAfterMs: number;
  /** Program and arguments of the daemon of site 1, in front of the usual ones. */
  readonly command?: (place: HolderPlace) => readonly string[];
}

export interface HolderPlace {
  readonly folder: string;
  readonly stateDir: string;
  /** Where its cib.xml is found, besides in the state directory. */
  readonly cib: string;
}

export interface DeadManRing {
  readonly ring: Ring;
  /** The newest daemon of site 1. */
  holder(): MemberProcess;
  /** Every daemon and guard that serves, by what it is called. */
  processes(): ReadonlyMap<string, number>;
  /** Does it, and says so in the timeline. */
  act<T>(text: string, deed: () => T): T;
  /** SIGKILL for the daemon of site 1 alone; resolves when it has ended. */
  killDaemon(): Promise<void>;
  /** What a supervisor does then; resolves when the daemon serves. */
  startDaemon(): Promise<void>;
  /** The guard of site 1, by its pid. */
  guard(): number;
  signalGuard(signal: 'SIGKILL' | 'SIGSTOP'): void;
  /** Waits for a guard of site 1 with another pid. */
  otherGuard(than: number): Promise<number>;
  /** When the lease of site 1 ends, in ms since the epoch: as its newest journal record says. */
  leaseEndMs(): number;
  /** Waits for another lease than that of now. */
  untilRenewed(): Promise<unknown>;
  ledger(site: SiteNumber): readonly LedgerLine[];
  /** Waits for the whole group to run at a site. */
  untilRunning(site: SiteNumber): Promise<unknown>;
  /** Waits for the whole group to be stopped at a site. */
  untilStopped(site: SiteNumber): Promise<unknown>;
  /** Never at both sites at once: what one of them ran it had stopped before the other began to start it. */
  expectApart(): void;
  /** Runs the test; what it throws is followed by both ledgers and all logs, in order of time. */
  judge(test: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

const resources = ['first', 'second'];
const WAIT = { timeoutMs: 30_000, everyMs: 20 };

/** Starts the ring, and resolves when site 1 has the ticket and runs the group. */
export async function startDeadManRing(plan: DeadManPlan): Promise<DeadManRing> {
  const { name, network, expireMs, acquireAfterMs } = plan;
  const times = [`expire = ${String(expireMs)}ms`, 'timeout = 200ms', 'retries = 3'];
  const ticket = [...times, `acquire-after = ${String(acquireAfterMs)}ms`];
  const ring = await makeRing({ name, network, key: 'a shared secret', ticket });
  try {
    const dead = makeDeadManRing(ring, plan);
    await dead.startAll();
    return dead;
  } catch (error) {
    await ring.close();
    throw error;
  }
}

function makeDeadManRing(
  ring: Ring,
  plan: DeadManPlan,
): DeadManRing & { startAll(): Promise<void> } {
  const daemons: { readonly name: string; readonly member: MemberProcess }[] = [];
  const deeds: string[] = [];
  const act = <T>(text: string, deed: () => T): T => {
    deeds.push(JSON.stringify({ time: new Date().toISOString(), message: text }));
    return deed();
  };
  const start = async (member: number): Promise<MemberProcess> => {
    const isSite = member === 1 || member === 2;
    const started = await ring.start(member, isSite ? siteOptions(ring, member, plan) : {});
    daemons.push({ name: isSite ? siteName(member) : 'arbitrator', member: started });
    return started;
  };
  const holder = (): MemberProcess =>
    daemons.findLast(({ name }) => name === siteName(1))?.member ??
    expect.unreachable('site 1 was started');
  const ledger = (site: SiteNumber): readonly LedgerLine[] => readLedger(ledgerText(ring, site));
  const until = (site: SiteNumber, action: LedgerLine['action']) =>
    waitUntil(
      `the group at ${siteName(site)} to be through with ${action}`,
      () => {
        const last = resources.map((name) => lastOf(ledger(site), name));
        return last.every((line) => line?.action === action && line.edge === 'end');
      },
      WAIT,
    );
  const guards = (site: SiteNumber): readonly number[] => guardsServing(stateDir(ring, site));
  const guard = (): number => guards(1)[0] ?? expect.unreachable('site 1 has a guard');
  const evidence = (site: SiteNumber): SiteEvidence => ({
    site: siteName(site),
    ledger: ledger(site),
    stored: [],
    life: [],
  });
  const timeline = (): string => {
    const seen = { timings: plan, sites: [evidence(1), evidence(2)], requests: [] };
    const logs = daemons.map(({ name, member }) => ({ name, log: member.output }));
    return printTimeline(seen, [...logs, { name: 'test', log: () => deeds.join('\n') }]).join('\n');
  };
  return {
    ring,
    holder,
    processes: () =>
      new Map([
        ...daemons.map(({ name, member }) => [name, member.pid] as const),
        ...([1, 2] as const).flatMap((site) =>
          guards(site).map((pid) => [`guard of ${siteName(site)}`, pid] as const),
        ),
      ]),
    act,
    startAll: async () => {
      const members = await Promise.all([1, 2, 3].map(start));
      await Promise.all(members.map(hasMemory));
      expect(finalResult(await ask(ring, 1, grantOf(ring, 1), 20_000))).toBe('success');
      await until(1, 'start');
    },
    killDaemon: async () => {
      const daemon = holder();
      act('kills the daemon', () => daemon.signal('SIGKILL'));
      await daemon.ended;
    },
    startDaemon: async () => {
      await act('starts the daemon again', () => start(1));
    },
    guard,
    signalGuard: (signal) => {
      act(`${signal} for the guard`, () => signalProcess(guard(), signal));
    },
    otherGuard: (than) =>
      waitUntil('another guard', () => guards(1).find((pid) => pid !== than), WAIT),
    leaseEndMs: () => Date.now() + leaseUntil(holder()) - clock.now(),
    untilRenewed: () => {
      const before = leaseUntil(holder());
      return waitUntil('a renewal', () => leaseUntil(holder()) > before, WAIT);
    },
    ledger,
    untilRunning: (site) => until(site, 'start'),
    untilStopped: (site) => until(site, 'stop'),
    expectApart: () => {
      const [here, there] = [runsOf(evidence(1)), runsOf(evidence(2))];
      for (const one of here) {
        for (const other of there) {
          const isApart = one.toMs <= other.fromMs || other.toMs <= one.fromMs;
          expect(isApart, `${JSON.stringify(one)} beside ${JSON.stringify(other)}`).toBe(true);
        }
      }
    },
    judge: async (test) => {
      try {
        await test();
      } catch (error) {
        throw new Error(`${String(error)}\n${timeline()}`, { cause: error });
      }
    },
    close: async () => {
      for (const { member } of daemons) await member.kill();
      for (const pid of [...guards(1), ...guards(2)]) signalProcess(pid, 'SIGKILL');
      await ring.close();
    },
  };
}

const clock = bootClock();

function leaseUntil(member: MemberProcess): number {
  const lease = member.record()['lease'];
  const isLease = typeof lease === 'object' && lease !== null && 'until' in lease;
  return isLease ? Number(lease.until) : expect.unreachable('the ticket has a lease');
}

const siteName = (site: number): string => `site ${String(site)}`;
const stateDir = (ring: Ring, site: number): string =>
  stateDirOf({ folder: ring.folder, address: ring.addressOf(site) });
const siteFolder = (ring: Ring, site: number): string => join(ring.folder, `site-${String(site)}`);
const ledgerPath = (ring: Ring, site: number): string => join(siteFolder(ring, site), 'ledger');

function ledgerText(ring: Ring, site: number): string {
  try {
    return readFileSync(ledgerPath(ring, site), 'utf8');
  } catch {
    return '';
  }
}

const lastOf = (ledger: readonly LedgerLine[], name: string): LedgerLine | undefined =>
  ledger.findLast(({ resource }) => resource === name);

/** How a site's daemon is started; the first time its files are made. */
function siteOptions(ring: Ring, site: number, { command }: DeadManPlan) {
  const folder = siteFolder(ring, site);
  const agents = join(folder, 'ocf', 'resource.d', 'test');
  const place = { folder: ring.folder, stateDir: stateDir(ring, site), cib: join(folder, 'cib') };
  if (mkdirSync(agents, { recursive: true }) !== undefined) {
    copyFileSync(join(import.meta.dirname, 'chaos', 'ledger-agent'), join(agents, 'ledger'));
    chmodSync(join(agents, 'ledger'), 0o755);
    const cib = printCib({
      node: hostname(),
      ticket: TICKET,
      resources,
      folder,
      ledger: ledgerPath(ring, site),
      stopMs: 0,
    });
    writeFileSync(place.cib, cib);
    mkdirSync(place.stateDir, { mode: 0o700 });
    writeFileSync(join(place.stateDir, 'cib.xml'), cib, { mode: 0o600 });
  }
  return {
    env: { OCF_ROOT: join(folder, 'ocf') },
    arguments: ['--cluster', 'embedded'],
    ...(site === 1 && command !== undefined ? { command: command(place) } : {}),
  };
}
