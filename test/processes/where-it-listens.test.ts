/**
 * Where a daemon is: on an interface without carrier (the cable is pulled), and at an address that
 * NAME.local.conf names. It starts, and `booth status` sees it.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startProcess } from '../support/background-process.ts';
import { describeWith, distDirectory } from '../support/requirements.ts';
import { runCommand } from '../support/run-command.ts';
import { freePort } from './member-process.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { waitUntil } from '../support/wait-until.ts';

const link =
  'ip link set lo up && ip link add eth0 type veth peer name cable && ' +
  'ip addr add 192.0.2.11/24 dev eth0 && ip link set eth0 up && echo linked && exec sleep 60';

describeWith(['linux', 'root', 'namespaces', 'geobooth-build'], 'without carrier', () => {
  test('the daemon starts, is seen, and is found by its own clients', async () => {
    const folder = await makeTemporaryDirectory('cable');
    const config = join(folder.path, 'booth.conf');
    writeFileSync(config, 'site = 192.0.2.11\nsite = 192.0.2.12\nticket = "db"\n');
    const space = await startProcess('unshare', ['--net', 'bash', '-c', link]);
    await space.waitForOutput(/linked/);
    const inside = (program: string, args: readonly string[]): string[] => [
      ...['--target', String(space.pid), '--net', join(distDirectory, program), ...args],
      ...['-c', config],
    ];
    const lock = ['-l', join(folder.path, 'booth.pid')];
    const state = ['--state-dir', join(folder.path, 'state'), '--cluster', 'none'];
    const daemon = await startProcess(
      'nsenter',
      inside('boothd', ['daemon', '-S', ...lock, ...state]),
    );
    try {
      await daemon.waitForOutput(/abstaining/);
      const status = await runCommand('nsenter', inside('booth', ['status', '-S', ...lock]));
      expect(status, status.stderr).toMatchObject({ code: 0 });
      expect(status.stdout).toContain('booth_addr_string=');
      const list = await runCommand('nsenter', inside('booth', ['list']));
      expect(list, list.stderr).toMatchObject({ code: 0, stdout: 'ticket: db, leader: NONE\n' });
    } finally {
      await daemon.kill();
      await space.kill();
      await folder.remove();
    }
  });
});

describeWith(['linux', 'geobooth-build'], 'listen in NAME.local.conf', () => {
  test('is where the daemon listens and where status looks for it', async () => {
    const folder = await makeTemporaryDirectory('listen');
    const config = join(folder.path, 'booth.conf');
    const port = await freePort('127.0.0.58');
    writeFileSync(config, `port = ${String(port)}\nsite = 192.0.2.11\nsite = 192.0.2.12\n`);
    const local = ['self = 192.0.2.11', 'listen = 127.0.0.58', 'cluster = none'];
    writeFileSync(
      join(folder.path, 'booth.local.conf'),
      `${[...local, `state-dir = ${join(folder.path, 'state')}`].join('\n')}\n`,
    );
    const lock = ['-c', config, '-l', join(folder.path, 'booth.pid')];
    const daemon = await startProcess(join(distDirectory, 'boothd'), ['daemon', '-S', ...lock]);
    const status = () => runCommand(join(distDirectory, 'booth'), ['status', '-S', ...lock]);
    try {
      await waitUntil('the daemon to be seen', async () => (await status()).code === 0);
      expect((await status()).stderr).toContain(`127.0.0.58 port ${String(port)}`);
      await daemon.stop();
      expect((await status()).code).toBe(7);
    } finally {
      await daemon.kill();
      await folder.remove();
    }
  });
});
