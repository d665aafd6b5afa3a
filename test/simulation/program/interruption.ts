/** Being told to stop: SIGINT and SIGTERM. */
export const EXIT_INTERRUPTED = 130;

/** A Ctrl-C comes from the terminal and once more from npm: that is one request. */
const SAME_REQUEST_MS = 1000;

export interface Interruption {
  readonly isAsked: () => boolean;
}

/** The first request: seeds under way are finished. A second one ends the process at once. */
export function awaitInterruption(): Interruption {
  let askedAtMs: number | null = null;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      const nowMs = performance.now();
      if (askedAtMs !== null && nowMs - askedAtMs > SAME_REQUEST_MS) process.exit(EXIT_INTERRUPTED);
      askedAtMs ??= nowMs;
    });
  }
  return { isAsked: () => askedAtMs !== null };
}
