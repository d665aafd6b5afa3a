// Declares one test a schedule. Which and how many: GEOBOOTH_CHAOS_SEED=N runs the schedule of one seed,
// GEOBOOTH_CHAOS_SCHEDULES=N as many as told, of both sizes of ring together, instead of those of every run.
import { test } from 'vitest';
import { describeWith } from '../../support/requirements.ts';
import { runSchedule } from './run-schedule.ts';
import { describeSchedule, drawSchedule, type RingSize } from './schedule.ts';

const SCHEDULES = 44;
/** A ring starts, suffers, heals and is looked at; the limit is for machines that do many other things. */
const LIMIT_MS = 240_000;

/** Three of five schedules are of rings of three. */
export const sizeOfSeed = (seed: number): RingSize => (seed % 5 < 3 ? 3 : 5);

const seedsOf = (size: RingSize): readonly number[] => {
  const only = process.env['GEOBOOTH_CHAOS_SEED'] ?? '';
  const count = Number(process.env['GEOBOOTH_CHAOS_SCHEDULES'] ?? SCHEDULES);
  const seeds =
    only === '' ? Array.from({ length: count }, (_, index) => index + 1) : [Number(only)];
  return seeds.filter((seed) => sizeOfSeed(seed) === size);
};

/** The schedules of rings of one size, several at a time. */
export const declareSchedules = (size: RingSize): void => {
  const needs = ['linux', 'root', 'namespaces', 'tap', 'faketime', 'geobooth-build'] as const;
  describeWith(needs, `rings of ${String(size)} real daemons under a seeded schedule`, () => {
    test.concurrent.each(seedsOf(size))(
      'seed %i: nobody holds twice, revoked stays revoked, and the ring heals',
      async (seed) => {
        const schedule = drawSchedule(seed, size);
        console.log(describeSchedule(schedule));
        await runSchedule(schedule);
      },
      LIMIT_MS,
    );
  });
};
