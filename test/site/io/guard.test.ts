import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LogEvent } from '../../../core/member/ports.ts';
import type { EmbeddedCluster } from '../../../site/io/run-embedded.ts';
import { takeGuardReports } from '../../../site/io/guard-link.ts';
import type { BackgroundProcess } from '../../support/background-process.ts';
import { startProcess } from '../../support/background-process.ts';
import { signalProcess } from '../../support/process-tree.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';
import { waitUntil } from '../../support/wait-until.ts';
import type { SiteFiles } from './embedded-site.ts';
import { buildGuardPrograms, isGuard, killAlone, newestGuardOf } from './guarded-daemon.ts';
import {
  commit,
  grantOf,
  linesOf,
  open,
  primitive,
  revokeOf,
  roles,
  writeCib,
} from './embedded-site.ts';

let programs: TemporaryDirectory;
let guardProgram: string;
let daemonProgram: string;
let folder: TemporaryDirectory;
let site: SiteFiles;
let daemon: BackgroundProcess | null = null;
let cluster: EmbeddedCluster | null = null;
let logs: LogEvent[];

beforeAll(async () => {
  programs = await makeTemporaryDirectory('guard-programs');
  ({ guardProgram, daemonProgram } = await buildGuardPrograms(programs.path));
});
afterAll(() => programs.remove());

beforeEach(async () => {
  folder = await makeTemporaryDirectory('guard');
  site = { folder: folder.path, guardProgram };
  logs = [];
  mkdirSync(join(folder.path, 'state'));
  writeCib(
    folder.path,
    `<group id="web">${dummy('ip')}${dummy('httpd')}</group>`,
    '<rsc_ticket id="t" ticket="T" rsc="web" loss-policy="stop"/>',
  );
});

afterEach(async () => {
  await daemon?.kill();
  daemon = null;
  await cluster?.stop({ stopResources: true });
  cluster = null;
  const pid = guardPid();
  if (pid !== null) await waitUntil('the guard to end', () => !isGuard(pid));
  await folder.remove();
});

const calls = (): string => join(folder.path, 'calls');
const dummy = (id: string): string =>
  primitive(id, 'dummy', {
    state: join(folder.path, `${id}.state`),
    log: calls(),
    fail: join(folder.path, 'fail'),
  });

async function startDaemon(leaseMs: number, more: Pick<SiteFiles, 'selfFence' | 'watchdog'> = {}) {
  const args = [daemonProgram, folder.path, guardProgram, String(leaseMs)];
  const started = await startProcess(process.execPath, [...args, JSON.stringify(more)]);
  daemon = started;
  await started.waitForOutput(/all started/);
  return started;
}

const guardPid = (): number | null => newestGuardOf(folder.path);

const stopped = ['start ip', 'start httpd', 'stop httpd', 'stop ip'];
const waitForStops = (): Promise<unknown> =>
  waitUntil('both resources to be stopped', () => linesOf(calls()).length === stopped.length);

async function letGo(): Promise<void> {
  await commit(opened(), revokeOf('T'));
  await waitUntil('the ticket to be let go of', () => opened().drained('T').isDrained);
}

describe('the guard (R14)', () => {
  it('stops everything in reverse order by the deadline when the daemon is killed', async () => {
    const started = await startDaemon(2500);
    const grantedAt = performance.now();
    await killAlone(started);
    expect(linesOf(calls())).toEqual(['start ip', 'start httpd']);
    await waitForStops();
    expect(linesOf(calls())).toEqual(stopped);
    expect(performance.now() - grantedAt).toBeLessThan(5000);
    const pid = guardPid();
    await waitUntil('the guard to end', () => pid !== null && !isGuard(pid));
    expect(await takeGuardReports(join(folder.path, 'state'))).toMatchObject([
      { ticket: 'T', stopped: ['httpd', 'ip'], failed: [], isFenced: false },
    ]);
  });

  it('acts for a daemon that is stopped but not dead', async () => {
    const started = await startDaemon(1500);
    started.signal('SIGSTOP');
    await waitForStops();
    expect(linesOf(calls())).toEqual(stopped);
  });

  it('does nothing before the deadline, and a restarted daemon goes on where it was', async () => {
    const started = await startDaemon(20_000);
    const guard = guardPid();
    await killAlone(started);
    cluster = await open(site, logs);
    expect(guardPid()).toBe(guard);
    await waitUntil('both to be found running', () =>
      roles(opened()).every((role) => role.endsWith('started')),
    );
    await commit(opened(), grantOf('T', 20_000));
    expect(linesOf(calls())).toEqual(['start ip', 'start httpd']);
    await letGo();
    expect(linesOf(calls())).toEqual(stopped);
  });

  it('feeds the watchdog while all is well, and calls it off when nothing is owed', async () => {
    const device = join(folder.path, 'watchdog');
    writeFileSync(device, '');
    const started = await startDaemon(2500, { watchdog: device });
    await waitUntil('it to be fed', () => readFileSync(device).length > 1);
    expect(readFileSync(device, 'latin1')).toMatch(/^\0+$/);
    await killAlone(started);
    await waitForStops();
    await waitUntil('it to be called off', () => /^\0+V$/.test(readFileSync(device, 'latin1')));
  });

  it('lets the watchdog fire when something cannot be stopped', async () => {
    const device = join(folder.path, 'watchdog');
    writeFileSync(device, '');
    const started = await startDaemon(1500, { watchdog: device });
    writeFileSync(join(folder.path, 'fail'), 'stop');
    await killAlone(started);
    const pid = guardPid();
    await waitUntil('the guard to end', () => pid !== null && !isGuard(pid));
    expect(readFileSync(device, 'latin1')).toMatch(/^\0+$/);
    writeFileSync(join(folder.path, 'fail'), '');
  });

  it('with a watchdog that is not there keeps the cluster from starting', async () => {
    const broken = { ...site, watchdog: join(folder.path, 'no-such-device') };
    await expect(open(broken, logs)).rejects.toThrow(/the watchdog cannot be written to/);
  });

  it('that dies is replaced, and the new one knows the deadline', async () => {
    cluster = await open(site, logs);
    await commit(opened(), grantOf('T', 3000));
    const first = await waitUntil('a guard', guardPid);
    await waitUntil('both to run', () => roles(opened()).every((one) => one.endsWith('started')));
    signalProcess(first, 'SIGKILL');
    await waitUntil('another guard', () => guardPid() !== first);
    await waitUntil('it to be back', () => logs.some(({ event }) => event === 'guard-back'));
    expect(logs.map(({ event }) => event)).toContain('guard-gone');
    expect(opened().drained('T')).toMatchObject({ isDrained: false });
    // The daemon itself is alive: it stops everything just before the guard would.
    await waitForStops();
    expect(linesOf(calls())).toEqual(stopped);
    expect(logs.map(({ event }) => event)).toContain('lease-lapsed');
  });

  it('that is gone while the daemon is stopped is waited for, and stops what is left at the deadline', async () => {
    cluster = await open(site, logs);
    await commit(opened(), grantOf('T', 4000));
    const first = await waitUntil('a guard', guardPid);
    await waitUntil('both to run', () => roles(opened()).every((one) => one.endsWith('started')));
    signalProcess(first, 'SIGKILL');
    await waitUntil('it to be missed', () => logs.some(({ event }) => event === 'guard-gone'));
    await opened().stop({ stopResources: false });
    cluster = null;
    expect(guardPid()).not.toBe(first);
    expect(linesOf(calls())).toEqual(['start ip', 'start httpd']);
    await waitForStops();
    expect(linesOf(calls())).toEqual(stopped);
  });

  it('that hangs is ended and replaced', async () => {
    cluster = await open(site, logs);
    await commit(opened(), grantOf('T', 20_000));
    const first = await waitUntil('a guard', guardPid);
    await waitUntil('both to run', () => roles(opened()).every((one) => one.endsWith('started')));
    signalProcess(first, 'SIGSTOP');
    await waitUntil('it to be back', () => logs.some(({ event }) => event === 'guard-back'));
    expect(isGuard(first)).toBe(false);
    expect(logs.map(({ event }) => event)).toContain('guard-silent');
    expect(linesOf(calls())).toEqual(['start ip', 'start httpd']);
    await letGo();
  });

  it('that hung while its daemon was away is ended and replaced by the next daemon', async () => {
    const started = await startDaemon(20_000);
    const first = await waitUntil('a guard', guardPid);
    signalProcess(first, 'SIGSTOP');
    await killAlone(started);
    cluster = await open(site, logs);
    expect(isGuard(first)).toBe(false);
    expect(guardPid()).not.toBe(first);
    await commit(opened(), grantOf('T', 20_000));
    await waitUntil('both to run', () => roles(opened()).every((one) => one.endsWith('started')));
    expect(linesOf(calls())).toEqual(['start ip', 'start httpd']);
    await letGo();
  });

  it('ends when the daemon ends and nothing is owed', async () => {
    cluster = await open(site, logs);
    const pid = await waitUntil('a guard', guardPid);
    expect(isGuard(pid)).toBe(true);
    await cluster.stop({ stopResources: true });
    cluster = null;
    await waitUntil('the guard to end', () => !isGuard(pid));
  });

  it('that cannot listen says why and ends', async () => {
    mkdirSync(join(folder.path, 'state/guard.sock'));
    const state = join(folder.path, 'state');
    const guard = await startProcess(process.execPath, [guardProgram, state]);
    await guard.waitForOutput(/cannot listen on .*guard\.sock/);
    expect(await guard.ended).toEqual({ code: 1, signal: null });
  });

  it('that cannot be had keeps the cluster from starting', async () => {
    const broken = { ...site, guardProgram: join(folder.path, 'no-such-program') };
    await expect(open(broken, logs)).rejects.toThrow(/the guard does not answer/);
  });
});

function opened(): EmbeddedCluster {
  if (cluster === null) throw new Error('no cluster is open');
  return cluster;
}
