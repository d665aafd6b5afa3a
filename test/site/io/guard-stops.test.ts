import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AgentOperation } from '../../../core/transition/operation.ts';
import { runGuardStops } from '../../../site/io/guard-stops.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';
import { waitUntil } from '../../support/wait-until.ts';

let folder: TemporaryDirectory;
let said: string[];

beforeEach(async () => {
  folder = await makeTemporaryDirectory('guard-stops');
  said = [];
});
afterEach(() => folder.remove());

/** No agent of that name is anywhere: it cannot be stopped. */
const unstoppable: AgentOperation = {
  resource: 'web',
  agent: { class: 'ocf', provider: 'geobooth', type: 'not-there' },
  action: 'stop',
  intervalMs: 0,
  environment: {},
  timeoutMs: 1000,
};

const act = (selfFence: readonly string[] | null) =>
  runGuardStops({
    ticket: 'T',
    stops: [[unstoppable]],
    folders: { ocfRoot: '/nonexistent', shipped: folder.path, path: '/usr/bin:/bin', graceMs: 100 },
    records: { folder: join(folder.path, 'operations') },
    selfFence,
    log: (message) => said.push(message),
  });

describe('what cannot be stopped', () => {
  it('is reported where no self-fence command is configured', async () => {
    expect(await act(null)).toMatchObject({ failed: ['web'], stopped: [], isFenced: false });
    expect(said.at(-1)).toMatch(/no self-fence command is configured, stop it by hand$/);
  });

  it.each([
    ['is not there', '/nonexistent/fence', /could not be run: no such file/],
    ['has a file for a folder', '/dev/null/fence', /could not be run: .*ENOTDIR/],
  ])('is left to people when the self-fence command %s', async (_title, program, expected) => {
    expect(await act([program])).toMatchObject({ failed: ['web'], isFenced: false });
    await waitUntil('the reason', () => said.some((message) => expected.test(message)));
  });

  it('is left to people when the self-fence command fails', async () => {
    expect(await act(['/bin/sh', '-c', 'exit 3'])).toMatchObject({ isFenced: true });
    await waitUntil('the reason', () =>
      said.includes('the self-fence command failed (exit code 3), stop web by hand'),
    );
  });
});
