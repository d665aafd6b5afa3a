/**
 * Who breaks a rule in core/ticket by hand and runs `npm run sim` is shown the rule, the sites, the
 * times, the faults it takes, and the word that was broken. Played with the mutants' edits.
 */
import { expect, test } from 'vitest';
import { buildProgram } from './built-program.ts';

async function breakAndRun(name: string, args: readonly string[]) {
  const program = await buildProgram(name);
  try {
    const run = program.run(args);
    return { code: await run.ended, out: run.out() };
  } finally {
    await program.remove();
  }
}

/** The part that tells one broken plan. */
function explanationOf(out: string, name: string): string {
  const [, told = ''] = out.split(`\n${name} broke a promise; `);
  return told.split(' broke a promise; ')[0] ?? '';
}

test('a vote under a live promise: who voted for whom, and until when it was bound', async () => {
  const { code, out } = await breakAndRun('vote-under-a-promise', ['--seeds', '1', '--from', '2']);
  expect(code).toBe(1);
  const told = explanationOf(out, 'seed 2');
  expect(told).toContain('test/simulation/checkers/promises.ts');
  expect(told).toContain('R5');
  const [, voter = '', candidate = '', holder = ''] =
    /VIOLATION \(promises\): (\w) sends vote-for of term \d+ for (\w) although it promised db to (\w)/.exec(
      told,
    ) ?? [];
  const seconds = String.raw`\d+\.\d{3}`;
  const vote = `${voter} db .* -> ${candidate} vote-for .*\\(promised to ${holder} until ${seconds}\\)`;
  expect(told).toMatch(new RegExp(vote));
  expect(told).toMatch(
    new RegExp(`${holder} db .*stands: leader in term \\d+, .*lease until ${seconds}`),
  );
  expect(told).toMatch(new RegExp(`FAULT .*cut from=${holder}`));
});

test('a lease counted from the acks: both sites, their leases, and the late acks', async () => {
  const { code, out } = await breakAndRun('lease-from-acks', ['--seeds', '1']);
  expect(code).toBe(1);
  const told = explanationOf(out, 'plan late-acks');
  expect(told).toContain('4 of 4 items are enough');
  expect(told).toContain('VIOLATION (mutual-exclusion): db runs at B while it still runs at A');
  const lastOf = (pattern: RegExp): number => Number([...told.matchAll(pattern)].at(-1)?.[1]);
  const promisedUntil = lastOf(/B db .*-> A ack .*promised to A until (\S+)\)/g);
  const leaseUntil = lastOf(/A db .*CLUSTER granted again in term 1, lease until (\S+)/g);
  expect(leaseUntil).toBeGreaterThan(promisedUntil);
  expect(told).toMatch(/A db {3}stands: leader in term 1, .*; cluster granted until .*running/);
  expect(told).toMatch(/B db {3}stands: leader in term 2, .*; cluster granted until .*running/);
  expect(told).toContain('--plan late-acks --only 0,1,2,3 --trace');
});

test('no revoke at the end of the lease: the site, the moment, and the cut that led there', async () => {
  const { code, out } = await breakAndRun('revoke-at-the-end', ['--seeds', '1']);
  expect(code).toBe(1);
  const told = explanationOf(out, 'plan late-acks');
  expect(told).toContain('at the end of its lease a holder has renewed it, or revoked');
  expect(told).toContain("VIOLATION (lease-end): A still has db granted at its lease's end");
  expect(told).toMatch(/ {2}0: 1\.000 grant host=A/);
  expect(told).toMatch(/FAULT .*cut from=A to=B\+C/);
  expect(told).toMatch(/RESOURCES stopping: the guard: its lease is over/);
});
