// Processes and their children by pid, as Linux's /proc shows them. Nothing is ever found by name:
// a test ends only what it started.
import { readdirSync, readFileSync } from 'node:fs';
import { waitUntil } from './wait-until.ts';

/** Direct children of a process; none when it has gone. */
export const childrenOf = (pid: number): readonly number[] => {
  try {
    return readdirSync(`/proc/${String(pid)}/task`).flatMap((thread) =>
      readFileSync(`/proc/${String(pid)}/task/${thread}/children`, 'utf8')
        .split(' ')
        .filter((word) => word !== '')
        .map(Number),
    );
  } catch {
    return [];
  }
};

/** The process and all that descend from it, parents first. */
export const treeOf = (pid: number): readonly number[] => [
  pid,
  ...childrenOf(pid).flatMap((child) => treeOf(child)),
];

/** Sends a signal; false when the process has gone already. */
export const signalProcess = (pid: number, signal: NodeJS.Signals): boolean => {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
};

/** True when a signal has stopped the process (and none has continued it since). */
export const isStopped = (pid: number): boolean => {
  try {
    return /^State:\s+T/m.test(readFileSync(`/proc/${String(pid)}/status`, 'utf8'));
  } catch {
    return false;
  }
};

/** Kills a process and all its descendants, children first, so that no parent starts another. */
export const killTree = (pid: number): void => {
  for (const member of [...treeOf(pid)].reverse()) signalProcess(member, 'SIGKILL');
};

/** Waits for the only child that a wrapper such as `nsenter` forks, and returns its pid. */
export const onlyChildOf = (pid: number): Promise<number> =>
  waitUntil(`a child of process ${String(pid)}`, () => childrenOf(pid)[0], { everyMs: 2 });
