// A guard that is long in coming: the host is busy, or its memory is on the disk.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { LogEvent } from '../../../core/member/ports.ts';
import { linkGuard } from '../../../site/io/guard-link.ts';
import { guardsServing } from '../../../site/io/guard-process.ts';
import { signalProcess } from '../../support/process-tree.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { bundleGuard } from './bundle.ts';
import { linesOf } from './embedded-site.ts';

let built: TemporaryDirectory;
let guardProgram: string;
let folder: TemporaryDirectory;

beforeAll(async () => {
  built = await makeTemporaryDirectory('guard-programs');
  guardProgram = await bundleGuard(built.path);
});
afterAll(() => built.remove());
beforeEach(async () => {
  folder = await makeTemporaryDirectory('guard-start');
});
afterEach(() => folder.remove());

const at = (name: string): string => join(folder.path, name);
const starts = (): number => linesOf(at('starts')).length;
const guards = (): readonly number[] => guardsServing(folder.path);

/** The guard's program; all but the first wait for leave to begin. */
function writeProgram(): void {
  const script = `#!/bin/sh
    echo start >>${at('starts')}
    if [ "$(wc -l <${at('starts')})" -gt 1 ]; then
      while [ -d ${folder.path} ] && [ ! -e ${at('leave')} ]; do sleep 0.05; done
    fi
    [ -d ${folder.path} ] && exec ${process.execPath} ${guardProgram} "$@"\n`;
  writeFileSync(at('program'), script, { mode: 0o755 });
}

it('is waited for: a second one would take its place, and it would act on its own later', async () => {
  writeProgram();
  const logs: LogEvent[] = [];
  const seen = (event: string): number => logs.filter((one) => one.event === event).length;
  const link = await linkGuard({
    stateDir: folder.path,
    command: [at('program')],
    selfFence: null,
    watchdog: null,
    folders: { ocfRoot: '/usr/lib/ocf', shipped: folder.path, path: '/usr/bin:/bin', graceMs: 100 },
    log: { write: (event) => logs.push(event) },
    onThere: () => undefined,
    onGone: () => undefined,
    onHeard: () => undefined,
    onActed: () => undefined,
    patienceMs: 1000,
  });
  if (!link.ok) expect.unreachable(link.error.message);
  const [first] = guards();
  signalProcess(first ?? expect.unreachable('a guard'), 'SIGKILL');
  await waitUntil('two attempts to fail', () => seen('guard-not-there') === 2);
  expect(starts()).toBe(2);
  writeFileSync(at('leave'), '');
  await waitUntil('a guard to be back', () => seen('guard-back') === 1);
  expect(starts()).toBe(2);
  expect(guards()).toHaveLength(1);
  link.value.close();
  await waitUntil('the guard to end', () => guards().length === 0 && !existsSync(at('guard.sock')));
});
