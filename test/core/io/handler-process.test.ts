import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
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

test('a folder run that is stopped runs none of the programs that are left', async () => {
  const handlers = join(folder, 'handlers');
  mkdirSync(handlers);
  for (const name of ['a', 'b']) {
    writeFileSync(
      join(handlers, name),
      `#!/bin/sh\ntrap 'exit 0' TERM\ntouch ${folder}/${name}\nwhile :; do sleep 0.05; done\n`,
      { mode: 0o755 },
    );
  }
  const processes = handlerProcesses();
  const ended = run(processes, handlers);
  await expect.poll(() => existsSync(join(folder, 'a'))).toBe(true);
  processes.stop('db');
  expect(await ended).toEqual({ code: null, detail: `stopped before ${handlers}/b was run` });
  expect(existsSync(join(folder, 'b'))).toBe(false);
});

test('a program that ignores TERM is killed after the grace', async () => {
  const processes = handlerProcesses({ graceMs: 100 });
  const path = script('deaf', `trap '' TERM; touch ${folder}/up; while :; do sleep 0.05; done`);
  const ended = run(processes, path);
  await expect.poll(() => existsSync(join(folder, 'up'))).toBe(true);
  await processes.close();
  expect(await ended).toEqual({ code: null, detail: `${path} was ended by SIGKILL` });
});

test('what a handler leaves in the background, pipe in hand, does not hold up its end', async () => {
  const path = script('leaver', `sleep 600 & echo $! > ${folder}/child; exit 0`);
  const exit = await run(handlerProcesses(), path);
  process.kill(Number(readFileSync(join(folder, 'child'), 'utf8')), 'SIGKILL');
  expect(exit).toEqual({ code: 0, detail: '' });
});

test('of much output the end is kept, on one line', async () => {
  const path = script('chatty', 'seq 1 200000; printf "\\033[1mlast\\n" >&2; exit 1');
  const { detail } = await run(handlerProcesses(), path);
  expect(detail.length).toBeLessThan(1200);
  expect(detail).toMatch(/exited with 1: .*199999 200000/);
  expect(detail).toMatch(/^[ -~]*$/);
});

test('tickets run beside each other, and done never comes inside start', async () => {
  const processes = handlerProcesses({ environment: { PATH: process.env['PATH'] } });
  const order: string[] = [];
  const start = (ticket: string, path: string): Promise<void> =>
    new Promise((resolve) => {
      const handler = { path, args: [] };
      processes.start({ ticket, handler, environment: {} }, ({ code }) => {
        order.push(`${ticket} ${String(code)}`);
        resolve();
      });
    });
  const slow = start('slow', script('slow', `while [ ! -e ${folder}/go ]; do sleep 0.02; done`));
  const fast = start('fast', script('fast', 'exit 0'));
  const missing = start('missing', join(folder, 'nothing'));
  expect(order).toEqual([]);
  await Promise.all([fast, missing]);
  writeFileSync(join(folder, 'go'), '');
  await slow;
  expect(order.at(-1)).toBe('slow 0');
});

test('an empty folder has nothing against it', async () => {
  mkdirSync(join(folder, 'none'));
  expect(await run(handlerProcesses(), join(folder, 'none'))).toEqual({ code: 0, detail: '' });
});

test('descriptors of the daemon above 2 are closed in the handler', async () => {
  const fd = openSync(join(folder, 'secret'), 'w');
  const exit = await run(handlerProcesses(), script('fds', 'ls -l /proc/self/fd; exit 1'));
  closeSync(fd);
  expect(exit.detail).not.toContain('secret');
});
