/**
 * Starts on a journal that was damaged, lost, or written by another version (R7): it is set aside
 * by name, nothing in it is believed, and the member abstains and says until when.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { crc32 } from '../../core/base/member-id.ts';
import { runCommand } from '../support/run-command.ts';
import { describeWith, distDirectory } from '../support/requirements.ts';
import { waitUntil } from '../support/wait-until.ts';
import { giveMemory } from './forged-peer.ts';
import { makeRing, stateDirOf, type MemberProcess, type Ring } from './member-process.ts';
import { ask, finalResult, grantOf, leaderAt } from './raw-client.ts';

const network = '127.0.42';
const spanMs = 60_000 * 1.01;

/** A frame of the journal as its format says: checksum, number, length, text. */
function frame(sequence: number, text: string): string {
  const covered = `${String(sequence)} ${String(Buffer.byteLength(text))} ${text}`;
  return `${crc32(Buffer.from(covered)).toString(16).padStart(8, '0')} ${covered}\n`;
}

const header = (version: number) =>
  frame(0, JSON.stringify({ format: 'geobooth-journal', version, isComplete: true }));

const abstainUntil = (member: MemberProcess): number => Number(member.record()['abstainUntil']);

describeWith(['linux', 'geobooth-build'], 'a member that starts', () => {
  let ring: Ring;
  let next = 0;
  beforeAll(async () => {
    const ticket = ['expire = 60', 'timeout = 1', 'retries = 3'];
    ring = await makeRing({ name: 'journal', network, key: null, ticket, sites: 6 });
  });
  afterAll(async () => {
    await ring.close();
  });

  /** A member of its own for each test, so that they do not see each other's files. */
  const startOn = async (journal: string | Buffer): Promise<MemberProcess> => {
    next += 1;
    const stateDir = stateDirOf({ folder: ring.folder, address: ring.addressOf(next) });
    mkdirSync(stateDir, { mode: 0o700 });
    writeFileSync(join(stateDir, 'journal'), journal);
    return ring.start(next);
  };
  const expectAbstaining = async (member: MemberProcess): Promise<void> => {
    const line = await member.waitForEvent('abstaining');
    expect(line.message).toMatch(/does not vote for 60\.6 s, or until every other member/);
    await waitUntil('the abstention to be on disk', () => abstainUntil(member) > 0);
    expect(Number(line['leftMs'])).toBeLessThanOrEqual(spanMs);
  };

  test.each<[string, string, string | Buffer]>([
    [
      'junk',
      'journal-corrupt',
      Buffer.from(Array.from({ length: 3000 }, (_, at) => (at * 91 + (at >> 3)) % 256)),
    ],
    ['a journal of another version', 'journal-other-version', `${header(2)}${frame(1, '[]')}`],
    ['an empty file', 'journal-corrupt', ''],
    [
      'a journal damaged in the middle',
      'journal-corrupt',
      `${header(1)}${frame(1, '[]').replace('[]', '{}')}${frame(2, '[]')}`,
    ],
  ])(
    'on %s sets it aside untouched, abstains, and says until when',
    async (_title, event, content) => {
      const member = await startOn(content);
      const told = await member.waitForEvent(event);
      const [aside] = readdirSync(member.stateDir).filter((name) =>
        name.startsWith('journal.corrupt-'),
      );
      expect(told['level']).toBe('error');
      expect(told.message).toContain(join(member.stateDir, aside ?? 'nothing set aside'));
      expect(readFileSync(join(member.stateDir, aside ?? ''))).toEqual(Buffer.from(content));
      await expectAbstaining(member);
      expect(await member.stop()).toEqual({ code: 0, signal: null });
    },
  );

  test('on a whole journal with entries it does not know believes none of it', async () => {
    const member = await startOn(`${header(1)}${frame(1, '[{"kind":"wish","ticket":"t"}]')}`);
    const told = await member.waitForEvent('journal-not-understood');
    expect(told.message).toContain(member.stateDir);
    await expectAbstaining(member);
    expect(await member.stop()).toEqual({ code: 0, signal: null });
  });

  test('again while it abstains goes on abstaining, not a moment less', async () => {
    const first = await startOn(header(2));
    await expectAbstaining(first);
    const until = abstainUntil(first);
    await first.kill();
    const second = await ring.start(next);
    expect(abstainUntil(second)).toBeGreaterThanOrEqual(until);
    expect(await second.stop()).toEqual({ code: 0, signal: null });
  });
});

describeWith(['linux', 'geobooth-build'], 'a ring that needs the vote of a damaged member', () => {
  let ring: Ring;
  beforeAll(async () => {
    const ticket = ['expire = 3', 'timeout = 300ms', 'retries = 3'];
    ring = await makeRing({ name: 'torn', network: '127.0.57', key: null, ticket });
  });
  afterAll(async () => {
    await ring.close();
  });

  test('has it again when the longest promise it may have forgotten is over', async () => {
    // Site 2 is never there, so that nobody can prove to the arbitrator that it promised nothing.
    giveMemory(ring, [1]);
    const stateDir = stateDirOf({ folder: ring.folder, address: ring.addressOf(3) });
    mkdirSync(stateDir, { mode: 0o700 });
    writeFileSync(join(stateDir, 'journal'), `${header(1)}${frame(2, '[]')}`);
    const arbitrator = await ring.start(3);
    const told = await arbitrator.waitForEvent('abstaining');
    await ring.start(1);
    const granted = ask(ring, 1, grantOf(ring, 1, true), 20_000).then((answers) => ({
      result: finalResult(answers),
      atMs: Date.now(),
    }));
    const ended = await arbitrator.waitForEvent('abstention-ended');
    const abstainedMs = Date.parse(String(ended['time'])) - Date.parse(String(told['time']));
    expect(abstainedMs).toBeGreaterThanOrEqual(3 * 1010 - 20);
    const { result, atMs } = await granted;
    expect(result).toBe('success');
    expect(atMs).toBeGreaterThanOrEqual(Date.parse(String(ended['time'])));
    expect(await leaderAt(ring, 1)).toBe(ring.addressOf(1));
  });
});

/** How an ordinary user starts a program: root must give itself up first. */
const asNobody = (program: string, args: readonly string[]): readonly [string, string[]] =>
  process.getuid?.() === 0
    ? ['setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', program, ...args]]
    : [program, [...args]];

describeWith(['linux', 'geobooth-build'], 'a daemon without root', () => {
  let ring: Ring;
  let mayReach = true;
  const boothd = join(distDirectory, 'boothd');
  beforeAll(async () => {
    ring = await makeRing({ name: 'rights', network: '127.0.43', key: null, ticket: [] });
    const reach = await runCommand(...asNobody('test', ['-r', boothd]));
    mayReach = reach.code === 0;
  });
  afterAll(async () => {
    await ring.close();
  });
  const start = (args: readonly string[]) =>
    runCommand(...asNobody(boothd, args), { timeoutMs: 30_000 });

  test('is told of a state directory it may not write', async ({ skip }) => {
    skip(!mayReach, 'the programs under test can be read by root only');
    const closed = join(ring.folder, 'closed');
    const open = join(ring.folder, 'open');
    mkdirSync(closed, { mode: 0o500 });
    mkdirSync(open);
    await runCommand('chmod', ['0777', open]);
    const places = ['--state-dir', join(closed, 'state'), '-l', join(open, 'lock.pid')];
    const outcome = await start([...ring.argumentsOf(1), ...places]);
    expect(outcome.stderr).toMatch(
      /^error: cannot use the state directory \S+: permission denied \(EACCES\); it must be a folder that this user can read and write \[[a-z-]+\]\n$/,
    );
    expect(outcome.code).toBe(1);
    expect(existsSync(join(open, 'lock.pid'))).toBe(false);
    const locked = await start([...ring.argumentsOf(1), '-l', join(closed, 'lock.pid')]);
    expect(locked.stderr).toMatch(/^error: cannot use the lock file \S+: permission denied/);
    expect(locked.code).toBe(1);
  });

  test('is told of an authfile it may not read', async ({ skip }) => {
    skip(!mayReach, 'the programs under test can be read by root only');
    const key = join(ring.folder, 'key');
    const config = join(ring.folder, 'signed.conf');
    writeFileSync(key, 'a shared secret', { mode: process.getuid?.() === 0 ? 0o600 : 0o000 });
    writeFileSync(config, `authfile = ${key}\n${readFileSync(ring.config, 'utf8')}`);
    const outcome = await start([...ring.argumentsOf(1), '-c', config]);
    expect(outcome.stderr).toMatch(
      /^error: authfile \S+ cannot be read: permission denied \(EACCES\) \[authfile-unreadable\]\n$/,
    );
    expect(outcome.code).toBe(1);
  });
});
