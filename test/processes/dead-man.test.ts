/**
 * The dead man (R14): whatever becomes of the daemon and of its guard, what runs under the ticket
 * stops at this site before the other site starts it, or is taken over as it is.
 */
import { cpSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeWith, distDirectory } from '../support/requirements.ts';
import { waitUntil } from '../support/wait-until.ts';
import {
  startDeadManRing,
  type DeadManPlan,
  type DeadManRing,
  type HolderPlace,
} from './dead-man-ring.ts';

/** Long enough for a daemon to be started again within what is left of it. */
const LEASE = { expireMs: 6000, acquireAfterMs: 1000 };

const LONG = { timeoutMs: 30_000 };

/** Runs one story on a ring of its own. */
const story = (
  name: string,
  plan: Omit<DeadManPlan, 'name'>,
  tell: (dead: DeadManRing) => Promise<void>,
): void => {
  test.concurrent(
    name,
    async () => {
      const dead = await startDeadManRing({ name: 'dead-man', ...plan });
      try {
        await dead.judge(() => tell(dead));
      } finally {
        await dead.close();
      }
    },
    90_000,
  );
};

/** `start first`, `start second`, `stop second`, … as far as they have begun. */
const doings = (dead: DeadManRing, site: 1 | 2): readonly string[] =>
  dead
    .ledger(site)
    .filter(({ edge }) => edge === 'begin')
    .map(({ action, resource }) => `${action} ${resource}`);
const started = ['start first', 'start second'];
const stopped = [...started, 'stop second', 'stop first'];

/** The other site takes the ticket, and has nothing to fear. */
const expectTakenAfterwards = async (dead: DeadManRing): Promise<void> => {
  await dead.untilStopped(1);
  expect(doings(dead, 1)).toEqual(stopped);
  expect(doings(dead, 2)).toEqual([]);
  await dead.untilRunning(2);
  dead.expectApart();
};

/** No other guard can be had: the ticket is given away in order, long before the lease ends. */
const expectGivenAway = async (dead: DeadManRing, signal: 'SIGKILL' | 'SIGSTOP'): Promise<void> => {
  const program = join(dead.ring.folder, 'dist', 'geobooth-site');
  dead.act("takes the guard's program away", () => renameSync(program, `${program}.away`));
  const leaseEndMs = dead.leaseEndMs();
  dead.signalGuard(signal);
  await expectTakenAfterwards(dead);
  expect(dead.ledger(2)[0]?.atMs).toBeLessThan(leaseEndMs);
};

describeWith(['linux', 'geobooth-build'], 'the dead man (R14)', () => {
  story('daemon killed', { network: '127.0.91', ...LEASE }, async (dead) => {
    const guard = dead.guard();
    await dead.untilRenewed();
    await dead.killDaemon();
    // Within the lease: the resources are taken over as they are, and the lease is renewed.
    await dead.startDaemon();
    expect(dead.guard()).toBe(guard);
    await dead.untilRenewed();
    expect(doings(dead, 1)).toEqual(started);
    // And now nobody starts it again.
    await dead.killDaemon();
    await expectTakenAfterwards(dead);
  });

  story('daemon stopped', { network: '127.0.92', ...LEASE }, async (dead) => {
    dead.act('stops the daemon', () => dead.holder().signal('SIGSTOP'));
    await expectTakenAfterwards(dead);
    dead.act('lets the daemon go on', () => dead.holder().signal('SIGCONT'));
    await dead.holder().waitForEvent('lease-lost');
    await dead.holder().waitForEvent('guard-acted');
    // What it does not know it may stop once more; it starts nothing.
    expect(doings(dead, 1).filter((doing) => doing.startsWith('start'))).toEqual(started);
    dead.expectApart();
  });

  const inFolder = { command: ({ folder }: HolderPlace) => [privatePrograms(folder)] };
  const long = { expireMs: 30_000, acquireAfterMs: 0 };
  story('guard killed', { network: '127.0.93', ...long, ...inFolder }, async (dead) => {
    const first = dead.guard();
    const killedAtMs = Date.now();
    dead.signalGuard('SIGKILL');
    const gone = await dead.holder().waitForEvent('guard-gone');
    expect(Date.parse(String(gone['time'])) - killedAtMs).toBeLessThan(1000);
    await dead.holder().waitForEvent('guard-back');
    expect(dead.guard()).not.toBe(first);
    expect(doings(dead, 1)).toEqual(started);

    await expectGivenAway(dead, 'SIGKILL');
  });

  story('guard stopped', { network: '127.0.94', ...LEASE }, async (dead) => {
    const first = dead.guard();
    dead.signalGuard('SIGSTOP');
    await dead.holder().waitForEvent('guard-silent');
    await dead.holder().waitForEvent('guard-back');
    expect(dead.guard()).not.toBe(first);
    expect(doings(dead, 1)).toEqual(started);
    // The other one knows what it is there for.
    await dead.killDaemon();
    await expectTakenAfterwards(dead);
  });

  story(
    'guard stopped, and no other can be had',
    { network: '127.0.97', ...long, ...inFolder },
    (dead) => expectGivenAway(dead, 'SIGSTOP'),
  );

  // Nothing stops them then: `acquire-after` must leave a supervisor the time to start the daemon.
  const patient = { expireMs: 6000, acquireAfterMs: 8000 };
  story('both killed', { network: '127.0.95', ...patient }, async (dead) => {
    await dead.untilRenewed();
    dead.signalGuard('SIGKILL');
    await dead.killDaemon();
    await dead.startDaemon();
    await dead.untilRenewed();
    expect(doings(dead, 1)).toEqual(started);

    dead.act('stops the daemon', () => dead.holder().signal('SIGSTOP'));
    dead.signalGuard('SIGKILL');
    const leaseEndMs = dead.leaseEndMs();
    await dead.killDaemon();
    await waitUntil('the lease to be over', () => Date.now() > leaseEndMs + 200, LONG);
    expect(doings(dead, 1)).toEqual(started);
    await dead.startDaemon();
    await expectTakenAfterwards(dead);
  });
});

describeWith(['linux', 'root', 'namespaces', 'geobooth-build'], 'the dead man (R14)', () => {
  const PAGE_BYTES = 4096;
  /** Mounts a disk of 512 KiB on the first argument, brings the second there, and becomes the rest. */
  const mountThenRun =
    'mount -t tmpfs -o size=512k,mode=0700 tmpfs "$1" && cp "$2" "$1/cib.xml" && shift 2 && exec "$@"';
  const command = ({ stateDir, cib }: HolderPlace): readonly string[] => [
    ...['unshare', '--mount', '--propagation', 'private', 'sh', '-c', mountThenRun, 'sh'],
    ...[stateDir, cib, join(distDirectory, 'boothd')],
  ];
  story('full disk', { network: '127.0.96', ...LEASE, command }, async (dead) => {
    const { pid, stateDir } = dead.holder();
    const inside = (name: string) => join('/proc', String(pid), 'root', stateDir, name);
    dead.act('stops the daemon and fills the disk', () => {
      dead.holder().signal('SIGSTOP');
      // No line of the guard's log has room on its last page.
      const rest = PAGE_BYTES - (statSync(inside('guard.log')).size % PAGE_BYTES);
      writeFileSync(inside('guard.log'), Buffer.alloc(rest, '-'), { flag: 'a' });
      expect(() => {
        for (let part = 0; part < 1000; part += 1)
          writeFileSync(inside('filler'), Buffer.alloc(PAGE_BYTES), { flag: 'a' });
      }).toThrow(/ENOSPC/);
    });
    await dead.killDaemon();
    await expectTakenAfterwards(dead);
  });
});

/** A copy of the programs that a site needs; the daemon in it. */
function privatePrograms(folder: string): string {
  const programs = join(folder, 'dist');
  for (const name of ['boothd', 'geobooth-site', 'agents', 'package.json'])
    cpSync(join(distDirectory, name), join(programs, name), { recursive: true });
  return join(programs, 'boothd');
}
