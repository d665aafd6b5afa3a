import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeFolder } from '../../../core/io/folder.ts';
import { lockFolder } from '../../../core/io/lock-file.ts';
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts';

let root: TemporaryDirectory;
beforeEach(async () => {
  root = await makeTemporaryDirectory('folder');
});
afterEach(async () => {
  await root.remove();
});

test('makes what is missing and tells the topmost of it', async () => {
  expect(await makeFolder(join(root.path, 'a/b/c'), 0o700)).toBe(join(root.path, 'a'));
  expect(statSync(join(root.path, 'a/b/c')).mode & 0o777).toBe(0o700);
  expect(await makeFolder(join(root.path, 'a/b/c'), 0o700)).toBeNull();
  expect(await makeFolder(join(root.path, 'a/d/'), 0o700)).toBe(join(root.path, 'a/d/'));
});

test.each([
  ['a file', 'file', 'EEXIST'],
  ['below a file', 'file/a/b', 'ENOTDIR'],
])('fails on %s', async (_title, path, code) => {
  writeFileSync(join(root.path, 'file'), '');
  await expect(makeFolder(join(root.path, path), 0o700)).rejects.toMatchObject({ code });
});

test.runIf(process.platform === 'linux')('ends where nothing can be made', async () => {
  await expect(makeFolder('/proc/geobooth/state', 0o700)).rejects.toMatchObject({ code: 'ENOENT' });
});

test.runIf(process.platform === 'linux')('a folder is locked once, until released', async () => {
  const path = join(root.path, 'state');
  mkdirSync(path);
  const first = await lockFolder(path);
  expect(first).toMatchObject({ ok: true, value: { release: expect.any(Function) as unknown } });
  expect(await lockFolder(path)).toEqual({ ok: true, value: null });
  if (first.ok) await first.value?.release();
  const again = await lockFolder(path);
  expect(again.ok && again.value !== null).toBe(true);
  if (again.ok) await again.value?.release();
});
