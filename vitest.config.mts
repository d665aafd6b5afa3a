import { defineConfig } from 'vitest/config';

/** Tests of one folder run as one project, so that each can be run and reported by its name. */
const project = (name: string, include: string[], testTimeout: number, maxWorkers?: number) => ({
  test: {
    name,
    include,
    testTimeout,
    hookTimeout: testTimeout,
    // Projects that differ in it cannot run side by side.
    ...(maxWorkers === undefined ? {} : { maxWorkers, sequence: { groupOrder: 1 } }),
  },
});

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
      // They wait more than they work, and share neither addresses nor files.
      project('processes', ['test/processes/**/*.test.ts'], 120_000, 2),
      project('interop', ['test/interop/**/*.test.ts'], 240_000),
    ],
  },
});
