/**
 * A ring over IPv6, in a network namespace of its own whose loopback has three addresses: UDP and
 * TCP, authentication, grant, list from another member, failover.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startProcess, type BackgroundProcess } from '../support/background-process.ts';
import { describeWith, distDirectory } from '../support/requirements.ts';
import { runCommand } from '../support/run-command.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { waitUntil } from '../support/wait-until.ts';

const addresses = ['fd00:77::1', 'fd00:77:0:0::2', 'FD00:77::3'];

describeWith(['linux', 'root', 'namespaces', 'geobooth-build'], 'a ring over IPv6', () => {
  test('elects, lists and fails over', { timeout: 60_000 }, async () => {
    const folder = await makeTemporaryDirectory('ipv6');
    const config = join(folder.path, 'booth.conf');
    writeFileSync(join(folder.path, 'key'), 'a key of the IPv6 ring', { mode: 0o600 });
    writeFileSync(
      config,
      [
        `authfile = ${join(folder.path, 'key')}`,
        `site = ${addresses[0] ?? ''}`,
        `site = ${addresses[1] ?? ''}`,
        `arbitrator = ${addresses[2] ?? ''}`,
        'ticket = "db"',
        '  expire = 4',
        '  timeout = 400ms',
        '  retries = 3',
        '',
      ].join('\n'),
    );
    const space = await startProcess('unshare', ['--net', 'sleep', '120']);
    const inside = (program: string, args: readonly string[]): string[] => [
      ...['--target', String(space.pid), '--net', program],
      ...args,
    ];
    const run = async (program: string, args: readonly string[]): Promise<string> => {
      const outcome = await runCommand('nsenter', inside(program, args));
      return outcome.code === 0
        ? outcome.stdout
        : `exit ${String(outcome.code)}: ${outcome.stderr}`;
    };
    const booth = (args: readonly string[]) =>
      run(join(distDirectory, 'booth'), [...args, '-c', config]);
    const members: BackgroundProcess[] = [];
    try {
      await waitUntil('the namespace', async () => (await run('ip', ['link'])).includes('lo'));
      await run('ip', ['link', 'set', 'lo', 'up']);
      for (const address of addresses)
        await run('ip', ['-6', 'addr', 'add', `${address}/128`, 'dev', 'lo', 'nodad']);
      for (const [index, address] of addresses.entries()) {
        const state = join(folder.path, `state-${String(index)}`);
        const daemon = [
          ...['daemon', '-S', '-c', config, '--self', address, '--state-dir', state],
          ...['-l', `${state}.pid`, '--cluster', 'none'],
        ];
        const words = inside(join(distDirectory, 'boothd'), daemon);
        members.push(await startProcess('nsenter', words));
      }
      for (const member of members) await member.waitForOutput(/abstention-ended/);
      expect(await booth(['grant', '-w', '-s', 'fd00:77::1', 'db'])).toBe('');
      // Another spelling of the same address finds its member.
      expect(await booth(['list', '-s', 'fd00:77::3'])).toMatch(
        /^ticket: db, leader: fd00:77::1, expires: \d{4}-/,
      );
      await members[0]?.kill();
      await waitUntil(
        'the second site to take over',
        async () => (await booth(['list', '-s', 'fd00:77::3'])).includes('leader: fd00:77:0:0::2'),
        { timeoutMs: 15_000 },
      );
    } finally {
      for (const member of members) await member.kill();
      await space.kill();
      await folder.remove();
    }
  });
});
