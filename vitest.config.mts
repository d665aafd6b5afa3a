import { defineConfig } from 'vitest/config';

/** Tests of one folder run as one project, so that each can be run and reported by its name. */
const project = (
  name: string,
  include: string[],
  testTimeout: number,
  { groupOrder, ...rest }: Apart = {},
) => ({
  test: {
    name,
    include,
    testTimeout,
    hookTimeout: testTimeout,
    ...(groupOrder === undefined ? {} : { sequence: { groupOrder } }),
    ...rest,
  },
});

/** Groups run one after the other; projects of one group side by side. */
interface Apart {
  readonly groupOrder?: number;
  readonly maxWorkers?: number;
  readonly exclude?: string[];
  readonly maxConcurrency?: number;
}

/** A ring at work for minutes. */
const soak = 'test/processes/soak.test.ts';
/** Real rings under faults; the checker's own test beside them needs no ring. */
const chaosRings = 'test/processes/chaos/{schedules-of-*,partitions}.test.ts';

export default defineConfig({
  define: { GEOBOOTH_VERSION: '"0.0.0-test"' },
  test: {
    coverage: {
      provider: 'v8',
      include: ['core/**/*.ts', 'site/**/*.ts', 'arbitrator/**/*.ts'],
      reporter: ['text-summary', 'html'],
    },
    projects: [
      project('tidy', ['test/tidy.test.ts'], 30_000),
      project('core', ['test/core/**/*.test.ts'], 30_000),
      project('site', ['test/site/**/*.test.ts'], 30_000),
      project('scenarios', ['test/scenarios/**/*.test.ts'], 30_000),
      project('simulation', ['test/simulation/**/*.test.ts'], 120_000),
      project('fuzz', ['test/fuzz/**/*.test.ts'], 120_000),
      // They wait more than they work, and share neither addresses nor files.
      project('processes', ['test/processes/**/*.test.ts'], 120_000, {
        groupOrder: 1,
        maxWorkers: 2,
        exclude: [chaosRings, soak],
      }),
      // Debian's daemons lose leases of 10 s where others keep the machine busy: by themselves.
      project('interop', ['test/interop/**/*.test.ts'], 240_000, { groupOrder: 2 }),
      // `npm run chaos`, minutes of it: leases of 2 s want a machine that does little else.
      ...(process.env['GEOBOOTH_CHAOS'] === undefined
        ? []
        : [
            project('chaos', [chaosRings], 240_000, {
              groupOrder: 3,
              maxWorkers: 1,
              maxConcurrency: 4,
            }),
          ]),
      // `npm run soak`, as many minutes as it is told.
      ...(process.env['GEOBOOTH_SOAK'] === undefined
        ? []
        : [project('soak', [soak], 120_000, { groupOrder: 3 })]),
    ],
  },
});
