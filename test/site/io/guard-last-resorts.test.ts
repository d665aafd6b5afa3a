// What the guard does when stopping is not enough, or its watchdog is none (R14). The devices are plain files.
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readGuardTrouble } from '../../../core/io/guard-trouble.ts';
import type { LogEvent } from '../../../core/member/ports.ts';
import { takeGuardReports } from '../../../site/io/guard-link.ts';
import { guardsServing } from '../../../site/io/guard-process.ts';
import type { EmbeddedCluster } from '../../../site/io/run-embedded.ts';
import type { BackgroundProcess } from '../../support/background-process.ts';
import { startProcess } from '../../support/background-process.ts';
import { signalProcess } from '../../support/process-tree.ts';
import { runOrThrow } from '../../support/run-command.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';
import { waitUntil } from '../../support/wait-until.ts';
import type { SiteFiles } from './embedded-site.ts';
import { commit, grantOf, open, revokeOf, roles, writeCib } from './embedded-site.ts';
import type { GuardPrograms } from './guarded-daemon.ts';
import { buildGuardPrograms, isGuard, killAlone, newestGuardOf } from './guarded-daemon.ts';

let folder: TemporaryDirectory;
let built: TemporaryDirectory;
let programs: GuardPrograms;
let daemon: BackgroundProcess | null = null;

beforeAll(async () => {
  built = await makeTemporaryDirectory('guard-programs');
  programs = await buildGuardPrograms(built.path);
});
afterAll(() => built.remove());

beforeEach(async () => {
  folder = await makeTemporaryDirectory('last-resorts');
  mkdirSync(join(folder.path, 'state'));
  mkdirSync(join(folder.path, 'ocf/resource.d/test'), { recursive: true });
});
afterEach(async () => {
  await daemon?.kill();
  daemon = null;
  await guardToEnd();
  await folder.remove();
});

const at = (name: string): string => join(folder.path, name);

/** Waits until the newest guard has ended: what it knew is settled. */
const guardToEnd = async (): Promise<void> => {
  const pid = newestGuardOf(folder.path);
  if (pid !== null) await waitUntil('the guard to end', () => !isGuard(pid), { timeoutMs: 30_000 });
};

/** A site with one resource, whose agent stops it as the given lines of shell say. */
function writeSite(stopLines: string, stopTimeout = '1s'): void {
  const agent = at('ocf/resource.d/test/stubborn');
  const [state, stops] = [at('running'), at('stops')];
  writeFileSync(
    agent,
    `#!/bin/sh
     case $1 in
       start) : >${state} ;;
       stop) echo stop >>${stops}; ${stopLines} ;;
       monitor) [ -e ${state} ] || exit 7 ;;
     esac\n`,
  );
  chmodSync(agent, 0o755);
  writeCib(
    folder.path,
    `<primitive id="web" class="ocf" provider="test" type="stubborn"><operations>
      <op id="t" name="stop" interval="0" timeout="${stopTimeout}"/></operations></primitive>`,
    '<rsc_ticket id="c" ticket="T" rsc="web" loss-policy="stop"/>',
  );
}

/** Starts a daemon with a lease of a second and kills it once the resource runs. */
async function loseDaemon(
  more: Omit<SiteFiles, 'folder' | 'guardProgram'>,
  first: () => void = () => undefined,
): Promise<void> {
  const args = [programs.daemonProgram, folder.path, programs.guardProgram, '1000'];
  daemon = await startProcess(process.execPath, [...args, JSON.stringify(more)]);
  await daemon.waitForOutput(/all started/);
  daemon.signal('SIGSTOP');
  first();
  await killAlone(daemon);
}

const reports = () =>
  waitUntil('the report', async () => {
    const found = await takeGuardReports(at('state'));
    return found.length > 0 && found;
  });
const stopsTried = (): number => readFileSync(at('stops'), 'utf8').split('\n').length - 1;
const armed = /^\0+$/;
const device = (): string => readFileSync(at('watchdog'), 'latin1');
const isFenced = () => existsSync(at('fenced'));
/** Stand-ins: a file that is written to, a command that leaves a file. */
const resorts = () => {
  writeFileSync(at('watchdog'), '');
  return { watchdog: at('watchdog'), selfFence: ['/usr/bin/touch', at('fenced')] };
};

describe('at the end of the lease', () => {
  it('a stop that works fences nothing and calls the watchdog off', async () => {
    writeSite(`rm -f ${at('running')}`);
    await loseDaemon(resorts());
    expect(await reports()).toMatchObject([{ stopped: ['web'], failed: [], isFenced: false }]);
    await guardToEnd();
    expect(device()).toMatch(/^\0+V$/);
    expect(isFenced()).toBe(false);
  });

  it('a stop that fails is tried again, then the host is fenced and the watchdog left to fire', async () => {
    writeSite('exit 1');
    await loseDaemon(resorts());
    expect(await reports()).toMatchObject([{ failed: ['web'], isFenced: true }]);
    await waitUntil('the self-fence command', isFenced);
    expect(stopsTried()).toBe(2);
    await guardToEnd();
    expect(device()).toMatch(armed);
  });

  it('a stop that hangs has its timeout and no more: acquire-after covers no second one', async () => {
    writeSite('exec sleep 1000');
    await loseDaemon(resorts());
    expect(await reports()).toMatchObject([{ failed: ['web'], isFenced: true }]);
    await waitUntil('the self-fence command', isFenced);
    expect(stopsTried()).toBe(1);
    await guardToEnd();
    expect(device()).toMatch(armed);
  });

  // As a process that waits for a dead disk: here TERM is ignored, and KILL is a long way off.
  it('a stop that is not even ended is not waited for', async () => {
    writeSite('trap "" TERM; sleep 16');
    await loseDaemon({ ...resorts(), agentGraceMs: 60_000 });
    await waitUntil('the self-fence command', isFenced, { timeoutMs: 30_000 });
    expect(await takeGuardReports(at('state'))).toEqual([]);
    const fed = device();
    expect(fed).toMatch(armed);
    // The stop ends after all, as a failure; nothing was fed meanwhile.
    await reports();
    await guardToEnd();
    expect(device()).toBe(fed);
  }, 60_000);
});

it('a disk that takes no line of the log delays no stop', async () => {
  writeSite(`rm -f ${at('running')}`);
  // A pipe that nobody reads: once it is full whoever writes to it waits, as on a frozen file system.
  const log = at('state/guard.log');
  await runOrThrow('mkfifo', [log]);
  const reader = openSync(log, constants.O_RDWR | constants.O_NONBLOCK);
  try {
    await loseDaemon(resorts(), () => {
      fill(reader);
    });
    expect(await reports()).toMatchObject([{ stopped: ['web'], failed: [] }]);
    expect(stopsTried()).toBe(1);
    await waitUntil('the watchdog to be called off', () => /^\0+V$/.test(device()));
  } finally {
    closeSync(reader);
    rmSync(log);
  }
  await waitUntil('the guard to end', () => guardsServing(at('state')).length === 0);
});

/** Writes until there is no room left. */
function fill(pipe: number): void {
  for (const size of [4096, 1]) {
    try {
      for (let writes = 0; writes < 4096; writes += 1) writeSync(pipe, Buffer.alloc(size));
    } catch {
      // EAGAIN: it is full.
    }
  }
}

it('a guard killed with its daemon leaves the watchdog to fire', async () => {
  writeSite(`rm -f ${at('running')}`);
  await loseDaemon(resorts(), () => {
    signalProcess(newestGuardOf(folder.path) ?? expect.unreachable('a guard'), 'SIGKILL');
  });
  await guardToEnd();
  expect(device()).toMatch(armed);
  expect(existsSync(at('stops'))).toBe(false);
});

describe('a watchdog', () => {
  let cluster: EmbeddedCluster;
  let logs: LogEvent[];
  const has = (event: string): boolean => logs.some((one) => one.event === event);

  beforeEach(async () => {
    writeSite(`rm -f ${at('running')}`);
    writeFileSync(at('watchdog'), '');
    logs = [];
    const site = { folder: folder.path, guardProgram: programs.guardProgram };
    cluster = await open({ ...site, watchdog: at('watchdog') }, logs);
  });
  afterEach(() => cluster.stop({ stopResources: true }));

  it.each([
    ['cannot be opened', () => undefined, 'cannot open the watchdog: no such file'],
    [
      'takes no writes',
      (path: string) => symlinkSync('/dev/full', path),
      'cannot write to the watchdog: no space',
    ],
  ])('that %s has the ticket given away before anything starts', async (_title, put, reason) => {
    rmSync(at('watchdog'));
    put(at('watchdog'));
    const givenAway = new Promise<readonly string[]>((resolve) => {
      cluster.onGivingUp?.((tickets) => {
        resolve(tickets);
      });
    });
    await commit(cluster, grantOf('T', 60_000));
    expect(await givenAway).toEqual(['T']);
    expect(logs.find(({ event }) => event === 'watchdog-unusable')).toMatchObject({
      level: 'error',
      message: expect.stringContaining(reason),
    });
    expect(readGuardTrouble(at('state'))).toContain(reason);
    expect(roles(cluster)).toEqual(['web stopped']);
    expect((await commit(cluster, revokeOf('T')))[0]?.failure).toBe(null);
    const [refused] = await commit(cluster, grantOf('T', 60_000));
    expect(refused?.failure).toMatchObject({ code: 'guard-not-there' });

    rmSync(at('watchdog'), { force: true });
    writeFileSync(at('watchdog'), '');
    await waitUntil('the guard to be relied on again', () => has('guard-back'));
    await waitUntil('geo status to know', () => readGuardTrouble(at('state')) === null);
    expect((await commit(cluster, grantOf('T', 60_000)))[0]?.failure).toBe(null);
    await waitUntil('the resource to run', () => roles(cluster)[0] === 'web started');
    await waitUntil('it to be fed', () => device().endsWith('\0'));
    await commit(cluster, revokeOf('T'));
    await waitUntil('it to be called off', () => device().endsWith('V'));
  });
});
