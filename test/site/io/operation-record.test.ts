import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { OperationRecords } from '../../../site/io/operation-record.ts';
import {
  endNotedOperations,
  noteOperation,
  openOperationRecords,
} from '../../../site/io/operation-record.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';
import { waitUntil } from '../../support/wait-until.ts';

let folder: TemporaryDirectory;
let records: OperationRecords;

beforeEach(async () => {
  folder = await makeTemporaryDirectory('operations');
  records = openOperationRecords(join(folder.path, 'operations'));
});
afterEach(() => folder.remove());

const begin = (script: string) => {
  const child = spawn('/bin/sh', ['-c', script], { detached: true, stdio: 'ignore' });
  const ended = new Promise<string | null>((resolve) => {
    child.on('exit', (code, signal) => {
      resolve(signal ?? String(code));
    });
  });
  const pid = child.pid ?? 0;
  return { pid, ended };
};

it('a noted operation that is still under way is ended, with its whole group', async () => {
  const { pid, ended } = begin('sleep 60; true');
  noteOperation(records, { pid, resource: 'web', action: 'start' });
  expect(await endNotedOperations(records, 1000)).toMatchObject([
    { resource: 'web', action: 'start' },
  ]);
  expect(await ended).toBe('SIGTERM');
  expect(readdirSync(records.folder)).toEqual([]);
});

it('one that ignores TERM is killed', async () => {
  const ready = join(folder.path, 'ready');
  const { pid, ended } = begin(`trap '' TERM; : >${ready}; while :; do sleep 1; done`);
  await waitUntil('it to ignore TERM', () => existsSync(ready));
  noteOperation(records, { pid, resource: 'web', action: 'start' });
  await endNotedOperations(records, 100);
  expect(await ended).toBe('SIGKILL');
});

it('only what is meant is ended', async () => {
  const { pid, ended } = begin('sleep 60; true');
  noteOperation(records, { pid, resource: 'web', action: 'start' });
  expect(await endNotedOperations(records, 100, ({ resource }) => resource === 'db')).toEqual([]);
  await endNotedOperations(records, 1000);
  expect(await ended).toBe('SIGTERM');
});

it('a process that only has the pid of a noted one is left alone', async () => {
  const file = join(records.folder, `${process.pid}.json`);
  const stale = { pid: process.pid, startedTicks: '1', resource: 'web', action: 'start' };
  writeFileSync(file, JSON.stringify(stale));
  writeFileSync(join(records.folder, '77.json'), 'no json');
  expect(await endNotedOperations(records, 100)).toEqual([]);
});

it('the note is gone when the operation has ended', async () => {
  const { pid, ended } = begin('sleep 0.05');
  const forget = noteOperation(records, { pid, resource: 'web', action: 'start' });
  expect(readdirSync(records.folder)).toEqual([`${pid}.json`]);
  await ended;
  forget();
  expect(readdirSync(records.folder)).toEqual([]);
});

it('a note that cannot be taken away hinders nobody', async () => {
  const { pid, ended } = begin('sleep 0.05');
  const forget = noteOperation(records, { pid, resource: 'web', action: 'start' });
  const file = join(records.folder, `${pid}.json`);
  rmSync(file);
  mkdirSync(file);
  await ended;
  expect(forget).not.toThrow();
});

it('where no folder of notes is, nothing is under way', async () => {
  expect(await endNotedOperations({ folder: join(folder.path, 'none') }, 100)).toEqual([]);
});
