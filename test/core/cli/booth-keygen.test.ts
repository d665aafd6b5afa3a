import { readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newKey } from '../../../core/cli/keygen-program.ts';
import { loadKey } from '../../../core/wire/authentication.ts';
import { describeWith, distDirectory } from '../../support/requirements.ts';
import { runCommand } from '../../support/run-command.ts';
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts';

describe('a new key', () => {
  test('never begins with a NUL byte, which would switch authentication off', () => {
    const draws = [Buffer.alloc(64, 0), Buffer.alloc(64, 0), Buffer.alloc(64, 7)];
    expect(newKey(() => draws.shift() ?? Buffer.alloc(64, 9))).toEqual(Buffer.alloc(64, 7));
  });
});

describeWith(['linux', 'geobooth-build'], 'booth-keygen', () => {
  let folder: TemporaryDirectory;
  const keygen = (...args: readonly string[]) =>
    runCommand(join(distDirectory, 'booth-keygen'), args, { cwd: folder.path });

  beforeAll(async () => {
    folder = await makeTemporaryDirectory('keygen');
  });
  afterAll(async () => {
    await folder.remove();
  });

  test('writes 64 bytes that only the owner can read, and says nothing', async () => {
    const path = join(folder.path, 'key');
    expect(await keygen(path)).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(statSync(path).mode & 0o7777).toBe(0o600);
    const key = readFileSync(path);
    expect(key).toHaveLength(64);
    expect(loadKey(key).ok).toBe(true);

    const again = await keygen(path);
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toMatch(/already exists/);
    expect(readFileSync(path)).toEqual(key);
  });

  test.each([
    ['a relative path', ['key'], /no absolute path/],
    ['a folder that is not there', ['/nonexistent-folder/key'], /does not exist/],
    ['two files', ['/tmp/a', '/tmp/b'], /surplus argument/],
    ['an empty name', [''], /no absolute path/],
  ])('refuses %s', async (_, args, says) => {
    const outcome = await keygen(...args);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(says);
  });

  test('does not write through a link that stands in its way', async () => {
    const link = join(folder.path, 'link');
    symlinkSync(join(folder.path, 'target'), link);
    expect(await keygen(link)).toMatchObject({ code: 1 });
    expect(() => statSync(join(folder.path, 'target'))).toThrow(/ENOENT/);
  });

  test('explains itself', async () => {
    const outcome = await keygen('-h');
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.stdout).toMatch(/^Usage:\n {2}booth-keygen \[FILE\]/);
  });
});
