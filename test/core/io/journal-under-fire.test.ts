// The journal on files that are cut, flipped, full, failing, killed and unplugged, everywhere and in
// any mix (R3, R7). What is looked at is the next start; journal-killed.test.ts has real processes.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../core/base/random.ts';
import type { Files } from '../../../core/io/files.ts';
import { openJournal } from '../../../core/io/open-journal.ts';
import { asideIn, liveOn, noPast, workIn, type LifeOptions, type Past } from './journal-life.ts';
import { openSession, settle, type Session } from './journal-session.ts';
import { failure, memoryFiles, type FileOperation, type MemoryFiles } from './memory-files.ts';

const PATH = '/state/journal';
const ASIDE = `${PATH}.corrupt-1700000000000`;

const codesOf = (session: Session): string[] => session.opened.findings.map(({ code }) => code);

/** Eight acknowledged entries, two of them behind a snapshot, declared complete and closed. */
const lived = async (): Promise<MemoryFiles> => {
  const files = memoryFiles();
  const session = await openSession({ files });
  for (let count = 0; count < 6; count += 1) await session.append();
  await new Promise((done) => session.opened.journal.declareComplete(done));
  for (let count = 0; count < 2; count += 1) await session.append();
  await session.opened.journal.close();
  return files.loseProcess();
};

const livedPast: Past = { ...noPast, acknowledged: 8, written: 8, completeness: 'yes' };

const bytesOf = (files: MemoryFiles, path = PATH): Uint8Array =>
  files.content(path) ?? new Uint8Array(0);

const isPrefix = (some: readonly unknown[], all: readonly unknown[]): boolean =>
  JSON.stringify(all.slice(0, some.length)) === JSON.stringify(some);

/** Such a member says so, keeps what it found by name, and abstains until it declares otherwise. */
const expectSetAside = async (files: MemoryFiles, damaged: Uint8Array): Promise<Session> => {
  const session = await openSession({ files });
  expect(codesOf(session)).toEqual(['journal-corrupt']);
  expect(session.opened.findings[0]?.message).toContain(ASIDE);
  expect(session.opened.findings[0]?.message).toMatch(
    /abstains until nothing it may have promised/,
  );
  expect(session.opened.isComplete).toBe(false);
  expect(Buffer.compare(bytesOf(files, ASIDE), damaged)).toBe(0);
  return session;
};

describe('a journal cut at any byte', () => {
  it('gives its whole frames; without its header it is set aside', async () => {
    const good = bytesOf(await lived());
    const all = (await openSession({ files: await lived() })).opened.entries;
    const headerBytes = good.indexOf(10) + 1;
    for (let size = 0; size < good.length; size += 1) {
      const files = await lived();
      files.damage(PATH, (bytes) => bytes.slice(0, size));
      const cut = good.slice(0, size);
      const session =
        size < headerBytes ? await expectSetAside(files, cut) : await openSession({ files });
      const frames = cut.filter((byte) => byte === 10).length;
      const { entries, isComplete } = session.opened;
      // The header, the snapshot's six entries in one frame, then two frames of one.
      expect({ size, count: entries.length }).toEqual({ size, count: [0, 0, 6, 7][frames] });
      expect(isPrefix(entries, all)).toBe(true);
      expect({ size, isComplete }).toEqual({ size, isComplete: size >= headerBytes });
      expect(await session.append()).toBeNull();
      const next = await openSession({ files: files.losePower(seededRandom(size)) });
      expect(next.opened.entries).toEqual(session.state);
      expect(next.opened.isComplete).toBe(isComplete);
    }
  });
});

describe('a journal with any bit flipped', () => {
  it('is set aside whole, under a name of its own, and its member abstains', async () => {
    const good = bytesOf(await lived());
    const all = (await openSession({ files: await lived() })).opened.entries;
    for (let bit = 0; bit < good.length * 8; bit += 1) {
      const damaged = good.with(bit >> 3, (good[bit >> 3] ?? 0) ^ (1 << (bit & 7)));
      const files = memoryFiles();
      await (await files.create(PATH)).append(damaged);
      const session = await expectSetAside(files, damaged);
      if (!isPrefix(session.opened.entries, all)) expect({ bit }).toBe('believed something else');
    }
  });

  it('abstains at every start until it has declared itself complete', async () => {
    const files = await lived();
    files.damage(PATH, (bytes) => bytes.with(100, 0));
    const first = await openSession({ files });
    await first.append();
    const second = await openSession({ files: files.losePower(seededRandom(1)) });
    expect(second.opened.isComplete).toBe(false);
    files.onOperation = (operation) => {
      if (operation === 'sync') throw failure('EIO');
    };
    const failed = await new Promise((done) => first.opened.journal.declareComplete(done));
    expect(failed).not.toBeNull();
    expect((await openSession({ files: files.loseProcess() })).opened.isComplete).toBe(false);
  });

  it('keeps what was set aside, wherever the next start is killed or power fails', async () => {
    const random = seededRandom(3);
    for (let stopAt = 1; stopAt <= 9; stopAt += 1) {
      const files = await lived();
      files.damage(PATH, (bytes) => bytes.with(bytes.length >> 1, 0x58));
      const damaged = Buffer.from(bytesOf(files)).toString('latin1');
      files.stopAt = stopAt;
      void openSession({ files });
      await settle();
      const nexts = Array.from({ length: 10 }, () => files.losePower(random));
      for (const next of [files.loseProcess(), ...nexts]) {
        const { isComplete } = (await openSession({ files: next })).opened;
        expect({ stopAt, isComplete }).toEqual({ stopAt, isComplete: false });
        expect([...asideIn(next).values()]).toEqual([damaged]);
      }
    }
  });

  it('is where it was when it cannot be set aside, and the member does not start', async () => {
    for (const at of ['rename', 'syncDirectory'] as const) {
      const files = await lived();
      files.damage(PATH, (bytes) => bytes.with(100, 0));
      const damaged = Buffer.from(bytesOf(files)).toString('latin1');
      let left = 1;
      files.onOperation = (operation) => {
        if (operation === at && left-- > 0) throw failure('EIO');
      };
      const opened = await openJournal({ dir: '/state', files, snapshot: () => [] });
      expect(opened).toMatchObject({ ok: false, error: { code: 'journal-unusable' } });
      const next = files.loseProcess();
      const again = await openSession({ files: next });
      expect(again.opened.isComplete).toBe(false);
      expect([...asideIn(next).values()]).toEqual([damaged]);
    }
  });
});

describe('a disk that is full at any byte', () => {
  it('loses nothing acknowledged, says so, and heals when there is room', async () => {
    const most = 2 * bytesOf(await lived()).length + 200;
    let refusals = 0;
    for (let room = 0; room <= most; room += 1) {
      const files = await lived();
      files.capacityBytes = room;
      let nowMs = 0;
      const monotonicMs = (): number => nowMs;
      const life = await liveOn(files, livedPast, { monotonicMs });
      for (let count = 0; count < 5; count += 1) {
        nowMs += 1000;
        const failed = (await life.session?.append()) ?? null;
        if (failed !== null) expect(failed.code).toBe('journal-disk-full');
        if (failed !== null) refusals += 1;
      }
      const past = life.past();
      await liveOn(files.losePower(seededRandom(room)), past);
      await liveOn(files.loseProcess(), past);
      files.capacityBytes = Infinity;
      nowMs += 10_000;
      expect(await life.session?.append()).toBeNull();
      expect(life.past().acknowledged).toBe(14);
      await liveOn(files.losePower(seededRandom(room)), life.past());
    }
    expect(refusals).toBeGreaterThan(500);
  });
});

/** Makes the operations with these numbers fail, before they happen or although they have. */
const failAt = (files: MemoryFiles, numbers: readonly number[], has: 'not' | 'yet'): void => {
  const fail = (_operation: FileOperation, count: number): void => {
    if (numbers.includes(count)) throw failure(count % 2 === 0 ? 'EIO' : 'ENOSPC');
  };
  if (has === 'not') files.onOperation = fail;
  else files.onOutcome = fail;
};

describe('an operation that fails, whichever it is', () => {
  /** Works on, heals, and is looked at after each way to go down. */
  const survive = async (numbers: readonly number[], has: 'not' | 'yet'): Promise<number> => {
    const files = await lived();
    failAt(files, numbers, has);
    let nowMs = 0;
    const options = { maxBytes: 700, monotonicMs: () => (nowMs += 50) };
    const life = await liveOn(files, livedPast, options);
    await workIn(life.session);
    const past = life.past();
    await liveOn(files.losePower(seededRandom(numbers[0] ?? 0)), past);
    await liveOn(files.loseProcess(), past);
    [files.onOperation, files.onOutcome, nowMs] = [() => undefined, () => undefined, 1e6];
    if (life.session !== null) expect(await life.session.append()).toBeNull();
    await liveOn(files.losePower(seededRandom(nowMs)), life.past());
    return files.operations();
  };

  it('loses nothing acknowledged, with one failure', async () => {
    const count = await survive([], 'not');
    expect(count).toBeGreaterThan(25);
    for (let number = 1; number <= count; number += 1) {
      await survive([number], 'not');
      await survive([number], 'yet');
    }
  });

  it('loses nothing acknowledged, with any two failures', async () => {
    const count = await survive([], 'not');
    for (let first = 1; first <= count; first += 1) {
      for (let second = first + 1; second <= first + 8; second += 1) {
        await survive([first, second], 'not');
        await survive([first, second], 'yet');
      }
    }
  });

  it('loses nothing acknowledged, and is killed a little later', async () => {
    for (let number = 1; number <= 30; number += 1) {
      for (const has of ['not', 'yet'] as const) {
        for (let later = 1; later <= 6; later += 1) {
          const files = await lived();
          failAt(files, [number], has);
          files.stopAt = number + later;
          const life = await liveOn(files, livedPast, { maxBytes: 700 });
          await workIn(life.session);
          await liveOn(files.loseProcess(), life.past());
          await liveOn(files.losePower(seededRandom(number * later)), life.past());
        }
      }
    }
  });
});

describe('entries that were refused', () => {
  it('with a declaration on a full disk are in the file before anything later', async () => {
    const files = await lived();
    let nowMs = 0;
    const session = await openSession({ files, monotonicMs: () => nowMs });
    files.capacityBytes = bytesOf(files).length;
    const refused = [session.append(), session.append()];
    session.opened.journal.declareComplete(() => undefined);
    for (const each of refused) expect(await each).toMatchObject({ code: 'journal-disk-full' });
    files.capacityBytes = Infinity;
    nowMs += 10_000;
    expect(await session.append()).toBeNull();
    const next = await openSession({ files: files.losePower(seededRandom(1)) });
    expect(next.opened.entries).toEqual(session.state);
  });

  it('because the disk hangs are in the file before anything later', async () => {
    const files = await lived();
    const hang: { over: Promise<void>; end: () => void } = { over: Promise.resolve(), end: String };
    const slowFiles: Files = {
      ...files,
      create: async (path) => {
        const file = await files.create(path);
        return { ...file, sync: () => hang.over.then(file.sync) };
      },
    };
    const session = await openSession({ files: slowFiles });
    hang.over = new Promise((resolve) => (hang.end = resolve));
    const first = session.append();
    await settle();
    const appends = Array.from({ length: 65_540 }, () => session.append());
    expect(await appends.at(-1)).toMatchObject({ code: 'journal-stuck' });
    hang.end();
    expect(await first).toBeNull();
    await Promise.all(appends);
    expect(await session.append()).toBeNull();
    const next = await openSession({ files: files.losePower(seededRandom(1)) });
    expect(next.opened.entries.length).toBe(session.state.length);
  });
});

const operations = ['create', 'append', 'sync', 'rename', 'remove', 'syncDirectory'] as const;

/** What happens to a life. */
type Strike =
  | { readonly kind: 'append'; readonly count: number }
  | {
      readonly kind: 'fail';
      readonly at: FileOperation;
      readonly code: string;
      readonly has: 'not' | 'yet';
    }
  | { readonly kind: 'fill'; readonly spareBytes: number }
  | { readonly kind: 'free' }
  | { readonly kind: 'declare' }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'stop'; readonly after: number };

type Ending =
  | { readonly kind: 'killed' }
  | { readonly kind: 'power'; readonly seed: number }
  | { readonly kind: 'flipped'; readonly seed: number };

const strike: fc.Arbitrary<Strike> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('append'), count: fc.nat(4) }) },
  fc.record({
    kind: fc.constant('fail'),
    at: fc.constantFrom(...operations),
    code: fc.constantFrom('EIO', 'ENOSPC', 'EMFILE', 'EROFS'),
    has: fc.constantFrom('not', 'yet'),
  }),
  fc.record({ kind: fc.constant('fill'), spareBytes: fc.nat(300) }),
  fc.record({ kind: fc.constant('free') }),
  fc.record({ kind: fc.constant('declare') }),
  fc.record({ kind: fc.constant('wait'), ms: fc.nat(8000) }),
  fc.record({ kind: fc.constant('stop'), after: fc.nat(12) }),
);

const ending: fc.Arbitrary<Ending> = fc.oneof(
  fc.record({ kind: fc.constant('killed') }),
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('power'), seed: fc.nat() }) },
  fc.record({ kind: fc.constant('flipped'), seed: fc.nat() }),
);

const story = fc.array(
  fc.record({
    strikes: fc.array(strike, { maxLength: 14 }),
    ending,
    maxBytes: fc.constantFrom(300, 700, 4 << 20),
    /** Frames of more than a sector have holes in the middle. */
    padding: fc.constantFrom(0, 0, 700),
  }),
  { minLength: 1, maxLength: 6 },
);

/** A life under its strikes; returns what it leaves to the next one. */
const endure = async (
  files: MemoryFiles,
  past: Past,
  {
    strikes,
    ...options
  }: Required<Pick<LifeOptions, 'maxBytes' | 'padding'>> & {
    readonly strikes: readonly Strike[];
  },
): Promise<Past> => {
  let nowMs = 0;
  const life = await liveOn(files, past, { ...options, monotonicMs: () => nowMs });
  for (const one of strikes) {
    switch (one.kind) {
      case 'append':
        for (let count = 0; count < one.count; count += 1) void life.session?.append();
        break;
      case 'fail': {
        let left = 1;
        const hook = one.has === 'not' ? 'onOperation' : 'onOutcome';
        files[hook] = (operation) => {
          if (operation === one.at && left-- > 0) throw failure(one.code);
        };
        break;
      }
      case 'fill':
        files.capacityBytes = bytesOf(files).length + one.spareBytes;
        break;
      case 'free':
        files.capacityBytes = Infinity;
        break;
      case 'declare':
        life.declare();
        break;
      case 'wait':
        nowMs += one.ms;
        break;
      case 'stop':
        files.stopAt = files.operations() + one.after;
        break;
    }
    if (one.kind !== 'append' || one.count % 2 === 0) await settle();
  }
  await settle();
  return life.past();
};

/** The disk as the next life finds it; after a flipped bit, with what that life must then do. */
const goDown = async (
  files: MemoryFiles,
  past: Past,
  how: Ending,
): Promise<{ readonly files: MemoryFiles; readonly past: Past }> => {
  if (how.kind === 'killed') return { files: files.loseProcess(), past };
  const random = seededRandom(how.seed);
  if (how.kind === 'power') return { files: files.losePower(random), past };
  const next = files.loseProcess();
  const size = bytesOf(next).length;
  if (size === 0) return { files: next, past };
  const bit = Math.floor(random.next() * size * 8);
  next.damage(PATH, (bytes) => bytes.with(bit >> 3, (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))));
  const damaged = Buffer.from(bytesOf(next)).toString('latin1');
  const session = await openSession({ files: next });
  const { entries, isComplete } = session.opened;
  await session.opened.journal.close();
  expect(entries.map(({ number }) => number)).toEqual([...entries.keys()]);
  const isSetAside = codesOf(session).includes('journal-corrupt');
  expect([...asideIn(next).values()].includes(damaged)).toBe(isSetAside);
  // Only in what was torn anyway may a flipped bit pass unnoticed.
  if (isSetAside) expect(isComplete).toBe(false);
  else expect(entries.length).toBeGreaterThanOrEqual(past.acknowledged);
  const found = { acknowledged: entries.length, written: entries.length };
  const completeness = isComplete ? 'yes' : 'no';
  return { files: next, past: { ...past, ...found, completeness, aside: asideIn(next) } };
};

describe('any life of any member', () => {
  it('loses nothing acknowledged, believes nothing torn, knows when it has forgotten', async () => {
    let [setAside, kept] = [0, 0];
    await fc.assert(
      fc.asyncProperty(story, async (lives) => {
        let files = memoryFiles();
        let past = noPast;
        for (const life of lives) {
          const asideBefore = past.aside;
          past = await endure(files, past, life);
          for (const [name, content] of asideBefore) expect(past.aside.get(name)).toBe(content);
          ({ files, past } = await goDown(files, past, life.ending));
        }
        setAside += past.aside.size;
        kept += past.acknowledged;
      }),
      { numRuns: 1500 },
    );
    expect(setAside).toBeGreaterThan(100);
    expect(kept).toBeGreaterThan(1000);
  });
});
