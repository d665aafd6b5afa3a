/**
 * What keeps a daemon from starting: one message in words, an exit code that is not 0, and nothing
 * left behind that keeps the next one from starting.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCommand, type CommandOutcome } from '../support/run-command.ts';
import { describeWith, distDirectory } from '../support/requirements.ts';
import { makeRing, startMember, waitForStart, type Ring } from './member-process.ts';
import { openPeer } from './raw-client.ts';

const network = '127.0.41';
const boothd = join(distDirectory, 'boothd');
const startMs = 30_000;

let ring: Ring;
let plain: string;
let folders = 0;
/** Short, because the path of an authfile has at most 64 bytes. */
function newFolder(): string {
  folders += 1;
  const folder = join(ring.folder, String(folders));
  mkdirSync(folder);
  return folder;
}

/** A daemon's command line with places of its own. */
function argumentsIn(folder: string, config: string, ...more: readonly string[]): string[] {
  const places = ['--state-dir', join(folder, 'state'), '-l', join(folder, 'lock.pid')];
  const self = ['--self', `${network}.1`, '--cluster', 'none', '--log-format', 'json'];
  return ['daemon', '-S', '-c', config, ...places, ...self, ...more];
}

const start = (args: readonly string[]): Promise<CommandOutcome> =>
  runCommand(boothd, args, { timeoutMs: startMs });

/** Lines that are no log line. */
const spoken = ({ stdout, stderr }: CommandOutcome): string[] =>
  `${stdout}${stderr}`.split('\n').filter((line) => line !== '' && !line.startsWith('{"level"'));

/** The words of a refusal: every line a problem, exactly one of them an error. */
function expectRefusal(outcome: CommandOutcome, message: RegExp): void {
  const lines = spoken(outcome);
  const place = String.raw`(?:[^ ]+?:(?:\d+:){0,2} )?`;
  for (const line of lines) {
    expect(line).toMatch(new RegExp(String.raw`^${place}(error|warning): .+ \[[a-z-]+\]$`));
  }
  const errors = lines.filter((line) => line.includes('error: '));
  expect(errors, lines.join('\n')).toHaveLength(1);
  expect(errors[0]).toMatch(message);
  expect(outcome.code).toBe(1);
}

/** Neither lock nor state. */
const expectNothingIn = (folder: string): void => {
  expect(existsSync(join(folder, 'lock.pid'))).toBe(false);
  expect(existsSync(join(folder, 'state'))).toBe(false);
};

describeWith(['linux', 'geobooth-build'], 'a daemon that cannot start', () => {
  beforeAll(async () => {
    ring = await makeRing({
      name: 'refusals',
      network,
      key: null,
      ticket: ['expire = 10', 'timeout = 1', 'retries = 3'],
    });
    plain = readFileSync(ring.config, 'utf8');
  });
  afterAll(async () => {
    await ring.close();
  });

  const name63 = `t${'x'.repeat(62)}`;
  const seventeen = Array.from({ length: 17 }, (_, at) => `site = ${network}.${String(at + 1)}\n`);
  /** Not random, so that a failure can be repeated. */
  const junk = Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 167 + (at >> 5)) % 256));

  describe.concurrent('because of its configuration', () => {
    test.each<[string, (text: string) => string | Buffer, RegExp]>([
      [
        'an unknown key',
        (text) => `${text}colour = red\n`,
        /unknown key "colour".*\[config-unknown-key\]/,
      ],
      [
        'a file of 2 MiB',
        (text) => `${text}${'# comment\n'.repeat(210_000)}`,
        /larger than 1048576 bytes/,
      ],
      ['a byte-order mark', (text) => `\ufeff${text}`, /byte-order mark/],
      ['a ticket twice', (text) => `${text}ticket = "t"\n`, /ticket "t" was opened on line/],
      ['a site twice', (text) => `site = ${network}.1\nport = 9\n${text}`, /the same address as/],
      ['17 members', () => `${seventeen.join('')}ticket = "t"\n`, /at most 16 members/],
      [
        'a ticket name of 64 bytes',
        (text) => text.replace('"t"', `"x${name63}"`),
        /has 64 bytes, at most 63/,
      ],
      ['a value of 65 bytes', (text) => `name = ${'n'.repeat(65)}\n${text}`, /name/],
      [
        'expire too short for the retries',
        (text) => text.replace('expire = 10', 'expire = 8'),
        /timeout \* \(retries \+ 1\)/,
      ],
      ['transport SCTP (9.1.5)', (text) => `transport = SCTP\n${text}`, /SCTP is not supported/],
    ])('%s is told in one line', async (_title, change, message) => {
      const folder = newFolder();
      const args = argumentsIn(folder, join(folder, 'ring.conf'));
      writeFileSync(join(folder, 'ring.conf'), change(plain));
      expectRefusal(await start(args), message);
      expectNothingIn(folder);
    });

    test('binary junk is told, each line once, and no control character reaches the terminal', async () => {
      const folder = newFolder();
      const args = argumentsIn(folder, join(folder, 'ring.conf'));
      writeFileSync(join(folder, 'ring.conf'), junk);
      const outcome = await start(args);
      const lines = spoken(outcome);
      expect(outcome.code).toBe(1);
      expect(lines.length).toBeGreaterThan(0);
      for (const line of lines) expect(line).toMatch(/ (error|warning): .+ \[[a-z-]+\]$/u);
      expect(new Set(lines).size).toBe(lines.length);
      expect(lines.join('')).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/u);
      expectNothingIn(folder);
    });

    test.each([
      ['that is missing', 'nowhere.conf', /nowhere\.conf does not exist/],
      ['that is a folder', '', /is no regular file/],
    ])('a file %s is told in one line', async (_title, file, message) => {
      const folder = newFolder();
      expectRefusal(await start(argumentsIn(folder, join(folder, file))), message);
      expectNothingIn(folder);
    });

    test('a member that booth.conf does not know is told who is', async () => {
      const folder = newFolder();
      const args = argumentsIn(folder, ring.config, '--self', '127.0.0.1');
      expectRefusal(await start(args), /127\.0\.0\.1.*127\.0\.41\.1/);
      expectNothingIn(folder);
    });

    test.each<[string, string | null, number, RegExp]>([
      ['missing', null, 0o600, /authfile \S+ does not exist/],
      ['readable by others', 'a shared secret', 0o604, /can be read by others.*chmod 600/],
      ['readable by its group', 'a shared secret', 0o640, /can be read by others.*chmod 600/],
      ['too short', 'seven b', 0o600, /has 7 bytes, at least 8/],
      ['too short without its white space', '  seven b \n', 0o600, /has 7 bytes, at least 8/],
      ['too long', 'k'.repeat(65), 0o600, /more than 64 bytes/],
      ['a huge file', 'k'.repeat(1 << 20), 0o600, /larger than 4096 bytes/],
      ['empty', '', 0o600, /has 0 bytes, at least 8/],
      ['beginning with NUL', '\0 shared secret', 0o600, /begins with a NUL byte/],
    ])(
      'an authfile %s keeps it from starting without authentication',
      async (_title, key, mode, message) => {
        const folder = newFolder();
        const args = argumentsIn(folder, join(folder, 'ring.conf'));
        if (key !== null) writeFileSync(join(folder, 'key'), key, { mode });
        if (key !== null) chmodSync(join(folder, 'key'), mode);
        writeFileSync(join(folder, 'ring.conf'), `authfile = ${join(folder, 'key')}\n${plain}`);
        const outcome = await start(args);
        expectRefusal(outcome, message);
        if (key !== null && key.length > 3)
          expect(outcome.stderr).not.toContain(key.trim().slice(0, 16));
        expectNothingIn(folder);
      },
    );
  });

  describe('because of this host', () => {
    const port = () => ring.port;

    test('a UDP port in use is told with who holds it', async () => {
      const folder = newFolder();
      const holder = await openPeer(`${network}.1`, port());
      const outcome = await start(argumentsIn(folder, ring.config));
      await holder.close();
      expectRefusal(
        outcome,
        new RegExp(
          String.raw`UDP 127\.0\.41\.1:${String(port())}: address already in use.*pid ${String(process.pid)} `,
        ),
      );
      await expectStarts(argumentsIn(folder, ring.config));
    });

    test('a TCP port in use is told, and the UDP port is given back', async () => {
      const folder = newFolder();
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(port(), `${network}.1`, resolve));
      const outcome = await start(argumentsIn(folder, ring.config));
      await new Promise((resolve) => server.close(resolve));
      expectRefusal(outcome, /TCP 127\.0\.41\.1:\d+: address already in use/);
      await expectStarts(argumentsIn(folder, ring.config));
    });

    test('an address that is not ours is told with those that are', async () => {
      const folder = newFolder();
      writeFileSync(join(ring.folder, 'far.conf'), plain.replace(`${network}.1`, '203.0.113.7'));
      const args = argumentsIn(folder, join(ring.folder, 'far.conf'), '--self', '203.0.113.7');
      expectRefusal(
        await start(args),
        /203\.0\.113\.7:\d+: no such address.*one of its addresses: .*127\.0\.0\.1/,
      );
      expect(existsSync(join(folder, 'lock.pid'))).toBe(false);
    });

    test.each<[string, (folder: string) => string, RegExp]>([
      [
        'is a file',
        (folder) => {
          writeFileSync(join(folder, 'state'), 'no folder');
          return 'state';
        },
        /cannot use the state directory \S+state: a file of that name/,
      ],
      [
        'lies below a file',
        (folder) => {
          writeFileSync(join(folder, 'file'), '');
          return 'file/state';
        },
        /a part of the path is not a directory/,
      ],
      [
        'cannot be made',
        () => '../../../../../../../../proc/geobooth',
        /no such file or directory/,
      ],
    ])(
      'a state directory that %s is told, and the lock given back',
      async (_title, make, message) => {
        const folder = newFolder();
        const state = join(folder, make(folder));
        const outcome = await start([...argumentsIn(folder, ring.config), '--state-dir', state]);
        expectRefusal(outcome, message);
        expect(existsSync(join(folder, 'lock.pid'))).toBe(false);
      },
    );

    test.each([
      ['a folder', (folder: string) => folder, /cannot use the lock file.*it is a directory/],
      [
        'in /proc',
        () => '/proc/geobooth/lock.pid',
        /cannot use the lock file.*no such file or directory/,
      ],
    ])('a lock file that is %s is told', async (_title, place, message) => {
      const folder = newFolder();
      const args = argumentsIn(folder, ring.config);
      expectRefusal(await start([...args, '-l', place(folder)]), message);
      expectNothingIn(folder);
    });

    test('a second daemon is refused: by the lock file, by the state directory, by the port', async () => {
      const first = await ring.start(1);
      const other = newFolder();
      const again = ring.argumentsOf(1);
      expectRefusal(
        await start(again),
        new RegExp(String.raw`another daemon holds the lock file \S+ \(pid ${String(first.pid)}\)`),
      );
      const lock = ['-l', join(other, 'lock.pid')];
      const journal = readFileSync(join(first.stateDir, 'journal'));
      expectRefusal(await start([...again, ...lock]), /another daemon uses the state directory/);
      const neighbour = [...again, ...lock, '--self', `${network}.2`];
      expectRefusal(await start(neighbour), /another daemon uses the state directory/);
      expect(readFileSync(join(first.stateDir, 'journal'))).toEqual(journal);
      const state = ['--state-dir', join(other, 'state')];
      expectRefusal(await start([...again, ...lock, ...state]), /UDP \S+ address already in use/);
      expect(readdirSync(other)).toEqual(['state']);
      expect(first.end()).toBeUndefined();
      expect(await first.stop()).toEqual({ code: 0, signal: null });
      expect(existsSync(first.lockPath)).toBe(false);
    });

    test('in the background the reasons come on standard error, with exit code 1', async () => {
      const folder = newFolder();
      const inBackground = (args: readonly string[]) => args.filter((word) => word !== '-S');
      writeFileSync(join(ring.folder, 'unknown.conf'), `${plain}colour = red\n`);
      const args = inBackground(argumentsIn(folder, join(ring.folder, 'unknown.conf')));
      const refused = await start(args);
      expectRefusal(refused, /unknown key "colour"/);
      expect(refused.stdout).toBe('');
      expectNothingIn(folder);
      const holder = await openPeer(`${network}.1`, port());
      const busy = await start(inBackground(argumentsIn(folder, ring.config)));
      await holder.close();
      expect(busy.stdout).toBe('');
      expectRefusal(busy, /UDP 127\.0\.41\.1:\d+: address already in use/);
      writeFileSync(join(folder, 'file'), '');
      const state = ['--state-dir', join(folder, 'file')];
      expectRefusal(
        await start([...inBackground(argumentsIn(folder, ring.config)), ...state]),
        /file of that name/,
      );
      await expectStarts(argumentsIn(folder, ring.config));
    });
  });

  describe('but starts with', () => {
    test.each<[string, (text: string) => string]>([
      ['line ends of CR and LF', (text) => text.replaceAll('\n', '\r\n')],
      ['a ticket name of 63 bytes', (text) => text.replace('"t"', `"${name63}"`)],
      [
        '16 members',
        () =>
          `port = ${String(ring.port)}\n${seventeen.slice(2).join('')}site = ${network}.1\nticket = "t"\n`,
      ],
    ])('%s', async (_title, change) => {
      const folder = newFolder();
      const args = argumentsIn(folder, join(folder, 'ring.conf'));
      writeFileSync(join(folder, 'ring.conf'), change(plain));
      await expectStarts(args);
    });
  });
});

/** Nothing of what happened before is in its way; it ends in order and takes its lock file away. */
async function expectStarts(args: readonly string[]): Promise<void> {
  const started = await startMember(`${network}.1`, ring.folder, args);
  const lockPath = args[args.lastIndexOf('-l') + 1] ?? '';
  await waitForStart({ ...started, lockPath }).finally(async () => {
    expect(await started.stop()).toEqual({ code: 0, signal: null });
  });
  expect(existsSync(lockPath)).toBe(false);
}
