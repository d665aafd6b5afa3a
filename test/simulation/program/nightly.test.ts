/** `npm run sim -- --nightly` as a process: it goes on until told to stop, and says what it came to. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { waitUntil } from '../../support/wait-until.ts';
import { buildProgram, root, type RunningProgram } from './built-program.ts';
import { awaitInterruption } from './interruption.ts';

const LONGEST_MS = 60_000;

/** Lets it run until `isReady`, tells it to stop, and waits for its end. */
async function runUntilStopped(
  args: readonly string[],
  isReady: (run: RunningProgram) => boolean,
  { mutant = null, signal = 'SIGTERM' }: { mutant?: string | null; signal?: NodeJS.Signals } = {},
) {
  const program = await buildProgram(mutant);
  try {
    const run = program.run([...args, '--jobs', '1']);
    try {
      await waitUntil('its word', () => isReady(run), { timeoutMs: LONGEST_MS });
      run.process.kill(signal);
      const code = await run.ended;
      return { code, out: run.out(), err: run.err() };
    } finally {
      run.process.kill('SIGKILL');
    }
  } finally {
    await program.remove();
  }
}

const progress = /^\d+ seeds, \d+\.\d hours \(\d\.\d{4} years\) simulated, \d+ broken, \d+ s$/m;

test('nightly: progress while it runs; told to stop, it says the years, and that nothing broke', async () => {
  const { code, out } = await runUntilStopped(['--nightly', '--from', '4000'], (run) =>
    progress.test(run.err()),
  );
  expect(code).toBe(0);
  expect(out).toMatch(/^from seed 4000, 1 at a time\n/);
  expect(out).toMatch(/^directed plans: \d+$/m);
  expect(out).toMatch(/^seeds 4000 to \d+: \d+ seeds, .* years\) simulated in \d+ s$/m);
  expect(out).toContain('violations: none\n');
});

test('nightly: goes on after a broken seed, and tells it with a line for seeds.txt', async () => {
  const named = /^seed \d+: \d+\.\d{3} VIOLATION/gm;
  const { code, out, err } = await runUntilStopped(
    ['--nightly', '--from', '1'],
    (run) => (run.err().match(named)?.length ?? 0) > 1,
    { mutant: 'revoke-at-the-end', signal: 'SIGINT' },
  );
  expect(code).toBe(1);
  const first = /^seed (\d+): /m.exec(err)?.[1] ?? '';
  expect(out).toMatch(new RegExp(`^violations of [a-z-]+: .*seed ${first}\\b`, 'm'));
  expect(out).toMatch(
    new RegExp(`\\nseed ${first} broke a promise; \\d+ of \\d+ items are enough\\n`),
  );
  expect(out).toMatch(new RegExp(`seeds.txt:\\n${first} [a-z-]+: `));
});

test('a count of seeds that is cut short is no success', async () => {
  const { code, out } = await runUntilStopped(['--seeds', '100000'], (run) =>
    progress.test(run.err().replace(' of 100000', '')),
  );
  expect(code).toBe(130);
  expect(out).toContain('violations: none\n');
});

test('a second request ends it at once; the same Ctrl-C from terminal and npm is one', () => {
  const calls: (() => void)[] = [];
  const codes: number[] = [];
  let nowMs = 5000;
  const stop = awaitInterruption(
    { on: (_signal, call) => calls.push(call), exit: (code) => codes.push(code) },
    () => nowMs,
  );
  const [interrupt, terminate] = calls;
  expect(stop.isAsked()).toBe(false);
  interrupt?.();
  interrupt?.();
  expect(stop.isAsked()).toBe(true);
  expect(codes).toEqual([]);
  nowMs += 1500;
  terminate?.();
  expect(codes).toEqual([130]);
});

test('npm hands its signals to the program itself, not to a shell before it', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  expect(scripts['sim']).toMatch(/&& exec node dist\/sim$/);
});
