// A journal under test with the entries handed to it and the ones it acknowledged.
import type { Problem } from '../../../core/base/problem.ts';
import { openJournal, type OpenedJournal } from '../../../core/io/open-journal.ts';
import type { Files } from '../../../core/io/files.ts';
import type { JournalEntry } from '../../../core/member/ports.ts';

export interface Session {
  readonly opened: OpenedJournal;
  /** Everything the member knows: what was read, then what was appended. */
  readonly state: JournalEntry[];
  /** How many entries of `state` are acknowledged. */
  readonly acknowledged: () => number;
  readonly failures: Problem[];
  /** Appends one entry holding the next number. */
  readonly append: () => Promise<Problem | null>;
}

export interface SessionOptions {
  readonly files: Files;
  readonly dir?: string;
  readonly maxBytes?: number;
  readonly monotonicMs?: () => number;
  /** Characters more in each entry; default 0. */
  readonly padding?: number;
}

export const openSession = async ({
  files,
  dir = '/state',
  padding = 0,
  ...options
}: SessionOptions): Promise<Session> => {
  const state: JournalEntry[] = [];
  const opened = await openJournal({
    dir,
    files,
    snapshot: () => state,
    epochMs: () => 1_700_000_000_000,
    ...options,
  });
  if (!opened.ok) throw new Error(opened.error.message);
  state.push(...opened.value.entries);
  const failures: Problem[] = [];
  let acknowledged = state.length;
  return {
    opened: opened.value,
    state,
    failures,
    acknowledged: () => acknowledged,
    append: () => {
      const entry = {
        number: state.length,
        text: `é "line"\n${'x'.repeat((state.length % 7) + padding)}`,
      };
      state.push(entry);
      const size = state.length;
      return new Promise((resolve) => {
        opened.value.journal.append([entry], (failed) => {
          if (failed === null) acknowledged = Math.max(acknowledged, size);
          else failures.push(failed);
          resolve(failed);
        });
      });
    },
  };
};

/** Lets everything happen that needs no outside event. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};
