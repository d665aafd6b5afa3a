import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeFileAtomic } from '../../../core/io/atomic-file.ts';
import { describeWith } from '../../support/requirements.ts';
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts';

let folder: TemporaryDirectory;
let path: string;
beforeEach(async () => {
  folder = await makeTemporaryDirectory('atomic-file');
  path = join(folder.path, 'cib.xml');
});
afterEach(() => folder.remove());

const names = (): Promise<string[]> => readdir(folder.path);

describe('replacing a file', () => {
  it('makes a new one with the mode given, whatever the umask', async () => {
    const umask = process.umask(0o077);
    await writeFileAtomic(path, 'new', 0o664).finally(() => process.umask(umask));
    expect(await readFile(path, 'utf8')).toBe('new');
    expect((await stat(path)).mode & 0o7777).toBe(0o664);
    expect(await names()).toEqual(['cib.xml']);
  });

  it('replaces what is there, and readers of the old one keep it whole', async () => {
    await writeFile(path, 'old');
    const old = await import('node:fs/promises').then(({ open }) => open(path));
    await writeFileAtomic(path, Uint8Array.of(0x6e), 0o600);
    expect(await readFile(path, 'utf8')).toBe('n');
    expect(await old.readFile('utf8')).toBe('old');
    await old.close();
  });

  it('keeps a symbolic link and replaces what it points to', async () => {
    await mkdir(join(folder.path, 'real'));
    const real = join(folder.path, 'real', 'file');
    await writeFile(real, 'old');
    await symlink(real, path);
    await writeFileAtomic(path, 'new', 0o644);
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(await readFile(real, 'utf8')).toBe('new');
  });

  it('leaves the old file and nothing else when it fails', async () => {
    await mkdir(path);
    await expect(writeFileAtomic(path, 'new', 0o600)).rejects.toMatchObject({ code: 'EISDIR' });
    expect(await names()).toEqual(['cib.xml']);
  });

  it('rejects when the folder is not there', async () => {
    const nowhere = join(folder.path, 'no', 'file');
    await expect(writeFileAtomic(nowhere, 'x', 0o600)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('never mixes two writers', async () => {
    const texts = Array.from({ length: 20 }, (_, index) => String(index).repeat(5000));
    await Promise.all(texts.map((text) => writeFileAtomic(path, text, 0o600)));
    expect(texts).toContain(await readFile(path, 'utf8'));
    expect(await names()).toEqual(['cib.xml']);
  });
});

describeWith(['root'], 'replacing a file as root', () => {
  it('gives it to the owner named before anybody sees it', async () => {
    await chmod(folder.path, 0o755);
    await writeFileAtomic(path, 'key', 0o600, { uid: 65_534, gid: 65_534 });
    expect(await stat(path)).toMatchObject({ uid: 65_534, gid: 65_534 });
  });
});
