import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { endGuard, guardsServing } from '../../../site/io/guard-process.ts';
import { guardSocketPath, guardTitle } from '../../../site/io/guard-protocol.ts';
import type { BackgroundProcess } from '../../support/background-process.ts';
import { startProcess } from '../../support/background-process.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';

let folder: TemporaryDirectory;
const processes: BackgroundProcess[] = [];

beforeEach(async () => {
  folder = await makeTemporaryDirectory('g');
});
afterEach(async () => {
  for (const one of processes.splice(0)) await one.kill();
  await folder.remove();
});

/** A process of this title that listens at the guard's place in the folder. */
async function startListener(stateDir: string, title: string): Promise<number> {
  const script = `process.title = process.argv[2];
    require('node:net').createServer().listen(process.argv[1], () => console.log('listens'));`;
  const args = ['-e', script, guardSocketPath(stateDir), title];
  const started = await startProcess(process.execPath, args);
  processes.push(started);
  await started.waitForOutput(/listens/);
  return started.pid;
}

it('a guard is found by its socket and the state directory in its title', async () => {
  const pid = await startListener(folder.path, guardTitle(folder.path));
  expect(guardsServing(folder.path)).toEqual([pid]);
  expect(guardsServing(join(folder.path, 'other'))).toEqual([]);
});

it('so is one of an earlier release', async () => {
  const pid = await startListener(folder.path, 'geobooth-guard');
  expect(guardsServing(folder.path)).toEqual([pid]);
});

it('a stranger that has the pid, or listens in its place, is never ended', async () => {
  const pid = await startListener(folder.path, 'stranger');
  expect(guardsServing(folder.path)).toEqual([]);
  endGuard(pid, folder.path);
  expect(processes[0]?.end()).toBe(undefined);
});

it('a socket whose name forges a line of the table leads to no guard of somebody else', async () => {
  const others = await startListener(folder.path, guardTitle(folder.path));
  const row = readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .find((line) => line.endsWith(` ${guardSocketPath(folder.path)}`));
  const inode = row?.split(/ +/)[6] ?? expect.unreachable('its socket is in the table');
  const forged = createServer();
  const name = `\0x\n1 1 1 1 1 1 ${inode} ${guardSocketPath('/ours')}\n`;
  await new Promise<void>((resolve) => forged.listen(name, resolve));
  try {
    expect(readFileSync('/proc/net/unix', 'latin1')).toContain(`\n${name.slice(3)}`);
    expect(guardsServing('/ours')).toEqual([]);
    expect(guardsServing(folder.path)).toEqual([others]);
  } finally {
    forged.close();
  }
});
