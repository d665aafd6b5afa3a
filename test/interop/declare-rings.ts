// Rings of two sites and an arbitrator with every mix of Debian's daemons and geobooth's, through one scenario. The
// rings of one file run side by side, because they spend their time waiting for leases; rings with and without a key
// are in two files, because all at once are too many for a machine with two cores.
import { afterAll, beforeAll, describe, it, vi } from 'vitest';
import type { ProgramKind } from '../lab/members.ts';
import { describeWith, type Requirement } from '../support/requirements.ts';
import { startRing, type KeyKind, type Mix, type MixedRing } from './mixed-ring.ts';
import { scenario } from './ring-scenario.ts';

/** Members and clients of a ring, and what its authfile holds where the ring has one. */
interface Cast extends Omit<Mix, 'key'> {
  readonly key: Exclude<KeyKind, 'none'>;
}

/** Members in the order site 1, site 2, arbitrator. */
const cast = (
  title: string,
  [site1, site2, arbitrator]: readonly [ProgramKind, ProgramKind, ProgramKind],
  clients: readonly ProgramKind[],
  key: Cast['key'],
): Cast => ({ title, site1, site2, arbitrator, clients, key });

const both: readonly ProgramKind[] = ['c', 'geobooth'];

const casts: readonly Cast[] = [
  cast('all C (control of the lab)', ['c', 'c', 'c'], ['c'], 'text'),
  cast('all C, clients of both kinds', ['c', 'c', 'c'], both, 'binary'),
  cast('all geobooth', ['geobooth', 'geobooth', 'geobooth'], both, 'text'),
  cast('geobooth as arbitrator only', ['c', 'c', 'geobooth'], both, 'binary'),
  cast('geobooth as one site', ['geobooth', 'c', 'c'], both, 'text'),
  cast('C as one site', ['c', 'geobooth', 'geobooth'], both, 'binary'),
  cast('C as arbitrator only', ['geobooth', 'geobooth', 'c'], both, 'text'),
];

const baseNeeds: readonly Requirement[] = ['linux', 'root', 'namespaces', 'nft', 'debian-booth'];
const needsOf = (mix: Mix): readonly Requirement[] =>
  mix.clients.includes('geobooth') ? [...baseNeeds, 'geobooth-build'] : baseNeeds;

/** Declares the rings of one file. */
export const declareRings = (isWithKey: boolean): void => {
  const mixes = casts.map((each): Mix =>
    isWithKey
      ? { ...each, title: `${each.title}, with a ${each.key} key` }
      : { ...each, title: `${each.title}, without a key`, key: 'none' },
  );
  vi.setConfig({ maxConcurrency: mixes.length });
  describe.concurrent('rings of mixed daemons', () => {
    for (const mix of mixes) declareRing(mix);
  });
};

const declareRing = (mix: Mix): void => {
  describeWith(needsOf(mix), mix.title, () => {
    let ring: MixedRing | undefined;
    let failed: string | null = null;

    beforeAll(async () => {
      ring = await startRing(mix);
    });
    afterAll(async () => {
      await ring?.dispose();
    });

    for (const step of scenario) {
      it.sequential(step.title, async (context) => {
        if (ring === undefined) throw new Error('the ring was not started');
        if (failed !== null) context.skip(`after the failure of "${failed}"`);
        try {
          await step.run(ring);
        } catch (error) {
          failed = step.title;
          console.error(`${mix.title}: ${step.title}\n${ring.describe()}`);
          throw error;
        }
      });
    }
  });
};
