/** Whole numbers and scores as a CIB writes them. */

/** A whole decimal number within ±2^53, or null for anything else, absence included. */
export function parseInteger(text: string | null): number | null {
  if (text === null || !/^\s*[-+]?[0-9]{1,19}\s*$/.test(text)) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : null;
}

/** Scores end here; Pacemaker writes `INFINITY`. */
export const SCORE_INFINITY = 1_000_000;

/** A score: `INFINITY`, `+INFINITY`, `-INFINITY` or a number, clamped; null for anything else. */
export function parseScore(text: string): number | null {
  const word = text.trim().toUpperCase();
  if (word === 'INFINITY' || word === '+INFINITY') return SCORE_INFINITY;
  if (word === '-INFINITY') return -SCORE_INFINITY;
  const value = parseInteger(word);
  return value === null ? null : Math.max(-SCORE_INFINITY, Math.min(SCORE_INFINITY, value));
}

/** The score as Pacemaker writes it. */
export function scoreText(score: number): string {
  if (score >= SCORE_INFINITY) return 'INFINITY';
  return score <= -SCORE_INFINITY ? '-INFINITY' : String(score);
}
