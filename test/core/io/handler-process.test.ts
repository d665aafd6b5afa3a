import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { handlerProcesses } from '../../../core/io/handler-process.ts';
import type { HandlerExit, Handlers } from '../../../core/member/ports.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'geobooth-handler-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function script(name: string, body: string, mode = 0o755): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, mode);
  return path;
}

const run = (handlers: Handlers, path: string, args: string[] = []): Promise<HandlerExit> =>
  new Promise((resolve) => {
    const environment = { BOOTH_TICKET: 'db', BOOTH_LOCAL: '10.0.0.1' };
    handlers.start({ ticket: 'db', handler: { path, args }, environment }, resolve);
  });

test('arguments and environment reach the program; its exit is told', async () => {
  const path = script(
    'check',
    `echo "$BOOTH_TICKET $1" > ${folder}/seen; echo "db is behind" >&2; exit 3`,
  );
  const exit = await run(handlerProcesses(), path, ['rsc with blank; touch x']);
  expect(exit).toEqual({ code: 3, detail: `${path} exited with 3: db is behind` });
  expect(readFileSync(join(folder, 'seen'), 'utf8')).toBe('db rsc with blank; touch x\n');
});

test('a folder runs in alphabetical order until one fails, hidden entries left out', async () => {
  const handlers = join(folder, 'handlers');
  mkdirSync(handlers);
  for (const [name, code] of [
    ['b', 0],
    ['a', 0],
    ['c', 1],
    ['d', 0],
    ['.hidden', 1],
  ] as const) {
    const path = script(name, `echo ${name} >> ${folder}/order; exit ${code}`);
    writeFileSync(join(handlers, name), readFileSync(path));
    chmodSync(join(handlers, name), 0o755);
  }
  const exit = await run(handlerProcesses(), handlers);
  expect(exit.code).toBe(1);
  expect(readFileSync(join(folder, 'order'), 'utf8')).toBe('a\nb\nc\n');
});

test.each([
  ['a missing program', (dir: string) => join(dir, 'nothing')],
  ['a program that is not executable', () => script('plain', 'exit 0', 0o644)],
])('%s refuses, and says why', async (_title, path) => {
  const exit = await run(handlerProcesses(), path(folder));
  expect(exit.code).toBeNull();
  expect(exit.detail).toMatch(/cannot (be )?run/);
});

test('stopping ends the program and what it started; the next run is possible', async () => {
  const handlers = handlerProcesses();
  const path = script('slow', `sleep 600 & echo $! > ${folder}/child; touch ${folder}/up; wait`);
  const ended = run(handlers, path);
  const refused = await run(handlers, path);
  expect(refused.detail).toContain('has not ended');
  await expect.poll(() => readFileSync(join(folder, 'up'), 'utf8')).toBe('');
  handlers.stop('db');
  expect((await ended).code).not.toBe(0);
  const child = Number(readFileSync(join(folder, 'child'), 'utf8'));
  await expect.poll(() => isRunning(child)).toBe(false);
  expect((await run(handlers, script('good', 'exit 0'))).code).toBe(0);
});

const isRunning = (pid: number): boolean => {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
};
