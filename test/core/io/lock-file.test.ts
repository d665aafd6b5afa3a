import { existsSync, readFileSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  inspectLock,
  lockLine,
  takeLock,
  type HeldLock,
  type LockContent,
} from '../../../core/io/lock-file.ts';
import { startProcess, type BackgroundProcess } from '../../support/background-process.ts';
import { runOrThrow } from '../../support/run-command.ts';
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts';
import { bundleProgram } from './bundled.ts';

const content: LockContent = {
  state: 'starting',
  type: 'site',
  configName: 'booth',
  memberId: 1_102_844_285,
  address: '10.77.0.1',
  port: 9929,
};

let folder: TemporaryDirectory;
let path: string;
const locks: HeldLock[] = [];
const daemons: BackgroundProcess[] = [];
beforeEach(async () => {
  folder = await makeTemporaryDirectory('lock-file');
  path = join(folder.path, 'run', 'booth.pid');
});
afterEach(async () => {
  for (const lock of locks.splice(0)) await lock.release();
  for (const daemon of daemons.splice(0)) await daemon.kill();
  await folder.remove();
});

const take = async (): Promise<HeldLock> => {
  const taken = await takeLock(path);
  if (!taken.ok) throw new Error(taken.error.message);
  locks.push(taken.value);
  return taken.value;
};

const inspect = async () => {
  const seen = await inspectLock(path);
  if (!seen.ok) throw new Error(seen.error.message);
  return seen.value;
};

/** Another process that takes the lock, starts a child of its own, and stays. */
const startHolder = async (): Promise<BackgroundProcess> => {
  const program = join(folder.path, 'holder.js');
  await bundleProgram(
    `import { spawn } from 'node:child_process';
     import { takeLock } from '../../../core/io/lock-file.ts';
     const keepAlive = setInterval(() => {}, 1000);
     void takeLock(${JSON.stringify(path)}).then((taken) => {
       if (!taken.ok) throw new Error(taken.error.message);
       taken.value.write(${JSON.stringify(content)});
       const child = spawn('sleep', ['60'], { stdio: 'ignore', detached: true });
       console.log('holding, child ' + child.pid + '.');
     });`,
    program,
  );
  const holder = await startProcess(process.execPath, [program]);
  daemons.push(holder);
  return holder;
};

describe('the lock of a daemon', () => {
  it('is held once, with the line booth status prints', async () => {
    const lock = await take();
    expect(await inspect()).toEqual({ state: 'held', pid: null, line: '' });
    lock.write(content);
    lock.write({ ...content, state: 'started' });
    const line =
      `booth_pid=${process.pid} booth_state=started booth_type=site booth_cfg_name='booth' ` +
      "booth_id=1102844285 booth_addr_string='10.77.0.1' booth_port=9929";
    expect(readFileSync(path, 'utf8')).toBe(`${line}\n`);
    expect(await inspect()).toEqual({ state: 'held', pid: process.pid, line });
  });

  it('refuses a second daemon and names the first', async () => {
    (await take()).write(content);
    const second = await takeLock(path);
    expect(second.ok).toBe(false);
    if (!second.ok) expect(second.error.message).toContain(`${path} (pid ${process.pid})`);
  });

  it('is free again after release, and the file is gone', async () => {
    await (await take()).release();
    expect(existsSync(path)).toBe(false);
    expect(await inspect()).toEqual({ state: 'free' });
    const again = await take();
    await again.release();
    await again.release();
    expect(again.write(content)).toMatchObject({ ok: false });
  });

  it('is not in the way after kill -9, even when a child of the daemon lives on', async () => {
    const holder = await startHolder();
    const [, child = '0'] = await holder.waitForOutput(/holding, child (\d+)\./);
    expect(await inspect()).toMatchObject({ state: 'held', pid: holder.pid });
    process.kill(holder.pid, 'SIGKILL');
    await holder.ended;
    try {
      expect(existsSync(path)).toBe(true);
      expect(await inspect()).toEqual({ state: 'free' });
      await take();
    } finally {
      process.kill(Number(child), 'SIGKILL');
    }
  });

  it('does not believe a stale file whose process id lives again', async () => {
    await mkdir(join(folder.path, 'run'));
    await writeFile(path, `${lockLine(process.pid, content)}\n${'x'.repeat(500)}`);
    expect(await inspect()).toEqual({ state: 'free' });
    (await take()).write(content);
    expect(readFileSync(path, 'utf8')).toBe(`${lockLine(process.pid, content)}\n`);
  });

  it('is taken although somebody looks at it all the time', async () => {
    await mkdir(join(folder.path, 'run'));
    await writeFile(path, '');
    const looks = Array.from({ length: 10 }, () => inspectLock(path));
    await take();
    expect((await Promise.all(looks)).every((look) => look.ok)).toBe(true);
  });

  it('goes to one of many that want it at once', async () => {
    const taken = await Promise.all(Array.from({ length: 8 }, () => takeLock(path)));
    locks.push(...taken.flatMap((each) => (each.ok ? [each.value] : [])));
    expect(locks).toHaveLength(1);
  });

  it('is not removed by its holder when the name belongs to another file by now', async () => {
    const lock = await take();
    await runOrThrow('mv', [path, `${path}.old`]);
    await writeFile(path, 'of somebody else');
    await lock.release();
    expect(readFileSync(path, 'utf8')).toBe('of somebody else');
  });

  it('is not taken through a symbolic link', async () => {
    await mkdir(join(folder.path, 'run'));
    await symlink(join(folder.path, 'elsewhere'), path);
    expect(await takeLock(path)).toMatchObject({ ok: false, error: { code: 'lock-unusable' } });
    expect(existsSync(join(folder.path, 'elsewhere'))).toBe(false);
  });

  it('says what is wrong when the file cannot be used', async () => {
    await mkdir(path, { recursive: true });
    const taken = await takeLock(path);
    expect(taken).toMatchObject({ ok: false, error: { code: 'lock-unusable' } });
    if (!taken.ok) expect(taken.error.message).toContain(path);
  });

  it('quotes what a shell would take apart', () => {
    const line = lockLine(1, { ...content, configName: "a'; rm -rf /" });
    expect(line).toContain(String.raw`booth_cfg_name='a'\''; rm -rf /' `);
  });
});
