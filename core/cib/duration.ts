/**
 * Spans as Pacemaker writes them (pacemaker-scheduler 1): a number of seconds, a number with a unit,
 * or an ISO 8601 duration.
 */
const unitMs: ReadonlyMap<string, number> = new Map([
  ['us', 0.001],
  ['usec', 0.001],
  ['ms', 1],
  ['msec', 1],
  ['', 1000],
  ['s', 1000],
  ['sec', 1000],
  ['m', 60_000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['hr', 3_600_000],
]);

/** The `T` may be missing, as in `P10S`; a number of minutes then counts as months. */
const isoDuration =
  /^P(?=[0-9T])(?:([0-9]+)W)?(?:([0-9]+)D)?(?:T(?=[0-9]))?(?:([0-9]+)H)?(?:(?<=T.*)([0-9]+)M)?(?:([0-9]+)S)?$/i;
const isoUnitsMs = [604_800_000, 86_400_000, 3_600_000, 60_000, 1000];

/** Longer spans count as this one, the longest a timer can hold (about 24.8 days). */
export const DURATION_MAX_MS = 0x7fffffff;

/**
 * The span in whole milliseconds, 0 to DURATION_MAX_MS, or null when the text is no such span.
 * Months and years of ISO 8601 are refused: they have no fixed length.
 */
export function parseDurationMs(text: string): number | null {
  const word = text.trim();
  const spanMs = /^p/i.test(word) ? isoMs(word) : plainMs(word);
  return spanMs === null ? null : Math.min(spanMs, DURATION_MAX_MS);
}

function plainMs(text: string): number | null {
  const match = /^\+?([0-9]{1,15})\s*([a-z]*)$/i.exec(text);
  const factor = match === null ? undefined : unitMs.get((match[2] ?? '').toLowerCase());
  return factor === undefined ? null : Math.floor(Number(match?.[1]) * factor);
}

function isoMs(text: string): number | null {
  const match = isoDuration.exec(text);
  if (match === null) return null;
  return isoUnitsMs.reduce(
    (sumMs, factorMs, index) => sumMs + Number(match[index + 1] ?? 0) * factorMs,
    0,
  );
}
