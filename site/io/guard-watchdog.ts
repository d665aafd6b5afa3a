/**
 * The guard's watchdog: armed while something is owed, and fed as long as nothing runs that should
 * have stopped. A guard that hangs or is killed feeds it no more, and the host goes down: that is
 * what it is for.
 */
import type { Instant } from '../../core/base/instant.ts';
import { errnoText } from '../../core/io/errno.ts';
import type { GuardMemory } from '../embedded/guard-step.ts';
import { isOwing, isSafe } from '../embedded/guard-step.ts';
import type { WatchdogDevice } from './watchdog-device.ts';
import { openWatchdog } from './watchdog-device.ts';

export interface GuardWatchdog {
  /** Another device; null: none. */
  configure(path: string | null): void;
  /** Arms, feeds or calls off what the memory asks for; what hinders it, or null. */
  tend(memory: GuardMemory, now: Instant): string | null;
  /** Nobody will feed it any more: calls it off, unless something may run that should not. */
  leave(memory: GuardMemory, now: Instant): void;
}

/** Without a device until it is configured. */
export function guardWatchdog(): GuardWatchdog {
  let path: string | null = null;
  let device: WatchdogDevice | null = null;

  const callOff = (): void => {
    device?.disarm();
    device = null;
  };
  /** One that takes no more may do so again when it is opened anew. */
  const feed = (opened: WatchdogDevice): void => {
    try {
      opened.feed();
    } catch (thrown) {
      opened.abandon();
      device = null;
      throw thrown;
    }
  };
  const tend = (memory: GuardMemory, now: Instant): string | null => {
    if (path !== null && device === null && isOwing(memory)) {
      const opened = openWatchdog(path);
      if (!opened.ok) return opened.error.message;
      device = opened.value;
    }
    if (device === null || !isSafe(memory, now)) return null;
    if (isOwing(memory)) feed(device);
    else callOff();
    return null;
  };
  return {
    configure: (configured) => {
      path = configured;
    },
    tend: (memory, now) => {
      try {
        return tend(memory, now);
      } catch (thrown) {
        return `cannot write to the watchdog: ${errnoText(thrown)}`;
      }
    },
    leave: (memory, now) => {
      try {
        if (isSafe(memory, now)) callOff();
      } catch {
        // It fires: there is nobody left to do anything about it.
      }
    },
  };
}
