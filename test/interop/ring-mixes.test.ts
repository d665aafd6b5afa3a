// Rings of two sites and an arbitrator with every mix of Debian's daemons and geobooth's, with and without a key,
// through one scenario. The rings run side by side: they spend their time waiting for leases.
import { afterAll, beforeAll, describe, it, vi } from 'vitest';
import type { ProgramKind } from '../lab/members.ts';
import { describeWith, type Requirement } from '../support/requirements.ts';
import { startRing, type Mix, type MixedRing } from './mixed-ring.ts';
import { scenario } from './ring-scenario.ts';

/** Members as site 1, site 2, arbitrator. The second ring of the two one-site rows has the roles of the sites swapped. */
const casts: readonly (readonly [string, ProgramKind, ProgramKind, ProgramKind])[] = [
  ['all C (control of the lab)', 'c', 'c', 'c'],
  ['all geobooth', 'geobooth', 'geobooth', 'geobooth'],
  ['geobooth as arbitrator only', 'c', 'c', 'geobooth'],
  ['geobooth as one site', 'geobooth', 'c', 'c'],
  ['C as one site', 'c', 'geobooth', 'geobooth'],
  ['C as arbitrator only', 'geobooth', 'geobooth', 'c'],
];

const mixes: readonly Mix[] = casts.flatMap(([title, site1, site2, arbitrator], index) =>
  (['none', index % 2 === 0 ? 'text' : 'binary'] as const).map((key): Mix => {
    const isControl = [site1, site2, arbitrator].every((kind) => kind === 'c');
    return {
      title: `${title}, ${key === 'none' ? 'without a key' : `with a ${key} key`}`,
      site1,
      site2,
      arbitrator,
      clients: isControl ? ['c'] : ['c', 'geobooth'],
      key,
    };
  }),
);

const baseNeeds: readonly Requirement[] = ['linux', 'root', 'namespaces', 'nft', 'debian-booth'];
const needsOf = (mix: Mix): readonly Requirement[] =>
  mix.clients.includes('geobooth') ? [...baseNeeds, 'geobooth-build'] : baseNeeds;

vi.setConfig({ maxConcurrency: mixes.length });

describe.concurrent('rings of mixed daemons', () => {
  for (const mix of mixes) {
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
  }
});
