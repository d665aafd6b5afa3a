/**
 * A watchdog device (Linux watchdog API): once opened it resets the host unless it is written to
 * again and again; a last `V` before it is closed calls it off. Writes are synchronous: what keeps
 * them from being made is what it is for.
 */
import { accessSync, closeSync, constants, openSync, writeSync } from 'node:fs';
import { problem, type Problem } from '../../core/base/problem.ts';
import { err, ok, type Result } from '../../core/base/result.ts';
import { errnoText } from '../../core/io/errno.ts';

export interface WatchdogDevice {
  /** Keeps it from firing for another while. */
  feed(): void;
  /** Calls it off: it fires no more. */
  disarm(): void;
  /** Closes it armed: it fires unless it is opened again and fed. Never throws. */
  abandon(): void;
}

/** Why the device cannot be used, without arming it; null: it can. */
export function faultOfWatchdog(path: string): Problem | null {
  try {
    accessSync(path, constants.W_OK);
    return null;
  } catch (thrown) {
    const message = `the watchdog cannot be written to: ${errnoText(thrown)}; load its driver, or correct watchdog = ${path}`;
    return problem('watchdog-unusable', message);
  }
}

/** Opens and so arms the device; never creates a file. */
export function openWatchdog(path: string): Result<WatchdogDevice, Problem> {
  try {
    const file = openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK);
    return ok({
      feed: () => {
        writeSync(file, '\0');
      },
      disarm: () => {
        writeSync(file, 'V');
        closeSync(file);
      },
      abandon: () => {
        try {
          closeSync(file);
        } catch {
          // It is of no use either way.
        }
      },
    });
  } catch (thrown) {
    return err(problem('watchdog-unusable', `cannot open the watchdog: ${errnoText(thrown)}`));
  }
}
