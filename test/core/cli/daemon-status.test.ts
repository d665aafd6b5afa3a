import { execFileSync } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inspectLockFile, inspectLockTable } from '../../../core/cli/lock-inspection.ts';
import { takeLock } from '../../../core/io/lock-file.ts';
import { startProcess, type BackgroundProcess } from '../../support/background-process.ts';
import { describeWith, distDirectory } from '../../support/requirements.ts';
import { runCommand } from '../../support/run-command.ts';
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts';
import { waitUntil } from '../../support/wait-until.ts';

const content =
  "booth_pid=77 booth_state=started booth_type=site booth_cfg_name='ring' booth_id=1 booth_addr_string='127.0.0.1' booth_port=9929\n";

describe('a lock file', () => {
  let folder: TemporaryDirectory;
  beforeAll(async () => {
    folder = await makeTemporaryDirectory('lock');
  });
  afterAll(async () => {
    await folder.remove();
  });

  test('is held by whoever the table of locks names for its inode', () => {
    const path = join(folder.path, 'lock');
    writeFileSync(path, content);
    const inode = statSync(path).ino;
    const table = join(folder.path, 'locks');
    writeFileSync(table, '1: POSIX  ADVISORY  WRITE 12 00:01:1 0 EOF\n');
    expect(inspectLockTable(path, table)).toEqual({ kind: 'free' });
    writeFileSync(
      table,
      `1: POSIX  ADVISORY  WRITE 12 00:01:${inode}1 0 EOF\n2: POSIX  ADVISORY  READ 13 00:01:${inode} 0 EOF\n3: FLOCK  ADVISORY  WRITE 14 00:01:${inode} 0 EOF\n`,
    );
    expect(inspectLockTable(path, table)).toEqual({ kind: 'held', pid: 77, content });
    writeFileSync(table, `4: POSIX  ADVISORY  WRITE 15 00:01:${inode} 0 EOF\n`);
    expect(inspectLockTable(path, table)).toEqual({ kind: 'held', pid: 15, content });
  });

  test('is held by the daemon that took it our way', async () => {
    const path = join(folder.path, 'ours');
    const lock = await takeLock(path);
    if (!lock.ok) throw new Error(lock.error.message);
    const words = { configName: 'ring', memberId: 1, address: '127.0.0.1', port: 9929 } as const;
    lock.value.write({ state: 'started', type: 'site', ...words });
    expect(await inspectLockFile(path)).toMatchObject({ kind: 'held', pid: process.pid });
    await lock.value.release();
    writeFileSync(path, content);
    expect(await inspectLockFile(path)).toEqual({ kind: 'free' });
  });

  test('may be missing, or be no lock file', async () => {
    expect(await inspectLockFile(join(folder.path, 'none'))).toEqual({ kind: 'missing' });
    expect(await inspectLockFile(folder.path)).toMatchObject({ kind: 'unreadable' });
    const huge = join(folder.path, 'huge');
    writeFileSync(huge, Buffer.alloc(5000, 97));
    expect(await inspectLockFile(huge)).toMatchObject({ kind: 'unreadable' });
  });
});

const hasFlock = (() => {
  try {
    return execFileSync('flock', ['--version'], { encoding: 'utf8' }) !== '';
  } catch {
    return false;
  }
})();

describeWith(['linux', 'geobooth-build'], 'booth status', () => {
  let folder: TemporaryDirectory;
  let holder: BackgroundProcess | undefined;
  const address = '127.0.0.44';
  const status = (...args: readonly string[]) =>
    runCommand(
      join(distDirectory, 'booth'),
      ['status', '-c', './ring.conf', '--self', address, '-l', './lock', ...args],
      { cwd: folder.path },
    );

  beforeAll(async () => {
    folder = await makeTemporaryDirectory('status');
    writeFileSync(join(folder.path, 'wrong.conf'), 'sight = 1\n');
    writeFileSync(join(folder.path, 'far.conf'), 'site = 203.0.113.1\n');
  });
  afterAll(async () => {
    await holder?.kill();
    await folder.remove();
  });

  test.skipIf(!hasFlock)('follows lock and port (needs flock)', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, address, resolve));
    const bound = server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    writeFileSync(join(folder.path, 'ring.conf'), `port = ${port}\nsite = ${address}\n`);

    expect(await status('-S')).toMatchObject({ code: 7, stdout: '' });
    expect((await status('-S')).stderr).toMatch(/not running: there is no lock file/);
    writeFileSync(join(folder.path, 'lock'), content);
    expect((await status('-S')).stderr).toMatch(/not running: nobody holds the lock file/);

    const lock = join(folder.path, 'lock');
    holder = await startProcess('flock', [lock, 'sleep', '60']);
    await waitUntil(
      'the lock to be held',
      async () => (await inspectLockFile(lock)).kind === 'held',
    );
    const running = await status();
    expect(running).toMatchObject({ code: 0, stderr: '' });
    expect(running.stdout).toBe(`booth_lockpid=77 booth_lockfile='./lock' ${content}`);
    expect((await status('-S')).stderr).toMatch(
      /booth at 127\.0\.0\.44 port \d+ seems to be running/,
    );
    const json = await status('--output-format', 'json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      isRunning: true,
      lockFile: { booth_cfg_name: 'ring', booth_pid: '77' },
    });

    await new Promise((resolve) => server.close(resolve));
    const deaf = await status('-S');
    expect(deaf).toMatchObject({ code: 7, stdout: 'booth_lockpid=77 ' });
    expect(deaf.stderr).toMatch(/nobody listens/);
  });

  test('is 1 with a wrong configuration and 7 on a host that is no member', async () => {
    const booth = join(distDirectory, 'booth');
    const wrong = await runCommand(booth, ['status', '-c', join(folder.path, 'wrong.conf')]);
    expect(wrong).toMatchObject({ code: 1, stdout: '' });
    expect(wrong.stderr).toMatch(/wrong\.conf:1:/);
    const far = await runCommand(booth, ['status', '-S', '-c', join(folder.path, 'far.conf')]);
    expect(far).toMatchObject({ code: 7, stdout: '' });
    expect(far.stderr).toMatch(/not running: no local address/);
  });
});
