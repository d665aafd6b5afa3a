// Real processes over real files, killed with SIGKILL at every change of the disk and at any moment
// in between; and real small disks that run out of pages and of names (R3, R7).
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../../core/base/random.ts';
import { nodeFiles } from '../../../core/io/node-files.ts';
import { startProcess } from '../../support/background-process.ts';
import { describeWith } from '../../support/requirements.ts';
import { runCommand, runOrThrow } from '../../support/run-command.ts';
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { bundleProgram } from './bundled.ts';
import { openSession } from './journal-session.ts';

let folder: TemporaryDirectory;
let program: string;
beforeAll(async () => {
  folder = await makeTemporaryDirectory('journal-killed');
  program = join(folder.path, 'dying-member.cjs');
  await bundleProgram(`import './dying-member.ts';`, program);
});
afterAll(() => folder.remove());

interface Life {
  readonly isDone: boolean;
  /** null: killed before it had read anything. */
  readonly found: { readonly count: number; readonly isComplete: boolean } | null;
  readonly findings: readonly string[];
  readonly acknowledged: number;
  readonly isDeclared: boolean;
}

function lifeOf(output: string): Life {
  const numbers = [...output.matchAll(/^acknowledged (\d+)$/gm)].map(([, number]) =>
    Number(number),
  );
  const found = /^found (\d+) (\w+) (\w+)$/m.exec(output);
  expect(output).not.toMatch(/^failed/m);
  expect(found?.[2] ?? 'true').toBe('true');
  return {
    isDone: output.endsWith('done\n'),
    found: found === null ? null : { count: Number(found[1]), isComplete: found[3] === 'true' },
    findings: [...output.matchAll(/^finding (.*)$/gm)].map(([, code]) => code ?? ''),
    acknowledged: Math.max(0, ...numbers),
    isDeclared: /^complete$/m.test(output),
  };
}

/** One state directory for all lives; each must find what those before it have acknowledged. */
function lineage(dir: string): { readonly add: (output: string) => Life } {
  let [acknowledged, isDeclared] = [0, false];
  return {
    add: (output) => {
      const life = lifeOf(output);
      if (life.found !== null) {
        expect(life.found.count, `found in ${dir}`).toBeGreaterThanOrEqual(acknowledged);
        if (isDeclared) expect(life.found.isComplete).toBe(true);
      }
      expect(life.findings).not.toContain('journal-corrupt');
      acknowledged = Math.max(acknowledged, life.acknowledged, life.found?.count ?? 0);
      isDeclared ||= life.isDeclared;
      return life;
    },
  };
}

const LIVES_MAX = 120;

describe('a member killed', () => {
  it.concurrent.each(['before', 'half', 'after'])(
    '%s every change of the disk loses nothing it acknowledged',
    async (when) => {
      const dir = join(folder.path, when);
      const lives = lineage(dir);
      let isDone = false;
      let killed = 0;
      for (let stopAt = 1; !isDone && stopAt < LIVES_MAX; stopAt += 1) {
        const { stdout, signal } = await runCommand(process.execPath, [
          program,
          dir,
          String(stopAt),
          when,
          '6',
        ]);
        isDone = lives.add(stdout).isDone;
        if (signal === 'SIGKILL') killed += 1;
      }
      expect(isDone).toBe(true);
      // Start, declaration, six rounds, snapshots among them.
      expect(killed).toBeGreaterThan(20);
      expect((await readdir(dir)).filter((name) => name.includes('corrupt'))).toEqual([]);
    },
    60_000,
  );

  it('at any moment loses nothing it acknowledged', async () => {
    const dir = join(folder.path, 'moments');
    const lives = lineage(dir);
    const random = seededRandom(7);
    for (let life = 0; life < 15; life += 1) {
      const member = await startProcess(process.execPath, [program, dir, '0', 'before', '1000000']);
      const wanted = Math.floor(random.next() * 60);
      await waitUntil(
        `${String(wanted)} acknowledgements`,
        () => member.output().split('\nacknowledged').length > wanted,
        { everyMs: 1 },
      );
      await member.kill();
      // The last line may be cut by the pipe.
      const output = member.output();
      expect(lives.add(output.slice(0, output.lastIndexOf('\n') + 1)).isDone).toBe(false);
    }
  }, 60_000);

  it('while it sets a damaged journal aside keeps it by name, and goes on abstaining', async () => {
    const damaged = Buffer.from('0badc0de 0 2 {}\nnothing of this is true\n');
    for (const when of ['before', 'after']) {
      for (let stopAt = 1; stopAt <= 6; stopAt += 1) {
        const dir = join(folder.path, `damaged-${when}-${String(stopAt)}`);
        await mkdir(dir, { recursive: true });
        await writeFile(join(dir, 'journal'), damaged);
        const run = await runCommand(process.execPath, [program, dir, String(stopAt), when]);
        expect(run.signal).toBe('SIGKILL');
        const session = await openSession({ files: nodeFiles, dir });
        expect(session.opened.isComplete).toBe(false);
        expect(session.opened.entries).toEqual([]);
        await session.opened.journal.close();
        const aside = (await readdir(dir)).filter((name) => name.includes('.corrupt-'));
        expect(aside).toHaveLength(1);
        expect(await readFile(join(dir, aside[0] ?? ''))).toEqual(damaged);
      }
    }
  }, 60_000);
});

describeWith(['linux', 'root'], 'a small disk', () => {
  const onDisk = async (options: string, test: (dir: string) => Promise<void>): Promise<void> => {
    const dir = join(folder.path, 'disk');
    await mkdir(dir, { recursive: true });
    await runOrThrow('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', dir]);
    try {
      await test(dir);
    } finally {
      await runOrThrow('umount', [dir]);
    }
  };

  it('that fills up at any page loses nothing acknowledged, and heals', async () => {
    for (let pages = 0; pages <= 13; pages += 1) {
      await onDisk('size=64k', async (dir) => {
        let nowMs = 0;
        const monotonicMs = (): number => (nowMs += 10_000);
        const options = { files: nodeFiles, dir, monotonicMs, maxBytes: 9000 };
        const session = await openSession(options);
        const filler = join(dir, 'filler');
        await writeFile(filler, Buffer.alloc(pages << 12));
        for (let count = 0; count < 400; count += 1) await session.append();
        for (const { code } of session.failures) expect(code).toBe('journal-disk-full');
        const acknowledged = session.acknowledged();
        await rm(filler);
        expect(await session.append()).toBeNull();
        await session.opened.journal.close();
        const next = await openSession(options);
        expect(next.opened.entries).toEqual(session.state);
        expect(next.opened.entries.length).toBeGreaterThan(acknowledged);
        await next.opened.journal.close();
      });
    }
  }, 60_000);

  it('without room for another name acknowledges nothing until there is', async () => {
    // One name is the folder's own, one is the journal's.
    await onDisk('size=64k,nr_inodes=3', async (dir) => {
      const first = await openSession({ files: nodeFiles, dir });
      expect(await first.append()).toBeNull();
      await first.opened.journal.close();
      const other = join(dir, 'other');
      await writeFile(other, '');
      let nowMs = 0;
      const monotonicMs = (): number => (nowMs += 10_000);
      const session = await openSession({ files: nodeFiles, dir, monotonicMs });
      expect(session.opened.findings.map(({ code }) => code)).toEqual(['journal-disk-full']);
      expect(session.opened.entries).toEqual(first.state);
      expect(await session.append()).toMatchObject({ code: 'journal-disk-full' });
      await rm(other);
      expect(await session.append()).toBeNull();
      await session.opened.journal.close();
      const next = await openSession({ files: nodeFiles, dir });
      expect(next.opened.entries).toEqual(session.state);
      await next.opened.journal.close();
    });
  });
});
