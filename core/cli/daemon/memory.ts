/** A member's durable memory at start: the journal opened and understood (R3, R7). */
import type { Problem } from '../../base/problem.ts';
import { problem, warning } from '../../base/problem.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { bootId } from '../../io/boot-clock.ts';
import { errnoText } from '../../io/errno.ts';
import { lockFolder, type HeldFolder } from '../../io/lock-file.ts';
import { nodeFiles } from '../../io/node-files.ts';
import { openJournal } from '../../io/open-journal.ts';
import type { DurableJournal } from '../../io/journal.ts';
import type { Recollection } from '../../member/model.ts';
import type { JournalEntry } from '../../member/ports.ts';
import { remember } from '../../member/remember.ts';

export interface Memory {
  readonly journal: DurableJournal;
  readonly recollection: Omit<Recollection, 'cluster'>;
  readonly findings: readonly Problem[];
  /** From now on the journal is rewritten from what this gives. */
  readonly keepFrom: (snapshot: () => readonly JournalEntry[]) => void;
  /** The member has noted durably what it may have forgotten; later starts need not fear it. */
  readonly declareComplete: () => void;
  /** Closes the journal, then lets another daemon have the state directory. */
  readonly close: () => Promise<void>;
}

/** Opens the journal in the state directory; damage is set aside by name and told. */
export async function openMemory(stateDir: string): Promise<Result<Memory, Problem>> {
  const lock = await lockState(stateDir);
  if (!lock.ok) return lock;
  const opened = await openLocked(stateDir, lock.value);
  if (!opened.ok) await lock.value.release();
  return opened;
}

/**
 * Opening the journal replaces its file: under a daemon that runs, this would take away what that
 * one writes from now on. Lock file and address may differ, so the directory has a lock of its own.
 */
async function lockState(stateDir: string): Promise<Result<HeldFolder, Problem>> {
  try {
    await nodeFiles.makeDirectory(stateDir);
    const locked = await lockFolder(stateDir);
    if (!locked.ok) return locked;
    return locked.value === null ? err(stateInUse(stateDir)) : ok(locked.value);
  } catch (thrown) {
    return err(stateUnusable(stateDir, errnoText(thrown)));
  }
}

const stateInUse = (stateDir: string): Problem =>
  problem(
    'state-directory-in-use',
    `another daemon uses the state directory ${stateDir}: stop it first, or give each member a directory of its own with --state-dir`,
  );

const stateUnusable = (stateDir: string, reason: string): Problem =>
  problem(
    'state-directory-unusable',
    `cannot use the state directory ${stateDir}: ${reason}; it must be a folder that this user can read and write`,
  );

async function openLocked(stateDir: string, lock: HeldFolder): Promise<Result<Memory, Problem>> {
  let snapshot: (() => readonly JournalEntry[]) | null = null;
  const opened = await openJournal({
    dir: stateDir,
    files: nodeFiles,
    snapshot: () => snapshot?.() ?? [],
  });
  if (!opened.ok) return opened;
  const { journal, entries, isComplete, findings } = opened.value;
  const remembered = remember(entries, bootId());
  const isUnderstood = remembered !== null;
  return ok({
    journal,
    recollection: {
      tickets: remembered?.tickets ?? new Map(),
      isSameBoot: remembered?.isSameBoot ?? false,
      isMemoryComplete: isComplete && isUnderstood,
    },
    findings: isUnderstood ? findings : [...findings, notUnderstood(stateDir)],
    keepFrom: (give) => {
      snapshot = give;
    },
    declareComplete: () => {
      journal.declareComplete(() => undefined);
    },
    close: async () => {
      await journal.close();
      await lock.release();
    },
  });
}

const notUnderstood = (stateDir: string): Problem =>
  warning(
    'journal-not-understood',
    `the journal in ${stateDir} is whole, but not of this version: nothing of it is believed, and this member abstains`,
  );
