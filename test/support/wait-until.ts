// Waiting for a condition instead of sleeping: every wait of a test has a deadline and, when the
// deadline passes, an error that says what was waited for and what was seen last.
import { setTimeout as sleep } from 'node:timers/promises';

/** How long to wait and how often to look, in milliseconds. */
export interface WaitOptions {
  readonly timeoutMs?: number;
  readonly everyMs?: number;
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/**
 * Calls `probe` until it returns something that is neither undefined, null nor false, and returns that.
 * A probe that throws counts as "not yet"; its last message is part of the error. Default: 10 s, every 50 ms.
 */
export const waitUntil = async <T>(
  what: string,
  probe: () => T | Promise<T>,
  { timeoutMs = 10_000, everyMs = 50 }: WaitOptions = {},
): Promise<Exclude<T, undefined | null | false>> => {
  const deadline = performance.now() + timeoutMs;
  let lastSeen = 'nothing';
  for (;;) {
    try {
      const seen = await probe();
      if (seen !== undefined && seen !== null && seen !== false) {
        return seen as Exclude<T, undefined | null | false>;
      }
      lastSeen = String(seen);
    } catch (error) {
      lastSeen = reasonOf(error);
    }
    if (performance.now() >= deadline) {
      throw new Error(`waited ${String(timeoutMs)} ms for ${what}; last seen: ${lastSeen}`);
    }
    await sleep(everyMs);
  }
};
