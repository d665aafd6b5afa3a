import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Problem } from '../../../core/base/problem.ts';
import { seededRandom } from '../../../core/base/random.ts';
import { readJournal, encodeEntries, encodeHeader } from '../../../core/io/journal-format.ts';
import { openJournal } from '../../../core/io/open-journal.ts';
import { failure, memoryFiles, type MemoryFiles } from './memory-files.ts';
import { openSession, settle, type Session } from './journal-session.ts';

const PATH = '/state/journal';

const codesOf = (session: Session): string[] => session.opened.findings.map(({ code }) => code);

/** Ten acknowledged entries in one file, closed in order. */
const tenEntries = async (): Promise<MemoryFiles> => {
  const files = memoryFiles();
  const session = await openSession({ files });
  for (let count = 0; count < 10; count += 1) await session.append();
  await new Promise((done) => session.opened.journal.declareComplete(done));
  for (let count = 0; count < 10; count += 1) await session.append();
  await session.opened.journal.close();
  return files;
};

describe('the journal', () => {
  it('starts incomplete where there is none, until somebody declares it complete', async () => {
    const files = memoryFiles();
    const first = await openSession({ files });
    expect(first.opened).toMatchObject({ entries: [], isComplete: false });
    expect(codesOf(first)).toEqual(['journal-new']);
    await first.append();
    const second = await openSession({ files });
    expect(second.opened.isComplete).toBe(false);
    expect(second.opened.findings).toEqual([]);
    await new Promise((done) => second.opened.journal.declareComplete(done));
    const third = await openSession({ files });
    expect(third.opened.isComplete).toBe(true);
    expect(third.opened.entries).toEqual(first.state);
  });

  it('gives back what was appended, in order, over many starts', async () => {
    const files = memoryFiles();
    let previous: readonly unknown[] = [];
    for (let start = 0; start < 5; start += 1) {
      const session = await openSession({ files });
      expect(session.opened.entries).toEqual(previous);
      await Promise.all(Array.from({ length: 7 }, () => session.append()));
      await session.opened.journal.close();
      previous = session.state;
    }
    expect(previous).toHaveLength(35);
  });

  it('never calls back inside append, and acknowledges in order', async () => {
    const session = await openSession({ files: memoryFiles() });
    const order: number[] = [];
    for (let number = 0; number < 5; number += 1) {
      session.opened.journal.append([{ number }], () => order.push(number));
    }
    expect(order).toEqual([]);
    await settle();
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });

  it('shares one fsync between all appends that came during the one before', async () => {
    const files = memoryFiles();
    const session = await openSession({ files });
    const before = files.operations();
    await Promise.all(Array.from({ length: 1000 }, () => session.append()));
    expect(session.acknowledged()).toBe(1000);
    expect(files.operations() - before).toBe(2);
  });

  it('acknowledges nothing before the fsync', async () => {
    const files = memoryFiles();
    const session = await openSession({ files });
    let acknowledgedAtSync = -1;
    files.onOperation = (operation) => {
      if (operation === 'sync') acknowledgedAtSync = session.acknowledged();
    };
    await session.append();
    expect(acknowledgedAtSync).toBe(0);
    expect(session.acknowledged()).toBe(1);
  });

  it('replaces a file that has grown by a snapshot', async () => {
    const files = memoryFiles();
    const state = [{ only: 'this matters' }];
    const opened = await openJournal({
      dir: '/state',
      files,
      snapshot: () => state,
      maxBytes: 2000,
    });
    if (!opened.ok) throw new Error(opened.error.message);
    let longest = 0;
    for (let count = 0; count < 500; count += 1) {
      const failed = await new Promise((done) => opened.value.journal.append([{ count }], done));
      expect(failed).toBeNull();
      longest = Math.max(longest, files.content(PATH)?.length ?? 0);
    }
    expect(longest).toBeLessThan(2100);
    expect(longest).toBeGreaterThan(1900);
    expect(files.names()).toEqual([PATH]);
    expect((await openSession({ files })).opened.entries[0]).toEqual({ only: 'this matters' });
  });

  it('refuses appends after it was closed', async () => {
    const session = await openSession({ files: memoryFiles() });
    await session.opened.journal.close();
    expect(await session.append()).toMatchObject({ code: 'journal-closed' });
  });
});

describe('a damaged journal', () => {
  it('whose last frame is torn loses that frame only', async () => {
    const files = await tenEntries();
    files.damage(PATH, (bytes) => bytes.slice(0, -5));
    const session = await openSession({ files });
    expect(session.opened.entries).toHaveLength(19);
    expect(session.opened.isComplete).toBe(true);
    expect(codesOf(session)).toEqual(['journal-torn']);
    await session.append();
    expect((await openSession({ files })).opened.entries).toHaveLength(20);
  });

  it('is set aside under another name when a frame in the middle is wrong', async () => {
    const files = await tenEntries();
    files.damage(PATH, (bytes) => bytes.with(bytes.length >> 1, 0x58));
    const damaged = files.content(PATH);
    const session = await openSession({ files });
    expect(session.opened.isComplete).toBe(false);
    expect(session.opened.entries.length).toBeLessThan(20);
    expect(codesOf(session)).toEqual(['journal-corrupt']);
    expect(session.opened.findings[0]?.message).toContain('corrupt-1700000000000');
    expect(files.content(`${PATH}.corrupt-1700000000000`)).toEqual(damaged);
    expect((await openSession({ files })).opened.isComplete).toBe(false);
  });

  it('does not overwrite one that was set aside before', async () => {
    const files = memoryFiles();
    for (let count = 0; count < 3; count += 1) {
      await openSession({ files });
      files.damage(PATH, () => Uint8Array.of(0x30 + count));
    }
    await openSession({ files });
    const aside = files.names().filter((name) => name.includes('corrupt'));
    expect(aside.map((name) => files.content(name)?.[0])).toEqual([0x30, 0x31, 0x32]);
  });

  it.each([
    ['is empty', () => new Uint8Array(0)],
    ['has lost its header', (bytes: Uint8Array) => bytes.slice(bytes.indexOf(10) + 1)],
    ['has only a part of its header', (bytes: Uint8Array) => bytes.slice(0, 20)],
    ['is of another version', () => new TextEncoder().encode('geobooth 9\n')],
    ['has a frame twice', (bytes: Uint8Array) => twice(bytes)],
  ])('that %s does not count as complete', async (_name, damage) => {
    const files = await tenEntries();
    files.damage(PATH, damage);
    const session = await openSession({ files });
    expect(session.opened.isComplete).toBe(false);
    expect(codesOf(session)).toEqual(['journal-corrupt']);
  });

  it('with any one bit flipped never gives wrong entries, nor fewer without saying so', async () => {
    const files = await tenEntries();
    const good = files.content(PATH) ?? new Uint8Array(0);
    const all = readJournal(good).entries;
    for (let bit = 0; bit < good.length * 8; bit += 1) {
      const bytes = good.with(bit >> 3, (good[bit >> 3] ?? 0) ^ (1 << (bit & 7)));
      const { entries, end } = readJournal(bytes);
      if (end.kind !== 'corrupt') expect({ bit, end: end.kind }).toEqual({ bit, end: 'corrupt' });
      if (!isPrefix(entries, all)) expect(entries).toEqual(all.slice(0, entries.length));
    }
  });

  it('is read without a throw whatever its bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, hasHeader) => {
        const start = hasHeader ? encodeHeader({ isComplete: true }) : new Uint8Array(0);
        const { end, entries } = readJournal(Buffer.concat([start, bytes]));
        expect(entries).toEqual([]);
        expect(['whole', 'torn', 'corrupt']).toContain(end.kind);
      }),
    );
  });
});

const twice = (bytes: Uint8Array): Uint8Array => {
  const lastFrameAt = bytes.lastIndexOf(10, bytes.length - 2) + 1;
  return Buffer.concat([bytes, bytes.subarray(lastFrameAt)]);
};

const isPrefix = (some: readonly unknown[], all: readonly unknown[]): boolean =>
  JSON.stringify(all.slice(0, some.length)) === JSON.stringify(some);

describe('whatever prefix of the file survives', () => {
  it('gives a prefix of the entries', () => {
    const value = fc.dictionary(fc.string(), fc.jsonValue() as fc.Arbitrary<null>);
    const batches = fc.array(fc.array(value, { minLength: 1, maxLength: 3 }), { maxLength: 6 });
    fc.assert(
      fc.property(batches, fc.double({ min: 0, max: 1, noNaN: true }), (frames, part) => {
        const bytes = Buffer.concat([
          encodeHeader({ isComplete: true }),
          ...frames.map((entries, index) => encodeEntries(index + 1, entries)),
        ]);
        const all: unknown[] = JSON.parse(JSON.stringify(frames.flat()));
        const kept = readJournal(bytes.subarray(0, Math.floor(bytes.length * part)));
        expect(isPrefix(kept.entries, all)).toBe(true);
        const hasHeader = Math.floor(bytes.length * part) > bytes.indexOf(10);
        expect(kept.end.kind === 'corrupt').toBe(!hasHeader);
        expect(readJournal(bytes)).toMatchObject({ end: { kind: 'whole' } });
        expect(readJournal(bytes).entries).toHaveLength(all.length);
      }),
    );
  });
});

/**
 * Opens, then appends in rounds with a file so small that snapshots are taken on the way. Returns
 * the session, or null when the files stopped before it was open.
 */
const work = async (files: MemoryFiles): Promise<Session | null> => {
  const sessions: Session[] = [];
  void openSession({ files, maxBytes: 700 }).then((session) => sessions.push(session));
  await settle();
  for (let round = 0; round < 12; round += 1) {
    for (let count = 0; count <= round % 3; count += 1) void sessions[0]?.append();
    await settle();
  }
  return sessions[0] ?? null;
};

/** An earlier life, complete and closed, so that there is something to lose at start too. */
const livedBefore = async (): Promise<MemoryFiles> => {
  const files = memoryFiles();
  const session = await openSession({ files });
  for (let count = 0; count < 5; count += 1) await session.append();
  await new Promise((done) => session.opened.journal.declareComplete(done));
  await session.opened.journal.close();
  return files.loseProcess();
};

describe('a member that dies at any file operation', () => {
  it('loses nothing that was acknowledged, with and without a power failure', async () => {
    const undisturbed = await livedBefore();
    const whole = await work(undisturbed);
    expect(whole?.acknowledged()).toBe(5 + 24);
    const random = seededRandom(1);
    let deaths = 0;
    for (let stopAt = 1; stopAt <= undisturbed.operations() + 1; stopAt += 1) {
      const files = await livedBefore();
      files.stopAt = stopAt;
      const session = await work(files);
      const acknowledged = session?.acknowledged() ?? 5;
      const nextLives = Array.from({ length: 10 }, () => files.losePower(random));
      for (const next of [files.loseProcess(), ...nextLives]) {
        const { isComplete, entries } = (await openSession({ files: next })).opened;
        expect({ stopAt, isComplete }).toEqual({ stopAt, isComplete: true });
        expect(entries.length).toBeGreaterThanOrEqual(acknowledged);
        expect(entries.map(({ number }) => number)).toEqual([...entries.keys()]);
        deaths += 1;
      }
    }
    expect(deaths).toBeGreaterThan(300);
  });

  it('at its very first start comes up incomplete, or declared complete, never in between', async () => {
    for (let stopAt = 1; stopAt <= 12; stopAt += 1) {
      const files = memoryFiles();
      files.stopAt = stopAt;
      const declared: (Problem | null)[] = [];
      void openSession({ files }).then(({ opened }) =>
        opened.journal.declareComplete((failed) => declared.push(failed)),
      );
      await settle();
      const { isComplete } = (await openSession({ files: files.losePower(seededRandom(stopAt)) }))
        .opened;
      if (declared[0] === null) expect(isComplete).toBe(true);
      if (stopAt <= 6) expect(isComplete).toBe(false);
    }
  });
});

describe('a disk that fails', () => {
  const failing = (files: MemoryFiles, operation: string, code: string, times: number): void => {
    let left = times;
    files.onOperation = (begun) => {
      if (begun !== operation || left === 0) return;
      left -= 1;
      throw failure(code);
    };
  };

  it.each([
    ['append', 'ENOSPC', 'journal-disk-full'],
    ['append', 'EIO', 'journal-write-failed'],
    ['sync', 'EIO', 'journal-write-failed'],
  ])(
    'in %s with %s fails the whole batch, and a fresh file heals it',
    async (at, code, problem) => {
      const files = memoryFiles();
      const session = await openSession({ files });
      await session.append();
      failing(files, at, code, 1);
      const failed = await Promise.all([session.append(), session.append()]);
      expect(failed.map((each) => each?.code)).toEqual([problem, problem]);
      expect(failed[0]?.message).toContain('/state');
      const created: string[] = [];
      files.onOperation = (operation) => created.push(operation);
      expect(await session.append()).toBeNull();
      expect(created).toEqual(['create', 'append', 'sync', 'rename', 'syncDirectory']);
      expect((await openSession({ files: files.losePower(seededRandom(7)) })).state).toEqual(
        session.state,
      );
    },
  );

  it.each(['rename', 'syncDirectory'])(
    'in %s is not trusted until a rewrite succeeds',
    async (at) => {
      const files = memoryFiles();
      let nowMs = 0;
      const session = await openSession({ files, monotonicMs: () => nowMs });
      await session.append();
      failing(files, 'sync', 'EIO', 1);
      await session.append();
      failing(files, at, 'EIO', 1);
      expect(await session.append()).toMatchObject({ code: 'journal-write-failed' });
      nowMs += 1000;
      expect(await session.append()).toBeNull();
      expect((await openSession({ files: files.losePower(seededRandom(3)) })).state).toEqual(
        session.state,
      );
    },
  );

  it('is tried again with growing pauses only', async () => {
    const files = memoryFiles();
    let nowMs = 0;
    const session = await openSession({ files, monotonicMs: () => nowMs });
    let attempts = 0;
    files.onOperation = (operation) => {
      if (operation === 'append' || operation === 'create') attempts += 1;
      if (operation === 'append') throw failure('EIO');
      if (operation === 'create') throw failure('EIO');
    };
    for (; nowMs < 60_000; nowMs += 10) expect(await session.append()).not.toBeNull();
    expect(attempts).toBeGreaterThan(12);
    expect(attempts).toBeLessThan(22);
  });

  it('that is full heals by itself when there is space again, nothing acknowledged in between', async () => {
    const files = memoryFiles();
    let nowMs = 0;
    const session = await openSession({ files, monotonicMs: () => nowMs });
    await session.append();
    files.capacityBytes = (files.content(PATH)?.length ?? 0) + 10;
    for (let count = 0; count < 20; count += 1) {
      nowMs += 1000;
      expect(await session.append()).not.toBeNull();
      expect(session.acknowledged()).toBe(1);
    }
    expect(files.names()).toEqual([PATH]);
    files.capacityBytes = 1 << 20;
    nowMs += 10_000;
    expect(await session.append()).toBeNull();
    expect(session.acknowledged()).toBe(session.state.length);
  });

  it('that is full at start lets the member start, but acknowledge nothing', async () => {
    const files = await tenEntries();
    files.capacityBytes = 0;
    let nowMs = 0;
    const session = await openSession({ files, monotonicMs: () => nowMs });
    expect(session.opened).toMatchObject({ isComplete: true });
    expect(session.opened.entries).toHaveLength(20);
    expect(codesOf(session)).toEqual(['journal-disk-full']);
    expect(await session.append()).toMatchObject({ code: 'journal-disk-full' });
    files.capacityBytes = 1 << 20;
    nowMs += 1000;
    expect(await session.append()).toBeNull();
    expect((await openSession({ files })).opened.entries).toHaveLength(22);
  });

  it('that cannot take a snapshot goes on with the file it has', async () => {
    const files = memoryFiles();
    const session = await openSession({ files, maxBytes: 500 });
    failing(files, 'create', 'EMFILE', 1000);
    for (let count = 0; count < 50; count += 1) expect(await session.append()).toBeNull();
    expect((await openSession({ files: files.losePower(seededRandom(5)) })).state).toEqual(
      session.state,
    );
  });

  it('that cannot be written at start is one problem, not a member without memory', async () => {
    const files = memoryFiles();
    failing(files, 'create', 'EROFS', 1);
    const opened = await openJournal({ dir: '/state', files, snapshot: () => [] });
    expect(opened).toMatchObject({ ok: false, error: { code: 'journal-write-failed' } });
  });
});
