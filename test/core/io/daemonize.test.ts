import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startInBackground, takeReadyReport } from '../../../core/io/daemonize.ts';
import { signalProcess } from '../../support/process-tree.ts';
import { runCommand } from '../../support/run-command.ts';
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { bundleProgram } from './bundled.ts';

/** Parent and child in one program, as boothd is; the first argument says how the child fares. */
const source = `
  import { spawnSync } from 'node:child_process';
  import { startInBackground, takeReadyReport } from '../../../core/io/daemonize.ts';
  const [how] = process.argv.slice(2);
  const report = takeReadyReport(process.env);
  if (report === null) {
    void startInBackground({
      command: process.argv.slice(1), name: 'boothd', environment: process.env, output: 'ignore',
      readyMs: how === 'hangs' ? 300 : 20_000,
    }).then((started) => {
      console.log(started.ok ? 'pid ' + started.value : started.error.message);
      process.exitCode = started.ok ? 0 : 1;
    });
  } else if (how === 'ready') {
    const marked = spawnSync('env', { encoding: 'utf8' }).stdout.includes('GEOBOOTH_READY_FD');
    if (marked) report.failed('the mark was inherited');
    report.ready();
    setInterval(() => {}, 1000);
  } else if (how === 'fails') {
    report.failed('cannot listen on UDP 10.0.0.1:9929: not here');
    process.exit(1);
  } else if (how === 'crashes') {
    process.kill(process.pid, 'SIGSEGV');
  } else if (how === 'exits') {
    process.exit(3);
  } else {
    setInterval(() => {}, 1000);
  }`;

let folder: TemporaryDirectory;
let program: string;
beforeEach(async () => {
  folder = await makeTemporaryDirectory('daemonize');
  program = join(folder.path, 'boothd');
  await bundleProgram(source, program);
});
afterEach(() => folder.remove());

const start = (how: string) =>
  runCommand(process.execPath, [program, how, '-c', '/etc/booth/booth.conf']);

describe('going into the background', () => {
  it('returns 0 when the daemon is ready, which then runs on its own', async () => {
    const { code, stdout } = await start('ready');
    const pid = Number(/^pid (\d+)$/m.exec(stdout)?.[1]);
    try {
      expect(code).toBe(0);
      const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      expect(commandLine).toBe(`boothd ${program} ready -c /etc/booth/booth.conf`);
      // What Pacemaker's agent looks for (pacemaker-tickets 5.3).
      expect(commandLine).toMatch(/\bboothd\b.*\/etc\/booth\/booth\.conf\b/);
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      expect(stat[3]).toBe(String(pid)); // its own session
      expect([0, 1, 2].map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))).toEqual([
        '/dev/null',
        '/dev/null',
        '/dev/null',
      ]);
    } finally {
      signalProcess(pid, 'SIGKILL');
    }
  });

  it.each([
    ['fails', 'cannot listen on UDP 10.0.0.1:9929: not here\n'],
    ['exits', 'the daemon ended before it was ready (exit code 3); run it with -S to see why\n'],
    ['crashes', 'the daemon ended before it was ready (SIGSEGV); run it with -S to see why\n'],
    ['hangs', 'the daemon was not ready in 0.3 s and was ended; run it with -S to see why\n'],
  ])('returns non-zero with the reason when the daemon %s', async (how, reason) => {
    expect(await start(how)).toMatchObject({ code: 1, stdout: reason });
  });

  it('leaves no process when the daemon was not ready in time', async () => {
    const started = await startInBackground({
      command: ['-e', 'setInterval(() => {}, 1000)', folder.path],
      name: 'boothd',
      environment: process.env,
      output: 'ignore',
      readyMs: 200,
    });
    expect(started).toMatchObject({ ok: false, error: { code: 'daemon-not-ready' } });
    await waitUntil('its end', async () => {
      const { stdout } = await runCommand('ps', ['-e', '-o', 'cmd']);
      return !stdout.includes(folder.path);
    });
  });

  it('is not taken for a child when nobody asked for a report', () => {
    expect(takeReadyReport({})).toBeNull();
    expect(takeReadyReport({ GEOBOOTH_READY_FD: '0' })).toBeNull();
  });
});
