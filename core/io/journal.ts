/**
 * A member's durable memory (ticket-protocol R3, R7): a file of frames, written by group commit,
 * now and then replaced by a snapshot of what still matters.
 *
 * What was acknowledged is on disk. A file that failed a write or an fsync is never trusted again:
 * the system may have dropped the data and call the next fsync a success. Nothing is acknowledged
 * then until a snapshot is durable in a fresh file; later appends try that with growing pauses.
 */
import type { Problem } from '../base/problem.ts';
import { problem } from '../base/problem.ts';
import type { Journal, JournalEntry } from '../member/ports.ts';
import { errnoCode, errnoText } from './errno.ts';
import type { Files, WritableFile } from './files.ts';
import { encodeEntries, encodeHeader } from './journal-format.ts';

export interface JournalSettings {
  readonly files: Files;
  /** The state directory of this member. */
  readonly dir: string;
  /**
   * Entries that give the present state, every entry already handed to `append` included. Called
   * when the file is rewritten, never before the first append.
   */
  readonly snapshot: () => readonly JournalEntry[];
  /** The file is rewritten when it is longer than this, and than twice its last snapshot. */
  readonly maxBytes: number;
  /** For the pauses between attempts; any clock that does not step. */
  readonly monotonicMs: () => number;
}

export interface DurableJournal extends Journal {
  /**
   * Says that what may have been forgotten can no longer matter (R7: the longest promise is over).
   * Until this is durable, every later start abstains again.
   */
  readonly declareComplete: (done: (failure: Problem | null) => void) => void;
  /** Appends handed over before are finished; later ones fail. */
  readonly close: () => Promise<void>;
}

/** What openJournal has found and rewritten. */
export interface JournalStart {
  /** null: the disk was full; nothing is acknowledged before a rewrite succeeds. */
  readonly current: JournalFile | null;
  readonly isComplete: boolean;
}

export interface JournalFile {
  readonly file: WritableFile;
  readonly sizeBytes: number;
  /** Of the next frame. */
  readonly sequence: number;
  /** As the last rewrite left it. */
  readonly snapshotBytes: number;
}

interface Append {
  readonly entries: readonly JournalEntry[];
  readonly done: (failure: Problem | null) => void;
  readonly declaresComplete: boolean;
}

/** More than a member can have under way; only a disk that hangs lets it come to this. */
const MAX_WAITING = 65_536;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5000;

/** Where a member keeps its journal. */
export const journalPath = (dir: string): string => `${dir}/journal`;

/** Goes on with an opened file; appends are group-committed in the order they come. */
export function runJournal(settings: JournalSettings, start: JournalStart): DurableJournal {
  const store = journalStore(settings, start);
  let waiting: Append[] = [];
  let running: Promise<void> | null = null;
  let isClosed = false;
  /** Entries were refused that no file holds: the next frame must not stand in for them. */
  let hasGap = false;

  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      if (hasGap) await store.abandonFile();
      hasGap = false;
      // Everything that waits is in one frame, or in the snapshot that is taken next.
      const batch = waiting;
      waiting = [];
      const failure = await store.commit(batch);
      if (failure !== null) hasGap ||= batch.some(({ entries }) => entries.length > 0);
      for (const { done } of batch) done(failure);
    }
    running = null;
  };
  const refusal = (): Problem | null => {
    if (isClosed) return problem('journal-closed', 'the journal is closed: the member is stopping');
    if (waiting.length < MAX_WAITING) return null;
    hasGap = true;
    return problem('journal-stuck', `${waiting.length} writes wait for ${settings.dir}: it hangs`);
  };
  const enqueue = (append: Append): void => {
    const refused = refusal();
    if (refused !== null) {
      queueMicrotask(() => append.done(refused));
      return;
    }
    waiting.push(append);
    running ??= Promise.resolve().then(run);
  };
  return {
    append: (entries, done) => enqueue({ entries, done, declaresComplete: false }),
    declareComplete: (done) => enqueue({ entries: [], done, declaresComplete: true }),
    close: async () => {
      isClosed = true;
      await running;
      await store.close();
    },
  };
}

interface JournalStore {
  /** Makes a batch durable in one go; one at a time. */
  readonly commit: (batch: readonly Append[]) => Promise<Problem | null>;
  /** The next commit is a snapshot. */
  readonly abandonFile: () => Promise<void>;
  readonly close: () => Promise<void>;
}

function journalStore(settings: JournalSettings, start: JournalStart): JournalStore {
  let { current, isComplete } = start;
  const pause = growingPause(settings.monotonicMs);

  const rewrite = async (header: boolean): Promise<Problem | null> => {
    const old = current;
    const outcome = await writeFresh(settings, { isComplete: header }, settings.snapshot());
    if (outcome.kind === 'fresh') pause.reset();
    else pause.grow();
    if (outcome.kind === 'not-begun') return outcome.failure;
    current = outcome.kind === 'fresh' ? outcome.current : null;
    await closeQuietly(old?.file);
    if (outcome.kind === 'uncertain') return outcome.failure;
    isComplete = header;
    return null;
  };
  const append = async (to: JournalFile, batch: readonly Append[]): Promise<Problem | null> => {
    const frame = encodeEntries(
      to.sequence,
      batch.flatMap(({ entries }) => entries),
    );
    try {
      await to.file.append(frame);
      await to.file.sync();
      current = { ...to, sizeBytes: to.sizeBytes + frame.length, sequence: to.sequence + 1 };
      return null;
    } catch (thrown) {
      current = null;
      await closeQuietly(to.file);
      return writeProblem(settings.dir, thrown);
    }
  };
  const abandonFile = async (): Promise<void> => {
    await closeQuietly(current?.file);
    current = null;
  };
  return {
    abandonFile,
    close: abandonFile,
    commit: async (batch) => {
      const declares = batch.some(({ declaresComplete }) => declaresComplete);
      const isDue = current !== null && isGrown(current, settings.maxBytes);
      if (current === null && !pause.isOver()) return stillBroken(settings.dir);
      if (current === null || declares || (isDue && pause.isOver())) {
        const failure = await rewrite(isComplete || declares);
        // With the old file as good as before, only the wish to shorten it has failed.
        if (failure === null || declares || current === null) return failure;
      }
      return append(current, batch);
    },
  };
}

const isGrown = (file: JournalFile, maxBytes: number): boolean =>
  file.sizeBytes > Math.max(maxBytes, 2 * file.snapshotBytes);

export type FreshFile =
  | { readonly kind: 'fresh'; readonly current: JournalFile }
  /** The file in place is as it was. */
  | { readonly kind: 'not-begun'; readonly failure: Problem; readonly code: string }
  /** Either file may be the one found after a crash; both are true. */
  | { readonly kind: 'uncertain'; readonly failure: Problem; readonly code: string };

/** A new file with these entries, in place of the present one. */
export async function writeFresh(
  { files, dir }: Pick<JournalSettings, 'files' | 'dir'>,
  header: { readonly isComplete: boolean },
  entries: readonly JournalEntry[],
): Promise<FreshFile> {
  const temporary = `${journalPath(dir)}.new`;
  const bytes = Buffer.concat([encodeHeader(header), encodeEntries(1, entries)]);
  const fail = (thrown: unknown) => ({
    failure: writeProblem(dir, thrown),
    code: errnoCode(thrown),
  });
  let file: WritableFile | undefined;
  try {
    file = await files.create(temporary);
    await file.append(bytes);
    await file.sync();
  } catch (thrown) {
    await closeQuietly(file);
    await files.remove(temporary).catch(() => undefined);
    return { kind: 'not-begun', ...fail(thrown) };
  }
  try {
    await files.rename(temporary, journalPath(dir));
    await files.syncDirectory(dir);
  } catch (thrown) {
    await closeQuietly(file);
    return { kind: 'uncertain', ...fail(thrown) };
  }
  const sizeBytes = bytes.length;
  return { kind: 'fresh', current: { file, sizeBytes, sequence: 2, snapshotBytes: sizeBytes } };
}

/** A file that is given up: what its close says changes nothing any more. */
async function closeQuietly(file: WritableFile | undefined): Promise<void> {
  await file?.close().catch(() => undefined);
}

function growingPause(monotonicMs: () => number): {
  isOver: () => boolean;
  grow: () => void;
  reset: () => void;
} {
  let spanMs = 0;
  let endsAtMs = -Infinity;
  return {
    isOver: () => monotonicMs() >= endsAtMs,
    grow: () => {
      spanMs = Math.min(LONGEST_PAUSE_MS, Math.max(FIRST_PAUSE_MS, spanMs * 2));
      endsAtMs = monotonicMs() + spanMs;
    },
    reset: () => {
      spanMs = 0;
      endsAtMs = -Infinity;
    },
  };
}

/** Why the journal cannot be written, and what follows from that. */
export function writeProblem(dir: string, thrown: unknown): Problem {
  const isFull = ['ENOSPC', 'EDQUOT'].includes(errnoCode(thrown));
  return problem(
    isFull ? 'journal-disk-full' : 'journal-write-failed',
    `cannot write the journal in ${dir}: ${errnoText(thrown)}; until this member can, it neither ` +
      `votes nor renews: ${isFull ? 'free some space there' : 'look at that disk and its rights'}`,
  );
}

const stillBroken = (dir: string): Problem =>
  problem(
    'journal-write-failed',
    `the journal in ${dir} failed a moment ago and is tried again soon`,
  );
