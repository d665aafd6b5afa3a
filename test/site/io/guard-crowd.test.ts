// More stops at once than a guard can start within the second after which it counts as hung.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { after, type Instant } from '../../../core/base/instant.ts';
import type { LogEvent } from '../../../core/member/ports.ts';
import type { GuardWord } from '../../../site/embedded/contract.ts';
import { linkGuard } from '../../../site/io/guard-link.ts';
import { guardsServing } from '../../../site/io/guard-process.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { bundleGuard } from './bundle.ts';
import { clock, linesOf } from './embedded-site.ts';

const TICKETS = 400;

let folder: TemporaryDirectory;
beforeEach(async () => {
  folder = await makeTemporaryDirectory('crowd');
});
afterEach(() => folder.remove());

const at = (name: string): string => join(folder.path, name);
const all = <T>(make: (index: number) => T): readonly T[] =>
  Array.from({ length: TICKETS }, (_none, index) => make(index));

const owe = (index: number, actAt: Instant): GuardWord => ({
  kind: 'owe',
  word: index + 1,
  ticket: `T${index}`,
  actAt,
  isDraining: false,
  stops: [[stopOf(`web${index}`)]],
});

const stopOf = (resource: string) => ({
  resource,
  agent: { class: 'ocf', provider: 'test', type: 'noting' },
  action: 'stop' as const,
  intervalMs: 0,
  timeoutMs: 60_000,
  environment: { OCF_RESOURCE_INSTANCE: resource },
});

it('a guard with hundreds of stops to make at once is not ended for hung', async () => {
  const program = await bundleGuard(folder.path);
  mkdirSync(at('ocf/resource.d/test'), { recursive: true });
  const agent = `#!/bin/sh\necho $OCF_RESOURCE_INSTANCE >>${at('stops')}\n`;
  writeFileSync(at('ocf/resource.d/test/noting'), agent, { mode: 0o755 });
  const logs: LogEvent[] = [];
  let acted = 0;
  const link = await linkGuard({
    stateDir: folder.path,
    command: [process.execPath, program],
    selfFence: null,
    watchdog: null,
    folders: { ocfRoot: at('ocf'), shipped: folder.path, path: '/usr/bin:/bin', graceMs: 100 },
    log: { write: (event) => logs.push(event) },
    onThere: () => undefined,
    onGone: () => undefined,
    onHeard: () => undefined,
    onActed: () => {
      acted += 1;
    },
  });
  if (!link.ok) expect.unreachable(link.error.message);
  link.value.tell(all((index) => owe(index, after(clock.now(), 200))));
  await waitUntil('all to be stopped', () => acted === TICKETS || logs.length > 0, {
    timeoutMs: 25_000,
  });
  expect(logs).toEqual([]);
  expect(linesOf(at('stops')).toSorted()).toEqual(all((index) => `web${index}`).toSorted());
  link.value.close();
  await waitUntil('the guard to end', () => guardsServing(folder.path).length === 0);
});
