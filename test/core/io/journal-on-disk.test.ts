import { chmod, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, describe, it } from 'vitest';
import { nodeFiles } from '../../../core/io/node-files.ts';
import { openJournal } from '../../../core/io/open-journal.ts';
import { describeWith } from '../../support/requirements.ts';
import { runOrThrow } from '../../support/run-command.ts';
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts';
import { openSession } from './journal-session.ts';

let folder: TemporaryDirectory;
let dir: string;
beforeEach(async () => {
  folder = await makeTemporaryDirectory('journal');
  dir = join(folder.path, 'state', 'booth');
});
afterEach(() => folder.remove());

describe('the journal on a real disk', () => {
  it('makes its directory, private, and finds everything again', async () => {
    const first = await openSession({ files: nodeFiles, dir });
    await Promise.all(Array.from({ length: 500 }, () => first.append()));
    for (let count = 0; count < 50; count += 1) expect(await first.append()).toBeNull();
    await first.opened.journal.close();
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
    expect((await stat(join(dir, 'journal'))).mode & 0o777).toBe(0o600);
    const second = await openSession({ files: nodeFiles, dir });
    expect(second.opened.entries).toEqual(first.state);
    await second.opened.journal.close();
  });

  it('survives many snapshots', async () => {
    const first = await openSession({ files: nodeFiles, dir, maxBytes: 1000 });
    for (let count = 0; count < 100; count += 1) expect(await first.append()).toBeNull();
    await first.opened.journal.close();
    expect(await readdir(dir)).toEqual(['journal']);
    const second = await openSession({ files: nodeFiles, dir });
    expect(second.opened.entries).toEqual(first.state);
    await second.opened.journal.close();
  });

  it('sets a damaged file aside', async () => {
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, 'journal'), 'something else\n');
    const session = await openSession({ files: nodeFiles, dir });
    expect(session.opened.isComplete).toBe(false);
    await session.opened.journal.close();
    expect(await readdir(dir)).toEqual(['journal', 'journal.corrupt-1700000000000']);
  });

  it('says what is wrong when the state directory is a file', async () => {
    await writeFile(join(folder.path, 'state'), '');
    const opened = await openJournal({ dir, files: nodeFiles, snapshot: () => [] });
    expect(opened).toMatchObject({ ok: false, error: { code: 'journal-unusable' } });
    if (!opened.ok) expect(opened.error.message).toContain(dir);
  });
});

describeWith(['root'], 'the journal on a small disk that fills up', () => {
  it('fails its writers, says that the disk is full, and heals when there is space', async () => {
    await mkdir(dir, { recursive: true });
    await runOrThrow('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', dir]);
    try {
      let nowMs = 0;
      const monotonicMs = (): number => (nowMs += 10_000);
      const session = await openSession({ files: nodeFiles, dir, monotonicMs });
      await session.append();
      const filler = join(dir, 'filler');
      await writeFile(filler, Buffer.alloc(52 << 10));
      while (session.failures.length === 0 && session.state.length < 2000) await session.append();
      expect(session.failures[0]).toMatchObject({ code: 'journal-disk-full' });
      expect(session.failures[0]?.message).toContain('no space left on the device (ENOSPC)');
      const acknowledged = session.acknowledged();
      await writeFile(filler, '');
      expect(await session.append()).toBeNull();
      await session.opened.journal.close();
      const next = await openSession({ files: nodeFiles, dir });
      expect(next.opened.entries).toEqual(session.state);
      expect(next.opened.entries.length).toBeGreaterThan(acknowledged);
      await next.opened.journal.close();
    } finally {
      await runOrThrow('umount', [dir]);
    }
  });

  it('cannot be opened where it may not write', async () => {
    await mkdir(dir, { recursive: true });
    await chmod(dir, 0o500);
    await runOrThrow('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', dir]);
    try {
      const opened = await openJournal({ dir, files: nodeFiles, snapshot: () => [] });
      expect(opened).toMatchObject({ ok: false, error: { code: 'journal-write-failed' } });
      if (!opened.ok) expect(opened.error.message).toContain('read-only file system (EROFS)');
    } finally {
      await runOrThrow('umount', [dir]);
    }
  });
});
