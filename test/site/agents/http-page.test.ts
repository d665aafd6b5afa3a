import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runCommand } from '../../support/run-command.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';
import { waitUntil } from '../../support/wait-until.ts';

const agent = resolve(import.meta.dirname, '../../../site/agents/http-page');
const ADDRESS = '127.0.72.1';
let folder: TemporaryDirectory;
let blocker: Server;
let port: number;

beforeEach(async () => {
  folder = await makeTemporaryDirectory('http-page');
  // Finds a free port, and can keep it.
  blocker = createServer((_, response) => response.end('somebody else'));
  await listen(0);
  const address = blocker.address();
  port = address !== null && typeof address === 'object' ? address.port : 0;
  await close();
});
afterEach(async () => {
  await call('stop');
  if (blocker.listening) await close();
  await folder.remove();
});

const listen = (at: number): Promise<void> =>
  new Promise((done) => blocker.listen(at, ADDRESS, done));
const close = (): Promise<unknown> => new Promise((done) => blocker.close(done));

const call = (action: string, parameters: Readonly<Record<string, string>> = {}) =>
  runCommand(agent, [action], {
    env: {
      OCF_RESOURCE_INSTANCE: 'page',
      OCF_RESKEY_address: ADDRESS,
      OCF_RESKEY_port: String(port),
      OCF_RESKEY_site: 'Köln <west>',
      OCF_RESKEY_text: 'a & b',
      OCF_RESKEY_state_dir: folder.path,
      ...parameters,
    },
  });
const pidFile = (): string => join(folder.path, 'http-page-page.pid');

it('answers its page between start and stop, both of which may be repeated', async () => {
  const codes: (number | null)[] = [];
  for (const action of ['monitor', 'start', 'start', 'monitor']) {
    codes.push((await call(action)).code);
  }
  const answer = await fetch(`http://${ADDRESS}:${port}/any/path`);
  expect(await answer.text()).toContain('<h1>Köln &#60;west&#62;</h1><p>a &#38; b</p>');
  expect(answer.headers.get('x-geobooth-site')).toBe(encodeURIComponent('Köln <west>'));
  for (const action of ['stop', 'stop', 'monitor']) codes.push((await call(action)).code);
  expect(codes).toEqual([7, 0, 0, 0, 0, 0, 7]);
  expect(existsSync(pidFile())).toBe(false);
});

it('does not take the pid of another process for its own', async () => {
  const other = spawn('sleep', ['60']);
  writeFileSync(pidFile(), String(other.pid));
  expect((await call('monitor')).code).toBe(7);
  expect((await call('stop')).code).toBe(0);
  expect(other.exitCode).toBe(null);
  other.kill('SIGKILL');
});

it('finds a server that no longer answers failed', async () => {
  await call('start');
  const pid = Number(readFileSync(pidFile(), 'utf8'));
  process.kill(pid, 'SIGSTOP');
  const failed = await call('monitor');
  expect([failed.code, failed.stderr]).toEqual([
    1,
    `ocf-exit-reason:the server runs but ${ADDRESS} port ${port} does not answer\n`,
  ]);
  process.kill(pid, 'SIGCONT');
  await waitUntil('it to answer again', async () => (await call('monitor')).code === 0);
});

it('says why it cannot start on a port in use', async () => {
  await listen(port);
  const failed = await call('start');
  expect(failed.code).toBe(1);
  expect(failed.stderr).toContain('EADDRINUSE');
  expect((await call('monitor')).code).toBe(7);
});

it.each([
  ['a port that is no number', { OCF_RESKEY_port: '80a' }, 2],
  ['a port out of range', { OCF_RESKEY_port: '65536' }, 2],
  ['a relative state folder', { OCF_RESKEY_state_dir: 'here' }, 2],
  ['a node that is not there', { OCF_RESKEY_node: '/no/such/node' }, 5],
])('refuses %s', async (_, parameters, code) => {
  for (const action of ['validate-all', 'start']) {
    const refused = await call(action, parameters);
    expect(refused.code).toBe(code);
    expect(refused.stderr).toMatch(/^ocf-exit-reason:/);
  }
});

it('describes itself, and refuses what it does not know', async () => {
  const { code, stdout } = await call('meta-data');
  expect(code).toBe(0);
  for (const action of ['start', 'stop', 'monitor', 'meta-data', 'validate-all']) {
    expect(stdout).toContain(`<action name="${action}"`);
  }
  expect((await call('promote')).code).toBe(3);
});
