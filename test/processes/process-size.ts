/** What a process takes of the machine, sampled over time. Linux only. */
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessSize {
  readonly residentMb: number;
  readonly descriptors: number;
}

/** Resident memory in MB. */
export function residentMbOf(pid: number): number {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

export const sizeOf = (pid: number): ProcessSize => ({
  residentMb: residentMbOf(pid),
  descriptors: readdirSync(`/proc/${String(pid)}/fd`).length,
});

/** The value in the middle. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/** By how much the last quarter of the samples lies above the second, in the middle of each. */
export function growthOf(samples: readonly number[]): number {
  const quarter = samples.length / 4;
  const later = samples.slice(Math.floor(3 * quarter));
  return medianOf(later) - medianOf(samples.slice(Math.floor(quarter), Math.floor(2 * quarter)));
}
