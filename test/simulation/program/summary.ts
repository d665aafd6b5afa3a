/** What many seeds came to, for people and as JSON. */
import type { SeedReport } from './crew.ts';
import type { DirectedReport } from './directed.ts';

export interface Summary {
  readonly from: number;
  /** Of the plans played before the seeds. */
  directed: DirectedReport;
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
  directed: { played: 0, broken: [] },
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
  const { from, directed, seeds, wallMs, counts } = summary;
  const sorted = Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    `directed plans: ${String(directed.played)}`,
    `seeds ${String(from)} to ${String(from + seeds - 1)}: ${String(seeds)} seeds, ${years(summary)} simulated in ${(wallMs / 1000).toFixed(0)} s`,
    `speed: ${hoursPerMinute(summary).toFixed(0)} simulated hours per minute and processor`,
    `seen: ${sorted.map(([what, count]) => `${what} ${String(count)}`).join(', ')}`,
    ...violationsText(summary),
    '',
  ].join('\n');
}

/** What was broken, and where: a line for each checker that found something. */
function violationsText({ directed, broken }: Summary): string[] {
  const found = new Map<string, string[]>();
  const note = (where: string, checker: string | undefined): void => {
    if (checker !== undefined) found.set(checker, [...(found.get(checker) ?? []), where]);
  };
  for (const { story, violations } of directed.broken) note(story.name, violations[0]?.checker);
  const inOrder = [...broken].sort((a, b) => a.seed - b.seed);
  for (const { seed, violations } of inOrder) note(`seed ${String(seed)}`, violations[0]?.checker);
  if (found.size === 0) return ['violations: none'];
  return [...found].map(([checker, where]) => `violations of ${checker}: ${where.join(', ')}`);
}

const years = ({ simulatedMs }: Summary): string =>
  `${(simulatedMs / HOUR_MS).toFixed(1)} hours (${(simulatedMs / YEAR_MS).toFixed(4)} years)`;

export const summaryJson = (summary: Summary): string =>
  `${JSON.stringify({
    from: summary.from,
    seeds: summary.seeds,
    simulatedHours: summary.simulatedMs / HOUR_MS,
    simulatedYears: summary.simulatedMs / YEAR_MS,
    wallSecs: summary.wallMs / 1000,
    hoursPerMinutePerCore: hoursPerMinute(summary),
    counts: summary.counts,
    directedPlans: summary.directed.played,
    brokenPlans: summary.directed.broken.map(({ story, violations }) => ({
      plan: story.name,
      violations,
    })),
    violations: summary.broken.map(({ seed, violations }) => ({ seed, violations })),
  })}\n`;
