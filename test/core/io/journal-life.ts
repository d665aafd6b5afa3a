// Lives of a journal on files that go wrong, and what must hold of each next one: nothing that was
// acknowledged is lost, nothing is believed that was never written, and who lost memory knows it.
import { expect } from 'vitest';
import type { Problem } from '../../../core/base/problem.ts';
import { openSession, settle, type Session } from './journal-session.ts';
import type { MemoryFiles } from './memory-files.ts';

/** What the lives so far allow the next one to find. */
export interface Past {
  /** So many entries are acknowledged; entries are numbered from 0. */
  readonly acknowledged: number;
  /** So many were ever handed over. */
  readonly written: number;
  /** `asked`: declared complete, but not acknowledged. */
  readonly completeness: 'no' | 'asked' | 'yes';
  /** Names of files set aside, with what they hold. */
  readonly aside: ReadonlyMap<string, string>;
}

export const noPast: Past = {
  acknowledged: 0,
  written: 0,
  completeness: 'no',
  aside: new Map(),
};

export interface Life {
  /** null: it did not come up, which is no loss. */
  readonly session: Session | null;
  readonly declare: () => void;
  /** What a next life must find. */
  readonly past: () => Past;
}

const codesOf = (session: Session): string[] => session.opened.findings.map(({ code }) => code);

export const asideIn = (files: MemoryFiles): ReadonlyMap<string, string> =>
  new Map(
    files
      .names()
      .filter((name) => name.includes('.corrupt-'))
      .map((name) => [name, Buffer.from(files.content(name) ?? []).toString('latin1')]),
  );

export interface LifeOptions {
  readonly maxBytes?: number;
  readonly monotonicMs?: () => number;
  readonly padding?: number;
}

/** Opens the journal, and compares what it says with the past. */
export async function liveOn(
  files: MemoryFiles,
  past: Past,
  options: LifeOptions = {},
): Promise<Life> {
  const sessions: Session[] = [];
  void openSession({ files, ...options }).then(
    (session) => sessions.push(session),
    () => undefined,
  );
  await settle();
  const session = sessions[0] ?? null;
  if (session !== null) holdFound(session, past);
  const opened = session?.opened ?? null;
  let completeness = opened?.isComplete === true ? ('yes' as const) : past.completeness;
  return {
    session,
    declare: () => {
      if (completeness === 'no') completeness = 'asked';
      opened?.journal.declareComplete((failed: Problem | null) => {
        if (failed === null) completeness = 'yes';
      });
    },
    past: () => ({
      acknowledged: session?.acknowledged() ?? past.acknowledged,
      written: Math.max(past.written, session?.state.length ?? 0),
      completeness,
      aside: asideIn(files),
    }),
  };
}

function holdFound(session: Session, past: Past): void {
  const { entries, isComplete } = session.opened;
  expect(codesOf(session)).not.toContain('journal-corrupt');
  expect(entries.map(({ number }) => number)).toEqual([...entries.keys()]);
  expect(entries.length).toBeGreaterThanOrEqual(past.acknowledged);
  expect(entries.length).toBeLessThanOrEqual(past.written);
  if (past.completeness !== 'asked') expect(isComplete).toBe(past.completeness === 'yes');
}

/** Twelve rounds of appends; with `maxBytes` 700 snapshots are taken on the way. */
export async function workIn(session: Session | null): Promise<void> {
  for (let round = 0; round < 12; round += 1) {
    for (let count = 0; count <= round % 3; count += 1) void session?.append();
    await settle();
  }
}
