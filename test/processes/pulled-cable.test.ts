/**
 * A host whose cable is pulled: its interface keeps the address but has no carrier. The daemon
 * starts, `booth status` sees it, and a client finds its own member.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startProcess } from '../support/background-process.ts';
import { describeWith, distDirectory } from '../support/requirements.ts';
import { runCommand } from '../support/run-command.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

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
