/** Being told to stop: SIGINT and SIGTERM. */
export const EXIT_INTERRUPTED = 130;

/** A Ctrl-C comes from the terminal and once more from npm: that is one request. */
const SAME_REQUEST_MS = 1000;

export interface Interruption {
  readonly isAsked: () => boolean;
}

/** The process that is told to stop. */
export interface Interrupted {
  readonly on: (signal: 'SIGINT' | 'SIGTERM', call: () => void) => unknown;
  readonly exit: (code: number) => void;
}

/** The first request: seeds under way are finished. A second one ends the process at once. */
export function awaitInterruption(
  { on, exit }: Interrupted,
  nowMs: () => number = () => performance.now(),
): Interruption {
  let askedAtMs: number | null = null;
  const ask = (): void => {
    if (askedAtMs !== null && nowMs() - askedAtMs > SAME_REQUEST_MS) exit(EXIT_INTERRUPTED);
    askedAtMs ??= nowMs();
  };
  on('SIGINT', ask);
  on('SIGTERM', ask);
  return { isAsked: () => askedAtMs !== null };
}
