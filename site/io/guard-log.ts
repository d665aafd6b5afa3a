/**
 * What the guard says of itself, on standard error: `guard.log` in the state directory. Nothing waits
 * for it. A disk that hangs, or a file system that is frozen for a backup, takes no line for as
 * long as that lasts, and the stops must be made all the same.
 */
import { write } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** So many lines wait for a disk that hangs; later ones are dropped. */
const WAITING_MAX = 1000;
/** How long the end of the guard may wait for its last lines. */
const FLUSH_MS = 1000;

/** Not `process.stderr`, whose writes are made at once. */
const STANDARD_ERROR = 2;

let waiting = 0;
let last: Promise<void> = Promise.resolve();

/** One line, behind those said before. Never throws. */
export function log(message: string): void {
  if (waiting >= WAITING_MAX) return;
  const line = `${new Date().toISOString()} guard: ${message}\n`;
  waiting += 1;
  last = last.then(() => written(line));
}

/** Resolves when all that was said is written, or cannot be in time. */
export const logEnded = (): Promise<unknown> => Promise.race([last, sleep(FLUSH_MS)]);

/** On a full disk nobody is told. */
const written = (line: string): Promise<void> =>
  new Promise((resolve) => {
    write(STANDARD_ERROR, line, () => {
      waiting -= 1;
      resolve();
    });
  });
