// Suites that need something of the machine. One whose needs are not met is skipped under a title
// that says why; where GEOBOOTH_REQUIRE_ALL is set (continuous integration) it fails instead.
import { describe, it } from 'vitest';
import { unmetRequirements, type Requirement } from './machine.ts';

export { distDirectory } from './machine.ts';
export type { Requirement } from './machine.ts';

/**
 * Declares a suite that needs something of the machine. Unmet, the suite is reported as skipped with the reason in
 * its title, or as failed when GEOBOOTH_REQUIRE_ALL is set to anything but nothing.
 */
export const describeWith = (
  needs: readonly Requirement[],
  title: string,
  suite: () => void,
): void => {
  const unmet = unmetRequirements(needs);
  if (unmet.length === 0) {
    describe(title, suite);
    return;
  }
  const reason = unmet.join('; ');
  if ((process.env['GEOBOOTH_REQUIRE_ALL'] ?? '') === '') {
    describe.skip(`${title} (skipped: ${reason})`, suite);
    return;
  }
  it(title, () => {
    throw new Error(`this run must not skip, but: ${reason}`);
  });
};
