// The processes that belong to a folder only this run of the demo knows, and all that descend from
// them. Nothing is found by a program's name, and nothing a person runs is taken for ours: a daemon
// carries our mark in its environment, a service the folder in its agent's parameters, and the
// guard writes its output there. A process is a pid and a start time, so that a pid that is used
// again is another process.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { childrenOf, signalProcess } from '../support/process-tree.ts';
import { waitUntil } from '../support/wait-until.ts';

export interface OwnProcess {
  readonly pid: number;
  /** In clock ticks since boot, as /proc shows it. */
  readonly startedAt: string;
  /** For people; bounded. */
  readonly commandLine: string;
}

/** The environment that marks a program as the demo's, for the folder of a member or of the ring. */
export const markOf = (folder: string) => ({ GEOBOOTH_DEMO_FOLDER: `${folder}/` });

const marks = /^(?:GEOBOOTH_DEMO_FOLDER|OCF_RESKEY_[A-Za-z_]+)=/;

/** Every live process of the folder. */
export function processesOf(folder: string): readonly OwnProcess[] {
  const found = new Map<number, OwnProcess>();
  const add = (pid: number): void => {
    const own = found.has(pid) || pid === process.pid ? null : describeProcess(pid);
    if (own === null) return;
    found.set(pid, own);
    for (const child of childrenOf(pid)) add(child);
  };
  for (const pid of allPids()) if (belongsTo(folder, pid)) add(pid);
  return [...found.values()];
}

/** Kills all of them with SIGKILL, those too that are started meanwhile; resolves when none is left. */
export async function killAll(folder: string): Promise<readonly OwnProcess[]> {
  const killed = new Map<string, OwnProcess>();
  await waitUntil(
    `the processes of ${folder} to end`,
    () => {
      for (const own of processesOf(folder)) {
        killed.set(`${String(own.pid)} ${own.startedAt}`, own);
        signalProcess(own.pid, 'SIGKILL');
      }
      // One that is on its way out shows nothing of itself any more, but is still there.
      const alive = [...killed.values()].filter(isAlive);
      if (alive.length === 0) return true;
      throw new Error(describeAll(alive));
    },
    { timeoutMs: 5_000, everyMs: 10 },
  );
  return [...killed.values()];
}

/** Whether the very process is still there; a zombie is not. */
export const isAlive = ({ pid, startedAt }: OwnProcess): boolean =>
  describeProcess(pid)?.startedAt === startedAt;

export const describeAll = (processes: readonly OwnProcess[]): string =>
  processes.map(({ pid, commandLine }) => `${String(pid)} (${commandLine})`).join(', ');

const allPids = (): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

function belongsTo(folder: string, pid: number): boolean {
  const isOurs = (variable: string): boolean =>
    marks.test(variable) && variable.includes(`${folder}/`);
  return (
    readProc(pid, 'environ').split('\0').some(isOurs) || stdoutOf(pid).startsWith(`${folder}/`)
  );
}

function stdoutOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${String(pid)}/fd/1`);
  } catch {
    return '';
  }
}

function describeProcess(pid: number): OwnProcess | null {
  // The name in parentheses may hold anything, so fields are counted from its end.
  const stat = readProc(pid, 'stat');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  const startedAt = fields[19];
  if (startedAt === undefined || state === 'Z' || state === 'X') return null;
  const words = readProc(pid, 'cmdline').split('\0').filter(Boolean);
  return { pid, startedAt, commandLine: words.join(' ').slice(0, 100) };
}

/** Empty when the process has gone or is somebody else's. */
function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${String(pid)}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
