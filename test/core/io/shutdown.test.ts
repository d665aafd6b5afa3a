import { afterEach, expect, describe, it } from 'vitest';
import { join } from 'node:path';
import { installShutdown, type Shutdown, type ShutdownStep } from '../../../core/io/shutdown.ts';
import type { LogEvent } from '../../../core/base/log-event.ts';
import { startProcess } from '../../support/background-process.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';
import { bundleProgram } from './bundled.ts';

const installed: Shutdown[] = [];
afterEach(() => {
  for (const shutdown of installed.splice(0)) shutdown.uninstall();
});

const endWith = async (steps: readonly ShutdownStep[], code = 0) => {
  const events: LogEvent[] = [];
  const exitCode = await new Promise<number>((resolve) => {
    const shutdown = installShutdown({
      steps: () => steps,
      log: { write: (event) => events.push(event) },
      exit: resolve,
    });
    installed.push(shutdown);
    shutdown.begin('a test', code);
    shutdown.begin('twice', 9);
  });
  return { exitCode, messages: events.map(({ message }) => message) };
};

const step = (name: string, run: () => Promise<void>, boundMs = 1000): ShutdownStep => ({
  name,
  boundMs,
  run,
});

describe('stopping in order', () => {
  it('runs the steps one after the other and ends with the code asked for', async () => {
    const order: string[] = [];
    const slow = async (): Promise<void> => {
      order.push('tickets begin');
      await new Promise((resolve) => setTimeout(resolve, 20));
      order.push('tickets end');
    };
    const quick = (): Promise<void> => {
      order.push('sockets');
      return Promise.resolve();
    };
    const { exitCode, messages } = await endWith(
      [step('tickets', slow), step('sockets', quick)],
      3,
    );
    expect(order).toEqual(['tickets begin', 'tickets end', 'sockets']);
    expect(exitCode).toBe(3);
    expect(messages).toEqual(['stopping: a test']);
  });

  it('goes on when a step hangs, fails or throws, and says so', async () => {
    const done: string[] = [];
    const { exitCode, messages } = await endWith([
      step('revoke', () => new Promise(() => undefined), 30),
      step('journal', () => Promise.reject(new Error('disk is gone'))),
      step('lock', () => {
        throw new Error('no lock');
      }),
      step('log', () => Promise.resolve(void done.push('log'))),
    ]);
    expect(done).toEqual(['log']);
    expect(exitCode).toBe(1);
    expect(messages).toEqual([
      'stopping: a test',
      'stopping: revoke: not done in 0.03 s',
      'stopping: journal: disk is gone',
      'stopping: lock: no lock',
    ]);
  });
});

describe('a program that gets signals', () => {
  it.each([
    ['one TERM: all steps', ['SIGTERM'], 0],
    ['one INT: all steps', ['SIGINT'], 0],
    ['INT after TERM: at once', ['SIGTERM', 'SIGINT'], 1],
  ] as const)('ends on %s', async (_title, signals, code) => {
    const folder = await makeTemporaryDirectory('shutdown');
    const program = join(folder.path, 'program.js');
    await bundleProgram(
      `import { installShutdown } from '../../../core/io/shutdown.ts';
       const hangs = ${String(signals.length > 1)};
       installShutdown({
         log: { write: ({ message }) => console.log(message) },
         steps: () => [{ name: 'work', boundMs: 60_000, run: () =>
           hangs ? new Promise(() => {}) : Promise.resolve(console.log('worked')) }],
       });
       setInterval(() => {}, 1000);
       console.log('up');`,
      program,
    );
    const running = await startProcess(process.execPath, [program]);
    try {
      await running.waitForOutput(/up/);
      for (const signal of signals) {
        running.signal(signal);
        await running.waitForOutput(new RegExp(`${signal}`));
      }
      expect(await running.ended).toEqual({ code, signal: null });
      expect(running.output().includes('worked')).toBe(code === 0);
    } finally {
      await running.kill();
      await folder.remove();
    }
  });
});
