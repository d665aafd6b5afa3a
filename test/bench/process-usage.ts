// What a process costs, as Linux's /proc shows it.
import { readFileSync } from 'node:fs';

export interface ProcessUsage {
  /** Resident memory, pages shared with others included. */
  readonly residentMib: number;
  /** Processor time so far, user and system. */
  readonly ownCpuSecs: number;
  /** The same of children that have ended and were waited for. */
  readonly childrenCpuSecs: number;
}

/** Linux tells times in these, whatever the kernel's own tick is. */
const TICKS_PER_SEC = 100;

export function readProcessUsage(pid: number): ProcessUsage {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  // The name, in parentheses, may hold anything; the fields after it count from the third.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = (field: number): number => Number(fields[field - 3] ?? 'NaN');
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  const residentKib = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 'NaN');
  return {
    residentMib: residentKib / 1024,
    ownCpuSecs: (ticks(14) + ticks(15)) / TICKS_PER_SEC,
    childrenCpuSecs: (ticks(16) + ticks(17)) / TICKS_PER_SEC,
  };
}
