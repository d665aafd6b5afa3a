/** What many seeds came to, for people and as JSON. */
import type { SeedReport } from './crew.ts';

export interface Summary {
  readonly from: number;
  seeds: number;
  simulatedMs: number;
  /** Of all processors together. */
  busyMs: number;
  wallMs: number;
  readonly counts: Record<string, number>;
  readonly broken: SeedReport[];
}

const HOUR_MS = 3_600_000;
const YEAR_MS = 365.25 * 24 * HOUR_MS;

export const emptySummary = (from: number): Summary => ({
  from,
  seeds: 0,
  simulatedMs: 0,
  busyMs: 0,
  wallMs: 0,
  counts: {},
  broken: [],
});

export function addReport(summary: Summary, report: SeedReport): void {
  summary.seeds += 1;
  summary.simulatedMs += report.simulatedMs;
  summary.busyMs += report.tookMs;
  for (const [what, count] of Object.entries(report.counts))
    summary.counts[what] = (summary.counts[what] ?? 0) + count;
  if (report.violations.length > 0) summary.broken.push(report);
}

const hoursPerMinute = ({ simulatedMs, busyMs }: Summary): number =>
  simulatedMs / HOUR_MS / (busyMs / 60_000);

/** One line while it runs. */
export const progressText = (summary: Summary, wanted: number | null): string =>
  `${String(summary.seeds)}${wanted === null ? '' : ` of ${String(wanted)}`} seeds, ` +
  `${years(summary)} simulated, ${String(summary.broken.length)} broken, ` +
  `${(summary.wallMs / 1000).toFixed(0)} s`;

export function summaryText(summary: Summary): string {
  const { from, seeds, wallMs, counts, broken } = summary;
  const sorted = Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    `seeds ${String(from)} to ${String(from + seeds - 1)}: ${String(seeds)} seeds, ${years(summary)} simulated in ${(wallMs / 1000).toFixed(0)} s`,
    `speed: ${hoursPerMinute(summary).toFixed(0)} simulated hours per minute and processor`,
    `seen: ${sorted.map(([what, count]) => `${what} ${String(count)}`).join(', ')}`,
    broken.length === 0
      ? 'violations: none'
      : `violations: seeds ${broken.map(({ seed }) => String(seed)).join(', ')}`,
    '',
  ].join('\n');
}

const years = ({ simulatedMs }: Summary): string =>
  simulatedMs < YEAR_MS / 2
    ? `${(simulatedMs / HOUR_MS).toFixed(1)} hours`
    : `${(simulatedMs / YEAR_MS).toFixed(2)} years`;

export const summaryJson = (summary: Summary): string =>
  `${JSON.stringify({
    from: summary.from,
    seeds: summary.seeds,
    simulatedHours: summary.simulatedMs / HOUR_MS,
    simulatedYears: summary.simulatedMs / YEAR_MS,
    wallSecs: summary.wallMs / 1000,
    hoursPerMinutePerCore: hoursPerMinute(summary),
    counts: summary.counts,
    violations: summary.broken.map(({ seed, violations }) => ({ seed, violations })),
  })}\n`;
