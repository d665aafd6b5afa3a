import { afterEach, describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, instantOf } from '../../../core/base/instant.ts';
import { bootClock, bootId, systemTime, type TimeSources } from '../../../core/io/boot-clock.ts';
import type { Clock } from '../../../core/member/ports.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';
import { waitUntil } from '../../support/wait-until.ts';

interface FakeTime extends TimeSources {
  awakeMs: number;
  sleptMs: number;
}

const fakeTime = (): FakeTime => {
  const time = {
    awakeMs: 5000,
    sleptMs: 0,
    monotonicMs: () => time.awakeMs,
    // Floored to 10 ms, as the system gives it.
    uptimeMs: () => Math.floor((time.awakeMs + time.sleptMs) / 10) * 10,
    epochMs: () => 1_700_000_000_000,
  };
  return time;
};

const clocks: Clock[] = [];
const clockOn = (time: TimeSources): Clock => {
  const clock = bootClock(time);
  clocks.push(clock);
  return clock;
};
afterEach(() => {
  for (const clock of clocks.splice(0)) clock.setAlarm(null, () => undefined);
});

describe('the boot clock', () => {
  it('tells milliseconds since boot', () => {
    const uptimeMs = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1000;
    expect(Math.abs(clockOn(systemTime).now() - uptimeMs)).toBeLessThan(1000);
  });

  it('never goes back over 100 000 readings', () => {
    const { now } = clockOn(systemTime);
    let last = now();
    for (let count = 0; count < 100_000; count += 1) {
      const next = now();
      if (next < last) expect(next).toBeGreaterThanOrEqual(last);
      last = next;
    }
  });

  it('does not follow the 10 ms steps of the uptime', () => {
    const time = fakeTime();
    const clock = clockOn(time);
    for (let count = 0; count < 500; count += 1) {
      time.awakeMs += 3.7;
      expect(clock.now()).toBe(time.awakeMs);
    }
  });

  it('counts a suspend that CLOCK_MONOTONIC did not see', () => {
    const time = fakeTime();
    const clock = clockOn(time);
    time.awakeMs += 10;
    time.sleptMs = 60_000;
    expect(clock.now() - 65_010).toBeGreaterThan(-20);
    expect(clock.now() - 65_010).toBeLessThanOrEqual(0);
  });

  it('adds up sleeps that are too short to be told from rounding', () => {
    const time = fakeTime();
    const clock = clockOn(time);
    for (let count = 0; count < 100; count += 1) {
      time.awakeMs += 10;
      time.sleptMs += 50;
      clock.now();
    }
    expect(time.awakeMs + time.sleptMs - clock.now()).toBeLessThanOrEqual(120);
  });

  it('stays when the uptime goes back or is not there', () => {
    const time = fakeTime();
    time.sleptMs = 40_000;
    const clock = clockOn(time);
    const before = clock.now();
    time.awakeMs += 10;
    time.sleptMs = 0;
    expect(clock.now()).toBe(before + 10);
  });

  it('stays when the monotonic clock itself stumbles', () => {
    const time = fakeTime();
    const clock = clockOn(time);
    time.awakeMs += 100;
    const before = clock.now();
    time.awakeMs -= 50;
    expect(clock.now()).toBe(before);
  });
});

describe('the alarm', () => {
  it('rings once, not before its time', async () => {
    const clock = clockOn(systemTime);
    const at = after(clock.now(), 30.5);
    const rungAt: number[] = [];
    clock.setAlarm(at, () => rungAt.push(clock.now()));
    await waitUntil('the alarm', () => rungAt.length > 0, { everyMs: 5 });
    expect(rungAt).toHaveLength(1);
    expect(rungAt[0]).toBeGreaterThanOrEqual(at);
    expect(rungAt[0]).toBeLessThan(at + 1000);
  });

  it('for a moment that has passed rings soon, but never inside setAlarm', async () => {
    const clock = clockOn(systemTime);
    let isInside = true;
    const rung = new Promise<boolean>((resolve) => {
      clock.setAlarm(instantOf(0), () => resolve(isInside));
    });
    isInside = false;
    expect(await rung).toBe(false);
  });

  it('is replaced by the next and cleared by null', async () => {
    const clock = clockOn(systemTime);
    const rung: string[] = [];
    clock.setAlarm(after(clock.now(), 5), () => rung.push('first'));
    clock.setAlarm(after(clock.now(), 5), () => rung.push('second'));
    await waitUntil('the second', () => rung.includes('second'), { everyMs: 5 });
    clock.setAlarm(after(clock.now(), 5), () => rung.push('cleared'));
    clock.setAlarm(null, () => rung.push('null'));
    const later = clockOn(systemTime);
    await new Promise<void>((resolve) => later.setAlarm(after(later.now(), 40), resolve));
    expect(rung).toEqual(['second']);
  });

  it('further ahead than a timer can count does not ring now', async () => {
    const clock = clockOn(systemTime);
    let hasRung = false;
    clock.setAlarm(after(clock.now(), 2 ** 40), () => (hasRung = true));
    const other = clockOn(systemTime);
    await new Promise<void>((resolve) => other.setAlarm(after(other.now(), 30), resolve));
    expect(hasRung).toBe(false);
  });

  it('that came due during a suspend rings within a second of waking', async () => {
    const time = { ...fakeTime(), sleptMs: 0 };
    const start = systemTime.monotonicMs();
    time.monotonicMs = () => systemTime.monotonicMs() - start;
    time.uptimeMs = () => time.monotonicMs() + time.sleptMs;
    const clock = clockOn(time);
    let hasRung = false;
    clock.setAlarm(after(clock.now(), 3_600_000), () => (hasRung = true));
    time.sleptMs = 4_000_000;
    await waitUntil('the alarm', () => hasRung, { timeoutMs: 2000, everyMs: 10 });
  });
});

describe('the boot id', () => {
  it('is what the kernel says, the same each time', () => {
    expect(bootId()).toMatch(/^[0-9a-f-]{36}$/);
    expect(bootId()).toBe(bootId());
  });

  it('is unknown where there is no such file', async () => {
    const folder = await makeTemporaryDirectory('boot-id');
    expect(bootId(join(folder.path, 'boot_id'))).toBeNull();
    await folder.remove();
  });
});
