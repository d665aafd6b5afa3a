/**
 * A note on disk of every start and stop under way. If the daemon dies meanwhile, its agent lives
 * on: a start that ends after somebody has looked would leave a service that nobody knows of. So the
 * next daemon, and the guard before it acts, end what is left of such operations.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { signalGroup } from '../../core/io/process-group.ts';

/** Where the notes are; reading them needs no folder to be there. */
export interface OperationRecords {
  readonly folder: string;
}

interface Recorded {
  readonly pid: number;
  /** When the process began, in clock ticks since boot: tells it from a later one of that pid. */
  readonly startedTicks: string;
  readonly resource: string;
  readonly action: string;
}

/** Opens the folder of notes, made when missing. */
export function openOperationRecords(folder: string): OperationRecords {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return { folder };
}

/** Notes an operation; returns how to take the note away. Best effort: a full disk must not hinder. */
export function noteOperation(
  { folder }: OperationRecords,
  operation: { readonly pid: number; readonly resource: string; readonly action: string },
): () => void {
  const startedTicks = startedTicksOf(operation.pid);
  if (startedTicks === null) return () => undefined;
  const file = join(folder, `${operation.pid}.json`);
  const recorded: Recorded = { ...operation, startedTicks };
  try {
    writeFileSync(file, JSON.stringify(recorded), { mode: 0o600 });
  } catch {
    return () => undefined;
  }
  return () => {
    forget(file);
  };
}

/** A note that cannot be taken away (read-only file system) must keep nobody from his work. */
function forget(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // Its process has ended: whoever reads the note sees that.
  }
}

/** What a note was about. */
export interface EndedOperation {
  readonly resource: string;
  readonly action: string;
}

/**
 * Ends every noted operation that is still under way and that `isMeant` asks for: TERM to its
 * process group, KILL after `graceMs`. Resolves with what was ended; never rejects.
 */
export async function endNotedOperations(
  { folder }: OperationRecords,
  graceMs: number,
  isMeant: (operation: EndedOperation) => boolean = () => true,
): Promise<readonly EndedOperation[]> {
  const left = readRecords(folder).filter(isMeant);
  const alive = left.filter(isAlive);
  for (const { pid } of alive) signalGroup(pid, 'SIGTERM');
  const deadline = performance.now() + graceMs;
  while (alive.some(isAlive) && performance.now() < deadline) await sleep(20);
  for (const { pid } of alive.filter(isAlive)) signalGroup(pid, 'SIGKILL');
  const removals = left.map(({ pid }) => forgetLater(join(folder, `${pid}.json`)));
  await Promise.race([Promise.all(removals), sleep(REMOVAL_MS)]);
  return alive;
}

/** On a disk that hangs a note is taken away whenever that ends: the guard has no time to wait. */
const REMOVAL_MS = 200;

async function forgetLater(file: string): Promise<void> {
  try {
    await rm(file, { force: true });
  } catch {
    // As above.
  }
}

function readRecords(folder: string): readonly Recorded[] {
  return readNames(folder).flatMap((name) => {
    try {
      const value = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Partial<Recorded>;
      const { pid, startedTicks, resource, action } = value;
      if (!Number.isInteger(pid) || pid === undefined || pid <= 1) return [];
      if (startedTicks === undefined || resource === undefined || action === undefined) return [];
      return [{ pid, startedTicks, resource, action }];
    } catch {
      return [];
    }
  });
}

function readNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => /^[0-9]+\.json$/.test(name));
  } catch {
    return [];
  }
}

const isAlive = ({ pid, startedTicks }: Recorded): boolean => startedTicksOf(pid) === startedTicks;

/** Field 22 of /proc/PID/stat; null when there is no such process, or only a zombie. */
function startedTicksOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}
