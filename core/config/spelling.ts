/** Finds the word a misspelled one was probably meant to be. */

/** Nobody misspells a key into something longer; comparing such words only takes time. */
const WORD_LETTERS_MAX = 32;

/** The nearest candidate, or null when none is near: at most a third of the letters may differ. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  if (word.length > WORD_LETTERS_MAX) return null;
  const plain = word.toLowerCase().replaceAll('_', '-');
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(plain, candidate);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** Single letters to insert, drop, replace or swap with a neighbour to turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  // A frame of unreachable distances keeps the recurrence free of border cases.
  const far = a.length + b.length;
  const width = b.length + 2;
  const table = new Array<number>((a.length + 2) * width).fill(far);
  const cell = (i: number, j: number): number => table[(i + 1) * width + j + 1] ?? far;
  for (let i = 0; i <= a.length; i += 1) {
    for (let j = 0; j <= b.length; j += 1) {
      const isSwap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      table[(i + 1) * width + j + 1] = Math.min(
        i === 0 ? j : cell(i - 1, j) + 1,
        j === 0 ? i : cell(i, j - 1) + 1,
        cell(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1),
        i > 1 && j > 1 && isSwap ? cell(i - 2, j - 2) + 1 : far,
      );
    }
  }
  return cell(a.length, b.length);
}
