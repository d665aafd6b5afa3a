/**
 * Reads a member's journal at start (ticket-protocol R7). What is there is rewritten into a fresh
 * file before anybody relies on it: data that was read may never have been fsynced.
 */
import { problem, warning, type Problem } from '../base/problem.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { JournalEntry } from '../member/ports.ts';
import { errnoText } from './errno.ts';
import type { Files } from './files.ts';
import {
  journalPath,
  runJournal,
  writeFresh,
  type DurableJournal,
  type JournalSettings,
  type JournalStart,
} from './journal.ts';
import { readJournal, type ReadJournal } from './journal-format.ts';

export interface JournalOptions extends Pick<JournalSettings, 'dir' | 'files' | 'snapshot'> {
  /** The file is rewritten when it has grown beyond this; default 4 MiB. */
  readonly maxBytes?: number;
  /** Any clock that does not step; default: that of the process. */
  readonly monotonicMs?: () => number;
  /** For the name of a file set aside. */
  readonly epochMs?: () => number;
}

export interface OpenedJournal {
  readonly journal: DurableJournal;
  /** Oldest first. */
  readonly entries: readonly JournalEntry[];
  /**
   * False: this member may have forgotten promises (first start, lost or corrupt file, or an
   * earlier such start that was not over); it abstains as R7 says, then calls `declareComplete`.
   */
  readonly isComplete: boolean;
  /** For the log: torn end, file set aside, no file, full disk. */
  readonly findings: readonly Problem[];
}

const DEFAULT_MAX_BYTES = 4 << 20;
/** A file beyond this is none of ours. */
const MAX_READ_BYTES = 256 << 20;

/** Fails when the directory cannot be read or written; a full disk alone is only a finding. */
export async function openJournal(
  options: JournalOptions,
): Promise<Result<OpenedJournal, Problem>> {
  const { dir, files } = options;
  try {
    await files.makeDirectory(dir);
    const bytes = await files.read(journalPath(dir), MAX_READ_BYTES);
    const found = bytes === null ? null : readJournal(bytes);
    const isUsable = found !== null && !['corrupt', 'other-version'].includes(found.end.kind);
    const isKept = found === null || isUsable;
    const place = isKept ? '' : await setAside(files, dir, options.epochMs ?? Date.now);
    const findings = describe(found, dir, place);
    const isComplete = isUsable && found.header.isComplete;
    const entries = found?.entries ?? [];
    const fresh = await writeFresh(options, { isComplete }, entries);
    if (fresh.kind === 'fresh') {
      const journal = start(options, { current: fresh.current, isComplete });
      return ok({ journal, entries, isComplete, findings });
    }
    if (!['ENOSPC', 'EDQUOT'].includes(fresh.code)) return err(fresh.failure);
    const journal = start(options, { current: null, isComplete });
    return ok({ journal, entries, isComplete, findings: [...findings, fresh.failure] });
  } catch (thrown) {
    return err(
      problem(
        'journal-unusable',
        `cannot use the state directory ${dir}: ${errnoText(thrown)}; it must be a folder that ` +
          'this user can read and write',
      ),
    );
  }
}

const start = (options: JournalOptions, from: JournalStart): DurableJournal =>
  runJournal(
    {
      maxBytes: DEFAULT_MAX_BYTES,
      monotonicMs: () => performance.now(),
      ...options,
    },
    from,
  );

/** Renames the file to `journal.corrupt-<epochMs>`, never over another one. */
async function setAside(files: Files, dir: string, epochMs: () => number): Promise<string> {
  let stamp = epochMs();
  while (await files.exists(`${journalPath(dir)}.corrupt-${stamp}`)) stamp += 1;
  const aside = `${journalPath(dir)}.corrupt-${stamp}`;
  await files.rename(journalPath(dir), aside);
  await files.syncDirectory(dir);
  return aside;
}

function describe(found: ReadJournal | null, dir: string, aside: string): Problem[] {
  const path = journalPath(dir);
  if (found === null) {
    return [
      warning(
        'journal-new',
        `no journal in ${dir}: this is the first start, or the state of this member was lost`,
      ),
    ];
  }
  switch (found.end.kind) {
    case 'whole':
      return [];
    case 'torn':
      return [
        warning(
          'journal-torn',
          `${path}: the last ${found.end.lostBytes} bytes were being written when this member ` +
            'or its host went down; nothing that was announced is lost',
        ),
      ];
    case 'corrupt':
      return [
        problem(
          'journal-corrupt',
          `${path} is damaged at byte ${found.end.atByte}; it was set aside as ${aside} for ` +
            'inspection, and this member abstains until nothing it may have promised can live',
        ),
      ];
    case 'other-version':
      return [
        problem(
          'journal-other-version',
          `${path} is of version ${String(found.end.version)}, which this program cannot read; it was ` +
            `set aside as ${aside}, and this member abstains until nothing it may have promised can live`,
        ),
      ];
  }
}
