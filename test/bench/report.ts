// The results, for people and for machines.
import { cpus, loadavg, release, totalmem } from 'node:os';
import { ratioOf, type Measure } from './measure.ts';
import type { PartResult } from './part.ts';

/** Where and under what load it was measured: without that the numbers say little. */
export interface Surroundings {
  readonly node: string;
  readonly kernel: string;
  readonly processors: string;
  readonly memoryMib: number;
  /** Of the last minute, at the beginning and at the end. */
  readonly loadAverage: readonly [number, number];
}

export const loadAverage = (): number => loadavg()[0] ?? Number.NaN;

export const surroundings = (loadAtStart: number): Surroundings => ({
  node: process.version,
  kernel: release(),
  processors: `${String(cpus().length)} × ${cpus()[0]?.model.trim() ?? 'unknown'}`,
  memoryMib: Math.round(totalmem() / (1 << 20)),
  loadAverage: [loadAtStart, loadAverage()],
});

export const jsonReport = (where: Surroundings, results: readonly PartResult[]): string => {
  const parts = results.map((result) => ({
    ...result,
    elapsedMs: Math.round(result.elapsedMs),
    measures: result.measures.map((measure) => ({ ...measure, ratio: ratioOf(measure) })),
  }));
  return `${JSON.stringify({ surroundings: where, parts }, null, 2)}\n`;
};

const headings = ['', 'geobooth', 'reference', '', 'ratio', 'n', ''] as const;

export const textReport = (where: Surroundings, results: readonly PartResult[]): string => {
  const [loadBefore, loadAfter] = where.loadAverage;
  const head =
    `${where.processors}, Linux ${where.kernel}, Node ${where.node}, ` +
    `load ${loadBefore.toFixed(1)} before and ${loadAfter.toFixed(1)} after\n`;
  return `${head}${results.map(partText).join('')}`;
};

function partText({ title, skipped, failure, elapsedMs, measures }: PartResult): string {
  if (skipped !== null) return `\n${title}\n  skipped: ${skipped}\n`;
  const table = measures.length === 0 ? '' : alignRows([headings, ...measures.map(rowOf)]);
  const failed = failure === null ? '' : `  not all was measured: ${failure}\n`;
  return `\n${title} (${(elapsedMs / 1000).toFixed(0)} s)\n${table}${failed}`;
}

const rowOf = (measure: Measure): readonly string[] => {
  const { what, unit, geobooth, reference, samples, note } = measure;
  const ratio = ratioOf(measure);
  return [
    what,
    `${shortNumber(geobooth)} ${unit}`,
    reference === null ? '' : `${shortNumber(reference.value)} ${unit}`,
    reference?.what ?? '',
    ratio === null ? '' : `${ratio.toFixed(2)} ×`,
    String(samples),
    note,
  ];
};

/** Three digits that count. */
const shortNumber = (value: number): string => {
  if (!Number.isFinite(value)) return '–';
  const digits = value === 0 ? 1 : Math.floor(Math.log10(Math.abs(value))) + 1;
  return value.toFixed(Math.min(3, Math.max(0, 3 - digits)));
};

/** Numbers to the right, words to the left. */
function alignRows(rows: readonly (readonly string[])[]): string {
  const widths = headings.map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  const isNumber = (column: number): boolean => [1, 2, 4, 5].includes(column);
  const lines = rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return isNumber(column) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
  return lines.map((line) => `  ${line}\n`).join('');
}
