// How long a person or a script waits for a command, against the start of Node itself. The budget
// for our own part of that is 15 ms.
import { randomInt } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startProcess } from '../../support/background-process.ts';
import { distDirectory } from '../../support/machine.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { median, quantile, type Measure } from '../measure.ts';
import type { Part, PartContext } from '../part.ts';
import { openRingClient } from '../ring-client.ts';
import { timeCommands } from '../time-commands.ts';

const bareNode = 'node -e 0';
const BUDGET_MS = 15;
const ADDRESS = '127.0.0.1';

export const commandsPart: Part = {
  name: 'commands',
  title: 'Commands, from start to end',
  needs: ['geobooth-build'],
  limitSecs: { full: 45, quick: 25 },
  run: async (context) => {
    const configuration = await startDaemon(context);
    const program = (name: string): string => join(distDirectory, name);
    const commands = [
      { name: bareNode, argv: [process.execPath, '-e', '0'] },
      { name: 'booth list', argv: [program('booth'), 'list', '-c', configuration, '-s', ADDRESS] },
      { name: 'geo --help', argv: [program('geo'), '--help'] },
    ];
    const times = await timeCommands(commands, context.isQuick ? 20 : 40);
    const bare = times[bareNode] ?? [];
    for (const name of ['booth list', 'geo --help']) {
      context.report(measureOf(name, times[name] ?? [], bare));
    }
  },
};

const measureOf = (name: string, samples: readonly number[], bare: readonly number[]): Measure => {
  const [ours, reference] = [median(samples), median(bare)];
  const own = (ours - reference).toFixed(1);
  // Of the runs that nobody disturbed: on a busy machine the medians tell of the neighbours.
  const atBest = (quantile(samples, 0.1) - quantile(bare, 0.1)).toFixed(1);
  return {
    what: name,
    unit: 'ms',
    geobooth: ours,
    reference: { what: bareNode, value: reference },
    samples: samples.length,
    note: `${own} ms over it (fastest tenth: ${atBest}), budget ${String(BUDGET_MS)}`,
  };
};

/** A daemon on this machine that answers; needs no rights. Returns the path of its configuration. */
async function startDaemon(context: PartContext): Promise<string> {
  const folder = await makeTemporaryDirectory('bench');
  context.onEnd(() => folder.remove());
  const configuration = join(folder.path, 'booth.conf');
  // Below the ports that systems hand out by themselves.
  const port = randomInt(20_000, 30_000);
  const members = ['site = 127.0.0.1', 'site = 127.0.0.2', 'arbitrator = 127.0.0.3'];
  const lines = [`port = ${String(port)}`, ...members, 'ticket = "web"', ''];
  await writeFile(configuration, lines.join('\n'));
  const daemon = await startProcess(join(distDirectory, 'boothd'), [
    'daemon',
    '-S',
    ...['-c', configuration],
    ...['--self', ADDRESS],
    ...['--state-dir', join(folder.path, 'state')],
    ...['-l', join(folder.path, 'booth.pid')],
    ...['--cluster', 'none'],
  ]);
  context.onEnd(() => daemon.stop());
  const client = await openRingClient(configuration);
  await waitUntil('the daemon to answer', async () => {
    if (daemon.end() !== undefined) return { ended: daemon.output() };
    await client.list(ADDRESS);
    return { ended: null };
  }).then(({ ended }) => {
    if (ended !== null) throw new Error(`the daemon ended: ${ended.slice(-500)}`);
  });
  return configuration;
}
