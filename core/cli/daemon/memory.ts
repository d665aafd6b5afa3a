/** A member's durable memory at start: the journal opened and understood (R3, R7). */
import type { Problem } from '../../base/problem.ts';
import { warning } from '../../base/problem.ts';
import { ok, type Result } from '../../base/result.ts';
import { bootId } from '../../io/boot-clock.ts';
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
}

/** Opens the journal in the state directory; damage is set aside by name and told. */
export async function openMemory(stateDir: string): Promise<Result<Memory, Problem>> {
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
  });
}

const notUnderstood = (stateDir: string): Problem =>
  warning(
    'journal-not-understood',
    `the journal in ${stateDir} is whole, but not of this version: nothing of it is believed, and this member abstains`,
  );
