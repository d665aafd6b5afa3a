// The shortest and plainest input found that still fails.

const ATTEMPTS_MAX = 3000;
export const MINIMISE_MS = 10_000;

/**
 * Cuts pieces out, long ones first, then makes bytes plain, as long as `stillFails`. Bounded in
 * attempts and time; the outcome always fails.
 */
export async function minimise(
  failing: Uint8Array,
  stillFails: (bytes: Uint8Array) => Promise<boolean>,
  spanMs = MINIMISE_MS,
): Promise<Uint8Array> {
  const endsAtMs = performance.now() + spanMs;
  let attempts = 0;
  let best = failing;
  const isOver = (): boolean => attempts >= ATTEMPTS_MAX || performance.now() >= endsAtMs;
  const takes = async (candidate: Uint8Array): Promise<boolean> => {
    attempts += 1;
    if (!(await stillFails(candidate))) return false;
    best = candidate;
    return true;
  };
  for (let size = best.length; size >= 1 && !isOver(); size = size >> 1) {
    for (let at = 0; at < best.length && !isOver();) {
      const shorter = Buffer.concat([best.subarray(0, at), best.subarray(at + size)]);
      if (!(await takes(shorter))) at += size;
    }
  }
  for (const plain of [0x00, 0x61]) {
    for (let at = 0; at < best.length && !isOver(); at += 1) {
      if (best[at] !== plain && best[at] !== 0) await takes(best.with(at, plain));
    }
  }
  return best;
}
