// What the bench reports: numbers with their units, beside the number they are to be compared with.

/** One row of the report. */
export interface Measure {
  readonly what: string;
  readonly unit: 'ms' | 's/min' | 'MiB' | '1/s';
  readonly geobooth: number;
  /** Measured in the same run, alternating or side by side with ours; null: there is nothing to compare with. */
  readonly reference: { readonly what: string; readonly value: number } | null;
  /** How many single measurements are behind the number. */
  readonly samples: number;
  /** What a reader must know to take the number for what it is; empty when nothing. */
  readonly note: string;
}

/** Ours over the reference's; null without one, or when that is zero. */
export const ratioOf = ({ geobooth, reference }: Measure): number | null =>
  reference === null || reference.value === 0 ? null : geobooth / reference.value;

/** The value that the given share (0…1) of the samples does not exceed; NaN of nothing. */
export const quantile = (samples: readonly number[], share: number): number => {
  const sorted = samples.toSorted((a, b) => a - b);
  const index = Math.ceil(share * sorted.length) - 1;
  return sorted[Math.min(sorted.length - 1, Math.max(0, index))] ?? Number.NaN;
};

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);

interface Comparison extends Pick<Measure, 'what' | 'unit'> {
  readonly note?: string;
  readonly geobooth: readonly number[];
  /** None, or an empty list: nothing to compare with. */
  readonly reference?: { readonly what: string; readonly samples: readonly number[] };
}

/** A row of the medians of two sets of samples. */
export const compareMedians = (comparison: Comparison): Measure => compareAt(comparison, 0.5);

/** Two rows: medians, and what 19 of 20 do not exceed. */
export const compareTails = (comparison: Comparison): readonly Measure[] => [
  compareAt({ ...comparison, what: `${comparison.what}, p50` }, 0.5),
  compareAt({ ...comparison, what: `${comparison.what}, p95` }, 0.95),
];

const compareAt = (comparison: Comparison, share: number): Measure => {
  const { what, unit, geobooth, reference, note = '' } = comparison;
  const hasReference = reference !== undefined && reference.samples.length > 0;
  return {
    what,
    unit,
    geobooth: quantile(geobooth, share),
    reference: hasReference
      ? { what: reference.what, value: quantile(reference.samples, share) }
      : null,
    samples: geobooth.length,
    note,
  };
};
