/** A program whose output cannot be written has failed, unless its reader just went away. */
import { openSync, closeSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeWith, distDirectory } from '../../support/requirements.ts';

describeWith(['linux', 'geobooth-build'], 'output that cannot be written', () => {
  test.each(['booth', 'geo'])('%s to a full device says so and fails', (name) => {
    const full = openSync('/dev/full', 'w');
    const done = spawnSync(join(distDirectory, name), ['--help'], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
      timeout: 10_000,
    });
    closeSync(full);
    expect(done.stderr).toMatch(/output could not be written: ENOSPC/);
    expect(done.status).toBe(1);
  });
});
