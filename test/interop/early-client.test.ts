// A client that comes while the daemon still reads its cluster is answered when that is done. The stock client has
// no read timeout: an answer that never comes would hang it, and the resource agent that starts the daemon with it.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { readList, runClient, startMember, type ProgramKind } from '../lab/members.ts';
import { printRing } from '../lab/ring-configuration.ts';
import { createLab, type Lab } from '../lab/ring-lab.ts';
import { describeWith } from '../support/requirements.ts';
import { waitUntil } from '../support/wait-until.ts';
import { timings } from './mixed-ring.ts';

const clusterDelayMs = 1_000;
/** Several reads of a slow cluster, a slow machine, and far less than the 20 s that the resource agent is given. */
const answerLimitMs = 8_000;

describeWith(
  ['linux', 'root', 'namespaces', 'nft', 'debian-booth', 'geobooth-build'],
  'a client that is early',
  () => {
    let lab: Lab | undefined;
    afterEach(async () => {
      await lab?.dispose();
      lab = undefined;
    });

    for (const kind of ['c', 'geobooth'] satisfies readonly ProgramKind[]) {
      it(`is answered by a ${kind} daemon whose cluster is slow`, async () => {
        lab = await createLab({ hosts: [{ name: 'site1', address: '10.77.0.1' }] });
        const host = lab.host('site1');
        const configuration = await host.writeConfiguration(
          'booth.conf',
          printRing({
            sites: ['10.77.0.1', '10.77.0.2'],
            arbitrators: ['10.77.0.3'],
            tickets: ['first'],
            timings,
            authfile: null,
          }),
        );
        await writeFile(join(host.clusterFolder, 'delay'), String(clusterDelayMs / 1000));
        const member = await startMember({ kind, host, configuration, role: 'site' });
        // Refused connections answer at once; the first that is taken must be answered too.
        const listed = await waitUntil(
          'a connection that is taken',
          async () => {
            const list = runClient('c', host, ['booth', 'list'], { timeoutMs: answerLimitMs });
            const outcome = await list.catch((error: unknown) => ({ error }));
            if ('error' in outcome) return outcome;
            return outcome.code === 0 ? outcome : null;
          },
          { timeoutMs: 2 * answerLimitMs, everyMs: 20 },
        );
        expect(listed, member.log()).not.toHaveProperty('error');
        const tickets = 'stdout' in listed ? readList(listed.stdout) : [];
        expect(tickets.map(({ ticket }) => ticket)).toEqual(['first']);
      });
    }
  },
);
