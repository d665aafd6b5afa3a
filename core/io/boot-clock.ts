/**
 * The clock of a real member (design: ticket-protocol, "Vocabulary"): milliseconds since boot that
 * never step, never go back and count suspend. Node offers CLOCK_MONOTONIC, which is exact but
 * stands still during suspend, and the uptime, which counts suspend but has steps of 10 ms. The
 * first is used, and moved forward when the second shows that the host slept.
 */
import { readFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { instantOf, msBetween, type Instant } from '../base/instant.ts';
import type { Clock } from '../member/ports.ts';

/** Where the time comes from; tests put their own in place. */
export interface TimeSources {
  /** CLOCK_MONOTONIC. */
  monotonicMs(): number;
  /** Since boot, suspend included, in steps of 10 ms or so. */
  uptimeMs(): number;
  epochMs(): number;
}

/** The clocks of this host. */
export const systemTime: TimeSources = {
  monotonicMs: () => {
    const [secs, nanos] = process.hrtime();
    return secs * 1000 + nanos / 1e6;
  },
  uptimeMs: () => uptime() * 1000,
  epochMs: () => Date.now(),
};

/**
 * The uptime is 10 ms coarse and read a moment apart from the monotonic clock; only what is
 * clearly more than that is a sleep. Shorter ones add up until they are seen.
 */
const STEP_MS = 100;

/** Reading the uptime costs 5 µs, so it is read again only when this much time went by awake. */
const LOOK_EVERY_MS = 2;

/**
 * Timers of Node stand still during suspend too: an alarm longer ahead than this is looked at
 * again, so that one that came due during a sleep rings at most this long after waking.
 */
const LONGEST_TIMER_MS = 500;

/** The boot clock with its one alarm. An alarm that is set keeps the process alive. */
export function bootClock(sources: TimeSources = systemTime): Clock {
  const now = bootTime(sources);
  let timer: NodeJS.Timeout | null = null;

  const arm = (at: Instant, call: () => void): void => {
    const aheadMs = Math.max(1, Math.ceil(msBetween(now(), at)));
    timer = setTimeout(
      () => {
        timer = null;
        // Node's timers may fire up to a millisecond early, and long ones are cut into pieces.
        if (now() < at) arm(at, call);
        else call();
      },
      Math.min(aheadMs, LONGEST_TIMER_MS),
    );
  };

  return {
    now,
    epochMs: () => sources.epochMs(),
    setAlarm: (at, call) => {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      if (at !== null) arm(at, call);
    },
  };
}

function bootTime(sources: TimeSources): () => Instant {
  let monotonicMs = sources.monotonicMs();
  let lookedAtMs = monotonicMs;
  /** What CLOCK_MONOTONIC lacks; only grows. */
  let sleptMs = Math.max(0, sources.uptimeMs() - monotonicMs);
  return () => {
    monotonicMs = Math.max(monotonicMs, sources.monotonicMs());
    if (monotonicMs - lookedAtMs >= LOOK_EVERY_MS) {
      lookedAtMs = monotonicMs;
      const seenMs = sources.uptimeMs() - monotonicMs;
      if (seenMs > sleptMs + STEP_MS) sleptMs = seenMs;
    }
    return instantOf(monotonicMs + sleptMs);
  };
}

const BOOT_ID_PATH = '/proc/sys/kernel/random/boot_id';

/**
 * Names this boot of the host, so that stored instants are never compared across a reboot. null:
 * unknown boot (no Linux, no /proc), which must be taken as another one than any stored.
 */
export function bootId(path = BOOT_ID_PATH): string | null {
  try {
    const text = readFileSync(path, 'utf8').trim();
    return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text) ? text : null;
  } catch {
    return null;
  }
}
