// Rings of two sites and an arbitrator with every mix of Debian's daemons and geobooth's, with and without a key,
// through one scenario. The rings run side by side: they spend their time waiting for leases.
import { afterAll, beforeAll, describe, it, vi } from 'vitest';
import type { ProgramKind } from '../lab/members.ts';
import { describeWith, type Requirement } from '../support/requirements.ts';
import { startRing, type KeyKind, type Mix, type MixedRing } from './mixed-ring.ts';
import { scenario } from './ring-scenario.ts';

interface Cast extends Pick<Mix, 'title' | 'site1' | 'site2' | 'arbitrator' | 'clients'> {
  readonly keys: readonly KeyKind[];
}

/** Members in the order site 1, site 2, arbitrator. */
const cast = (
  title: string,
  [site1, site2, arbitrator]: readonly [ProgramKind, ProgramKind, ProgramKind],
  clients: readonly ProgramKind[],
  keys: readonly KeyKind[],
): Cast => ({ title, site1, site2, arbitrator, clients, keys });

const both: readonly ProgramKind[] = ['c', 'geobooth'];

const casts: readonly Cast[] = [
  cast('all C (control of the lab)', ['c', 'c', 'c'], ['c'], ['none', 'text']),
  cast('all C, clients of both kinds', ['c', 'c', 'c'], both, ['none', 'binary']),
  cast('all geobooth', ['geobooth', 'geobooth', 'geobooth'], both, ['none', 'text']),
  cast('geobooth as arbitrator only', ['c', 'c', 'geobooth'], both, ['none', 'binary']),
  cast('geobooth as one site', ['geobooth', 'c', 'c'], both, ['none', 'text']),
  cast('C as one site', ['c', 'geobooth', 'geobooth'], both, ['none', 'binary']),
  cast('C as arbitrator only', ['geobooth', 'geobooth', 'c'], both, ['none', 'text']),
];

const keyWords: Readonly<Record<KeyKind, string>> = {
  none: 'without a key',
  text: 'with a text key',
  binary: 'with a binary key',
};

const mixes: readonly Mix[] = casts.flatMap(({ title, keys, ...members }) =>
  keys.map((key): Mix => ({ ...members, title: `${title}, ${keyWords[key]}`, key })),
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
