/**
 * The promise, in true time, over seeded faults: never two sites at once, revoked stays revoked,
 * and after the faults a held ticket has a holder again. `SEED=n` runs one seed and prints it.
 */
import { expect, test } from 'vitest';
import { runChaos } from './run-chaos.ts';

const SEEDS = 200;
const seedOf = (text: string | undefined): number | null =>
  text === undefined || text === '' ? null : Number(text);
const wanted = seedOf(process.env['SEED']);

test.runIf(wanted !== null)('one seed, with what happened', () => {
  const { violations, trace } = runChaos(wanted ?? 0, true);
  process.stdout.write(`${trace.join('\n')}\n`);
  expect(violations).toEqual([]);
});

test.runIf(wanted === null)(`${String(SEEDS)} seeds of faults break no promise`, () => {
  const seen = new Map<string, number>();
  const broken: string[] = [];
  for (let seed = 0; seed < SEEDS; seed += 1) {
    const { violations, counts } = runChaos(seed);
    for (const [what, count] of counts) seen.set(what, (seen.get(what) ?? 0) + count);
    const [first] = violations;
    if (first !== undefined) broken.push(`SEED=${String(seed)}: ${first}`);
  }
  expect(broken).toEqual([]);
  // The faults were real and the ring lived: every kind struck, grants and revokes succeeded.
  for (const what of ['cut-off', 'one-way-cut', 'weather', 'kill', 'reboot', 'forget', 'pause'])
    expect(seen.get(what), what).toBeGreaterThan(20);
  for (const what of ['slow-commits', 'failing-commits', 'full-disk', 'slow-disk'])
    expect(seen.get(what), what).toBeGreaterThan(20);
  for (const what of ['grant success', 'revoke success', 'ended held', 'ended revoked'])
    expect(seen.get(what), what).toBeGreaterThan(0);
});
