import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogEvent } from '../../../core/base/log-event.ts';
import { systemdService, type Service } from '../../../core/io/service.ts';
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts';
import { waitUntil } from '../../support/wait-until.ts';

let folder: TemporaryDirectory;
let program: string;
let told: string;
const events: LogEvent[] = [];
const log = { write: (event: LogEvent): void => void events.push(event) };
let service: Service | null = null;

beforeEach(async () => {
  folder = await makeTemporaryDirectory('service');
  program = join(folder.path, 'systemd-notify');
  told = join(folder.path, 'told');
  const body = `#!/bin/sh\necho "$NOTIFY_SOCKET: $*" >> ${told}\n`;
  await writeFile(program, body, { mode: 0o755 });
  events.length = 0;
});
afterEach(async () => {
  service?.stopping();
  await service?.flush();
  await folder.remove();
});

const open = (environment: NodeJS.ProcessEnv): Service =>
  (service = systemdService({ environment, log, program }));

const lines = (): string[] =>
  existsSync(told) ? readFileSync(told, 'utf8').trimEnd().split('\n') : [];

const underSystemd = { NOTIFY_SOCKET: '/run/systemd/notify', PATH: process.env['PATH'] };

describe('what systemd is told', () => {
  it('is ready, status and stopping, in that order', async () => {
    const { ready, status, stopping, flush } = open({ ...underSystemd });
    ready('2 tickets, 1 led');
    status('a\nREADY=0');
    stopping();
    await flush();
    expect(lines()).toEqual([
      '/run/systemd/notify: READY=1 STATUS=2 tickets, 1 led',
      '/run/systemd/notify: STATUS=a READY=0',
      '/run/systemd/notify: STOPPING=1',
    ]);
  });

  it('is a heartbeat twice as often as it wants one, as long as the daemon is healthy', async () => {
    let isHealthy = true;
    const { startWatchdog, flush } = open({ ...underSystemd, WATCHDOG_USEC: '40000' });
    startWatchdog(() => isHealthy);
    await waitUntil('heartbeats', () => lines().length >= 4, { everyMs: 5 });
    isHealthy = false;
    await flush();
    const count = lines().length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(lines()).toHaveLength(count);
    expect(new Set(lines())).toEqual(new Set(['/run/systemd/notify: WATCHDOG=1']));
  });

  it.each([
    ['systemd did not start it', {}],
    ['the watchdog is meant for another process', { ...underSystemd, WATCHDOG_PID: '1' }],
  ])('has no heartbeat when %s', async (_title, environment) => {
    const { startWatchdog, flush } = open({ WATCHDOG_USEC: '10000', ...environment });
    startWatchdog(() => true);
    await flush();
    expect(lines()).toEqual([]);
  });

  it('is nothing without systemd', async () => {
    const { ready, flush } = open({ PATH: process.env['PATH'] });
    ready('up');
    await flush();
    expect(lines()).toEqual([]);
    expect(events).toEqual([]);
  });

  it('is nothing without its program, with one line at debug level', async () => {
    program = join(folder.path, 'missing');
    const { ready, status, flush } = open({ ...underSystemd });
    ready('up');
    status('still up');
    await flush();
    expect(events.map(({ level, event }) => [level, event])).toEqual([
      ['debug', 'systemd-notify-missing'],
    ]);
  });

  it('takes the variables out of the environment, so that no child speaks for the daemon', () => {
    const environment = { ...underSystemd, WATCHDOG_USEC: '1', WATCHDOG_PID: '1', HOME: '/' };
    open(environment);
    expect(Object.keys(environment)).toEqual(['PATH', 'HOME']);
  });
});
