// How long a site is without its member when the daemon is started anew, and how long the clients
// of both kinds take with a daemon of each kind.
import { join } from 'node:path';
import { programPath, stateDirectoryOf, startMember, type ProgramKind } from '../../lab/members.ts';
import type { LabHost } from '../../lab/ring-lab.ts';
import { distDirectory } from '../../support/machine.ts';
import { compareMedians } from '../measure.ts';
import type { Part } from '../part.ts';
import { runProbe } from '../probe.ts';
import { addressOf, availableKinds, missingReference, prepareLab, stockBooth } from '../ring.ts';
import type { TimedCommand } from '../time-commands.ts';

const PROBE_LIMIT_MS = 60_000;
const timings = { expireSeconds: 60, timeoutSeconds: 5, retries: 3 };

export const daemonStartPart: Part = {
  name: 'daemon-start',
  title: 'A daemon at a site with one ticket, and clients that ask it for its list',
  needs: ['linux', 'root', 'namespaces', 'geobooth-build'],
  limitSecs: { full: 45, quick: 20 },
  run: async (context) => {
    const plan = { ticketCount: 1, timings, cluster: 'instant' } as const;
    const { lab } = await prepareLab(context, plan);
    const host = lab.host('site1');
    const kinds = availableKinds();
    const note = missingReference();
    const rounds = context.isQuick ? 5 : 12;
    const address = addressOf.site1;
    const daemons = kinds.map((kind) => ({ name: kind, argv: daemonCommand(kind, host) }));
    const starts = await runProbe(
      host,
      { kind: 'starts', address, daemons, rounds },
      PROBE_LIMIT_MS,
    );
    context.report(
      compareMedians({
        what: 'daemon, from start to first answer',
        unit: 'ms',
        geobooth: starts['geobooth'] ?? [],
        reference: { what: stockBooth, samples: starts['c'] ?? [] },
        note,
      }),
    );
    const role = 'site';
    const configuration = '/etc/booth/booth.conf';
    await startMember({ kind: 'geobooth', host, configuration, role });
    await runProbe(host, { kind: 'serving', addresses: [address] }, PROBE_LIMIT_MS);
    const commands = kinds.map((kind): TimedCommand => ({
      name: kind,
      argv: [programPath(kind, 'booth'), 'list', '-s', address],
    }));
    const bare = { name: 'node', argv: [process.execPath, '-e', '0'] };
    const lists = await runProbe(
      host,
      { kind: 'commands', commands: [...commands, bare], rounds: 2 * rounds },
      PROBE_LIMIT_MS,
    );
    context.report(
      compareMedians({
        what: 'booth list, the command, with a key',
        unit: 'ms',
        geobooth: lists['geobooth'] ?? [],
        reference: { what: stockBooth, samples: lists['c'] ?? [] },
        note,
      }),
    );
  },
};

const daemonCommand = (kind: ProgramKind, host: LabHost): readonly string[] => {
  const common = ['daemon', '-S', '-c', '/etc/booth/booth.conf'];
  if (kind === 'c') return [programPath('c', 'boothd'), ...common];
  const own = ['--cluster', 'pacemaker', '--state-dir', stateDirectoryOf(host)];
  return [join(distDirectory, 'boothd'), ...common, ...own];
};
