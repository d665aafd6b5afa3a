/** The demo, as `npm run demo` runs it: what it promises, and that nothing of it stays. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startProcess } from '../support/background-process.ts';
import { describeWith, distDirectory } from '../support/requirements.ts';
import { runCommand } from '../support/run-command.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';

const demo = join(distDirectory, 'demo');

interface DemoDocument {
  readonly ok: boolean;
  readonly failure: string | null;
  readonly steps: readonly { readonly name: string; readonly ok: boolean; readonly ms: number }[];
  readonly measured: Readonly<Record<string, number>>;
  readonly logs: string | null;
}

const stepNames = [
  ...['start', 'grant', 'page-at-site-1', 'kill-site-1'],
  ...['failover', 'rejoin', 'move', 'stop'],
];

/** Processes that carry the folder in their environment, arguments or output. */
const processesNaming = (folder: string): readonly string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .filter((pid) =>
      ['cmdline', 'environ'].some((file) => {
        const path = join('/proc', pid, file);
        try {
          return (
            existsSync(path) && readFileSync(path, 'utf8').includes(`${folder}/geobooth-demo-`)
          );
        } catch {
          return false;
        }
      }),
    );

describeWith(['linux', 'geobooth-build'], 'the demo', () => {
  test('shows every step, measures them, and leaves nothing', async () => {
    const folder = await makeTemporaryDirectory('t');
    const env = { TMPDIR: folder.path };
    const args = ['--once', '--output-format', 'json'];
    const { code, stdout, stderr } = await runCommand(demo, args, { timeoutMs: 100_000, env });
    const document = JSON.parse(stdout) as DemoDocument;
    expect(document.failure, stderr).toBeNull();
    expect(code).toBe(0);
    expect(document.steps.map(({ name }) => name)).toEqual(stepNames);
    expect(document.steps.filter(({ ok }) => !ok)).toEqual([]);
    const { grantMs = -1, failoverBeyondLeaseMs = -1, moveMs = -1 } = document.measured;
    expect(grantMs).toBeGreaterThan(0);
    expect(failoverBeyondLeaseMs).toBeGreaterThanOrEqual(0);
    expect(moveMs).toBeGreaterThan(0);
    expect(document.logs).toBeNull();
    expect(processesNaming(folder.path)).toEqual([]);
    expect(readdirSync(folder.path)).toEqual([]);
    await folder.remove();
  });

  test('Ctrl-C in the middle takes everything down', async () => {
    const folder = await makeTemporaryDirectory('t');
    const running = await startProcess(demo, [], { env: { TMPDIR: folder.path } });
    try {
      await running.waitForOutput(/Site 2 takes over/, { timeoutMs: 60_000 });
      expect(processesNaming(folder.path).length).toBeGreaterThan(1);
    } finally {
      running.signal('SIGINT');
    }
    expect(await running.ended).toEqual({ code: 130, signal: null });
    expect(processesNaming(folder.path)).toEqual([]);
    expect(readdirSync(folder.path)).toEqual([]);
    await folder.remove();
  });

  test.each([[['--stay', '--once']], [['--output-format', 'xml']], [['--unknown']]])(
    'refuses %j with usage and starts nothing',
    async (args) => {
      const { code, stdout, stderr } = await runCommand(demo, args);
      expect(code).toBe(1);
      expect(stdout).toBe('');
      expect(stderr).toMatch(/^error: .+\n\nUsage:/);
    },
  );
});
