// booth and geostore as built, run as processes against a server that gives prepared answers.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { loadKey, type AuthKey } from '../../../core/wire/authentication.ts';
import { describeWith, distDirectory } from '../../support/requirements.ts';
import { runCommand, type CommandOutcome } from '../../support/run-command.ts';
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts';
import {
  result,
  shortResult,
  startCannedServer,
  text,
  type CannedServer,
  type Step,
} from './canned-server.ts';

const site = '127.0.0.41';
const otherSite = '127.0.0.42';
const arbitrator = '127.0.0.43';
const keyBytes = Buffer.from('0123456789abcdef');

const keyOf = (bytes: Uint8Array): AuthKey => {
  const loaded = loadKey(bytes);
  if (!loaded.ok) throw new Error(loaded.error.message);
  return loaded.value;
};
const key = keyOf(keyBytes);
const strangeKey = keyOf(Buffer.from('another key of a stranger'));

describeWith(['linux', 'geobooth-build'], 'the client programs', () => {
  let folder: TemporaryDirectory;
  let server: CannedServer;
  let lockedServer: CannedServer;

  const write = (name: string, content: string | Uint8Array, mode = 0o644): string => {
    const path = join(folder.path, name);
    writeFileSync(path, content, { mode });
    return path;
  };
  const ring = (port: number, tickets: string, authFile?: string): string =>
    [
      `port = ${port}`,
      `site = ${site}`,
      `site = ${otherSite}`,
      `arbitrator = ${arbitrator}`,
      ...(authFile === undefined ? [] : [`authfile = ${authFile}`]),
      tickets,
      '',
    ].join('\n');
  const run = (program: string, ...args: readonly string[]): Promise<CommandOutcome> =>
    runCommand(join(distDirectory, program), args, { timeoutMs: 20_000, cwd: folder.path });
  const booth = (...args: readonly string[]) =>
    run('booth', ...args, '-c', './open.conf', '--self', site);
  const script = (...steps: readonly Step[]) => {
    server.script(steps);
    lockedServer.script(steps);
  };

  beforeAll(async () => {
    folder = await makeTemporaryDirectory('cli');
    server = await startCannedServer(site);
    lockedServer = await startCannedServer(site, 0, key);
    const keyFile = write('key', keyBytes, 0o600);
    write('open.conf', ring(server.port, 'ticket = "web"\nticket = "db"'));
    write('one.conf', ring(server.port, 'ticket = "web"'));
    write('none.conf', ring(server.port, ''));
    write('locked.conf', ring(lockedServer.port, 'ticket = "web"', keyFile));
  });
  afterAll(async () => {
    await server.close();
    await lockedServer.close();
    await folder.remove();
  });
  beforeEach(() => {
    server.requests.length = 0;
    lockedServer.requests.length = 0;
  });

  const listText =
    'ticket: web, leader: 127.0.0.41, expires: 2026-11-20 12:57:35\nticket: db, leader: none\n';

  test('list prints the text byte for byte, through a pipe', async () => {
    const odd = `${listText}\u001b[31m\u0007 no newline at the end`;
    script(text(odd));
    const outcome = await booth('list');
    expect(outcome).toMatchObject({ code: 0, stdout: odd, stderr: '' });
    expect(server.requests).toMatchObject([{ command: 'list' }]);
  });

  test('list as JSON', async () => {
    script(text(listText));
    const { code, stdout } = await booth('list', '--output-format', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      server: site,
      tickets: [
        { ticket: 'web', state: 'granted', leader: site },
        { ticket: 'db', state: 'nobody', leader: null },
      ],
    });
  });

  test('list as JSON of a text that is none of booth', async () => {
    script(text('ticket: web, leader: somebody else\n'));
    const outcome = await booth('list', '--output-format', 'json');
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toContain('unexpected line 1');
  });

  test('peers asks for peers, through "client" too', async () => {
    script(text(''));
    expect(await booth('client', 'peers')).toMatchObject({ code: 0, stdout: '' });
    expect(server.requests).toMatchObject([{ command: 'peers' }]);
  });

  interface ChangeCase {
    readonly args: readonly string[];
    readonly steps: readonly Step[];
    readonly code: number;
    readonly says: RegExp;
  }
  const grant = ['grant', 'web'];
  const revoke = ['revoke', 'web'];
  const more = result('more');
  const cases: Readonly<Record<string, ChangeCase>> = {
    'grant that succeeds at once': {
      args: grant,
      steps: [result('success')],
      code: 0,
      says: /^info: grant succeeded\n$/,
    },
    'grant that succeeds after an election': {
      args: grant,
      steps: [more, { kind: 'pause', ms: 50 }, result('success')],
      code: 0,
      says: /^info: grant request sent, waiting for the result \.\.\.\ninfo: grant succeeded\n$/,
    },
    'grant answered in one segment': {
      args: grant,
      steps: [more, more, result('sync-success')],
      code: 0,
      says: /grant succeeded/,
    },
    'grant with a delayed commit': {
      args: grant,
      steps: [more, result('pending')],
      code: 0,
      says: /the commit to the CIB is pending/,
    },
    'grant -C through a delayed commit': {
      args: ['grant', '-C', 'web'],
      steps: [more, result('pending'), result('success')],
      code: 0,
      says: /grant succeeded/,
    },
    '9.3.4: grant that is not decided in time': {
      args: grant,
      steps: [more, more, more],
      code: 3,
      says: /not decided yet, giving up waiting/,
    },
    'grant -w through many interim answers': {
      args: ['grant', '-w', 'web'],
      steps: [more, more, more, more, result('success')],
      code: 0,
      says: /grant succeeded/,
    },
    'grant that will be answered later': {
      args: grant,
      steps: [result('async')],
      code: 0,
      says: /answered asynchronously/,
    },
    'grant of a granted ticket': {
      args: grant,
      steps: [result('overgrant')],
      code: 1,
      says: /already granted/,
    },
    'grant that fails': { args: grant, steps: [result('failed')], code: 1, says: /grant failed/ },
    'grant the handler denies': {
      args: grant,
      steps: [more, result('handler-failed')],
      code: 1,
      says: /before-acquire-handler/,
    },
    'grant a prerequisite denies': {
      args: grant,
      steps: [result('prerequisite-failed')],
      code: 1,
      says: /attr-prereq/,
    },
    'grant of an unknown ticket': {
      args: ['grant', 'nope'],
      steps: [result('invalid-argument')],
      code: 1,
      says: /ticket "nope" does not exist/,
    },
    'grant answered with "not owned"': {
      args: grant,
      steps: [result('ticket-idle')],
      code: 1,
      says: /not owned/,
    },
    'grant answered with a code of another place': {
      args: grant,
      steps: [result('busy')],
      code: 1,
      says: /unexpected code \(busy\)/,
    },
    'grant answered with a redirect': {
      args: grant,
      steps: [result('redirect', otherSite)],
      code: 1,
      says: /refers to another one/,
    },
    'grant whose server closes at once': {
      args: grant,
      steps: [],
      code: 1,
      says: /closed the connection/,
    },
    'grant whose server closes after an interim answer': {
      args: grant,
      steps: [more],
      code: 1,
      says: /how the grant ended is open/,
    },
    'grant whose answer is cut': {
      args: grant,
      steps: [{ kind: 'bytes', bytes: new Uint8Array(20) }],
      code: 1,
      says: /closed the connection/,
    },
    'grant answered with garbage': {
      args: grant,
      steps: [{ kind: 'bytes', bytes: Buffer.from('HTTP/1.1 400 Bad Request\r\n'.repeat(9)) }],
      code: 1,
      says: /none of booth's \(bad-magic\)/,
    },
    'grant answered with a huge length': {
      args: grant,
      steps: [{ kind: 'bytes', bytes: headerWithLength(0xfffffff0) }],
      code: 1,
      says: /none of booth's \(too-long\)/,
    },
    'grant answered with a length below a header': {
      args: grant,
      steps: [{ kind: 'bytes', bytes: headerWithLength(4) }],
      code: 1,
      says: /none of booth's \(bad-length\)/,
    },
    'grant refused in the short form': {
      args: grant,
      steps: [shortResult('auth-failed')],
      code: 1,
      says: /failed to authenticate/,
    },
    'grant refused by a server with a key': {
      args: grant,
      steps: [shortResult('auth-failed', key)],
      code: 1,
      says: /failed to authenticate/,
    },
    'revoke that succeeds': {
      args: revoke,
      steps: [result('success')],
      code: 0,
      says: /revoke succeeded/,
    },
    '9.3.4: revoke of an idle ticket': {
      args: revoke,
      steps: [result('ticket-idle')],
      code: 0,
      says: /not owned by any site/,
    },
    '9.1.3: revoke redirected to nobody': {
      args: revoke,
      steps: [result('redirect')],
      code: 1,
      says: /names none/,
    },
    'revoke redirected to a stranger': {
      args: revoke,
      steps: [result('redirect', '192.0.2.99')],
      code: 1,
      says: /not in \.\/open\.conf/,
    },
    'revoke redirected in circles': {
      args: revoke,
      steps: [result('redirect', site)],
      code: 1,
      says: /more than 3 times/,
    },
  };

  test.each(Object.entries(cases))('a %s', async (_, { args, steps, code, says }) => {
    script(...steps);
    const outcome = await booth(...args);
    expect(outcome.stderr).toMatch(says);
    expect(outcome).toMatchObject({ code, stdout: '' });
  });

  test('redirects are followed, at most three', async () => {
    script(result('redirect', site));
    await booth('revoke', 'web');
    expect(server.requests).toHaveLength(4);
  });

  test('a redirected revoke is repeated at the leader', async () => {
    const leader = await startCannedServer(otherSite, server.port);
    try {
      leader.script([result('success')]);
      script(result('redirect', otherSite));
      expect(await booth('revoke', 'web')).toMatchObject({ code: 0 });
      expect(leader.requests).toMatchObject([{ command: 'revoke-request', ticket: 'web' }]);
    } finally {
      await leader.close();
    }
  });

  test('options of a grant are sent', async () => {
    script(result('success'));
    await booth('grant', '-F', '-C', 'web');
    expect(server.requests).toMatchObject([
      {
        ticket: 'web',
        options: { isImmediate: true, isWaiting: true, isWaitingForCommit: true },
      },
    ]);
  });

  test('the result of a change as JSON, also when it failed', async () => {
    script(result('overgrant'));
    const { code, stdout } = await booth('grant', 'web', '--output-format=json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      operation: 'grant',
      ticket: 'web',
      server: site,
      outcome: 'failed',
      exitCode: 1,
    });
  });

  test('silence ends in time: before any answer a failure, after one an open outcome', async () => {
    script({ kind: 'silence' });
    const limit = ['--request-timeout', '0.3'];
    const first = await booth('grant', 'web', ...limit);
    expect(first).toMatchObject({ code: 1 });
    expect(first.stderr).toMatch(/no answer from 127\.0\.0\.41:\d+ in 0\.3 s/);
    expect(await booth('list', ...limit)).toMatchObject({ code: 1 });
    script(result('more'), { kind: 'silence' });
    const second = await booth('grant', '-w', 'web', ...limit);
    expect(second).toMatchObject({ code: 3 });
    expect(second.stderr).toMatch(/not decided yet: no answer/);
  });

  test('list that gets three interim answers exits with 2', async () => {
    script(result('more'), result('more'), result('more'));
    expect(await booth('list')).toMatchObject({ code: 2, stdout: '' });
  });

  test('nobody listens', async () => {
    const outcome = await booth('list', '-s', otherSite);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toMatch(/cannot connect to 127\.0\.0\.42:\d+: .*ECONNREFUSED/);
  });

  test.each([
    [['list', '-s', '192.0.2.99'], 2, /is no member/],
    [['peers', '-s', 'nosuch.invalid'], 2, /is no member/],
    [['grant', '-s', '192.0.2.99', 'web'], 1, /is no member/],
    [['grant', '-s', arbitrator, 'web'], 1, /just an arbitrator: grant works only at sites/],
    [['revoke', '-s', arbitrator, 'web'], 1, /just an arbitrator/],
    [['grant'], 1, /no ticket given: name one of web, db/],
    [['grant', '-Z'], 1, /option -Z is unknown/],
  ])('%j exits with %i and asks nobody', async (args, code, says) => {
    const outcome = await booth(...args);
    expect(outcome).toMatchObject({ code, stdout: '' });
    expect(outcome.stderr).toMatch(says);
    expect(server.requests).toEqual([]);
  });

  test('"-s other" is the one other site', async () => {
    script(text(''));
    const args = ['list', '-s', 'other', '-c', './open.conf', '--self', otherSite];
    expect(await run('booth', ...args)).toMatchObject({ code: 0 });
    expect(server.requests).toHaveLength(1);
  });

  test('the only ticket need not be named; with none there is nothing to grant', async () => {
    script(result('success'));
    expect(await run('booth', 'grant', '-c', './one.conf', '--self', site)).toMatchObject({
      code: 0,
    });
    expect(server.requests).toMatchObject([{ ticket: 'web' }]);
    const none = await run('booth', 'grant', '-c', './none.conf', '--self', site);
    expect(none).toMatchObject({ code: 1 });
    expect(none.stderr).toContain('has none');
  });

  test('9.1.4: a host that is no member can ask with -s, and is told to without', async () => {
    const stray = write(
      'stray.conf',
      'site = 203.0.113.91\nsite = 203.0.113.92\nsite = 203.0.113.93\n',
    );
    const lost = await run('booth', 'list', '-c', stray);
    expect(lost).toMatchObject({ code: 1, stdout: '' });
    expect(lost.stderr).toMatch(
      /no local address is that of a member.*name the member to ask with -s/,
    );
    script(text(''));
    const asked = ['list', '-s', site, '-c', './open.conf', '--self', '192.0.2.99'];
    expect(await run('booth', ...asked)).toMatchObject({ code: 0 });
  });

  test('with a key everything is signed and checked', async () => {
    script(text(listText));
    const locked = (...args: readonly string[]) =>
      run('booth', ...args, '-c', './locked.conf', '--self', site);
    expect(await locked('list')).toMatchObject({ code: 0, stdout: listText });
    expect(lockedServer.requests).toMatchObject([{ command: 'list' }]);
    script({ ...shortResult('auth-failed') });
    expect((await locked('grant', 'web')).stderr).toMatch(/failed to authenticate/);
    script(shortResult('success', strangeKey));
    const forged = await locked('grant', 'web');
    expect(forged).toMatchObject({ code: 1 });
    expect(forged.stderr).toMatch(/not authentic \(bad-mac\)/);
    script(shortResult('success', null));
    const bare = await locked('grant', 'web');
    expect(bare).toMatchObject({ code: 1 });
    expect(bare.stderr).toMatch(/not authentic/);
  });

  test.each([
    ['missing', null, 0o600, /authfile .* does not exist/],
    ['exposed', keyBytes, 0o644, /can be read by others/],
    ['short', Buffer.from('1234567'), 0o600, /at least 8 are needed/],
    ['long', Buffer.alloc(65, 200), 0o600, /more than 64 bytes/],
    ['nul', Buffer.alloc(64, 0), 0o600, /begins with a NUL byte/],
  ])('a %s key stops the client before it asks', async (name, content, mode, says) => {
    const keyFile = join(folder.path, `key-${name}`);
    if (content !== null) write(`key-${name}`, content, mode);
    const path = write(`${name}.conf`, ring(server.port, 'ticket = "web"', keyFile));
    const outcome = await run('booth', 'grant', '-c', path, '--self', site, 'web');
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(says);
    expect(server.requests).toEqual([]);
  });

  test('all mistakes of a configuration are told at once', async () => {
    const path = write('wrong.conf', 'sight = 192.0.2.1\nport = 9929\nticket = "a b"\n');
    const outcome = await run('booth', 'list', '-c', path);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(/wrong\.conf:1:.*\n(.*\n)*.*wrong\.conf:3:/);
  });

  const geostore = (...args: readonly string[]) =>
    run('geostore', ...args, '-c', './open.conf', '--self', site);
  const attributeText = (command: 'attr-get' | 'attr-list', content: string): Step => ({
    kind: 'answer',
    answer: { form: 'text', command, text: content },
  });

  test('geostore set, get, delete and list', async () => {
    script(shortResult('success'));
    expect(await geostore('set', '-t', 'web', 'color', 'deep green')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'info: set succeeded\n',
    });
    expect(await geostore('delete', '-t', 'web', 'color')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '',
    });
    script(attributeText('attr-get', 'deep green\n'));
    expect(await geostore('get', '-t', 'web', 'color')).toMatchObject({
      code: 0,
      stdout: 'deep green\n',
    });
    const got = await geostore('get', '-t', 'web', 'color', '--output-format', 'json');
    expect(JSON.parse(got.stdout)).toMatchObject({ attribute: 'color', value: 'deep green' });
    const list = 'color deep green 2026-11-21 09:16:36\n';
    script(attributeText('attr-list', list));
    expect(await geostore('list', '-t', 'web')).toMatchObject({ code: 0, stdout: list });
    const listed = await geostore('list', '-t', 'web', '--output-format', 'json');
    expect(JSON.parse(listed.stdout)).toEqual({
      ticket: 'web',
      attributes: [{ name: 'color', value: 'deep green', setAt: '2026-11-21 09:16:36' }],
    });
    expect(server.requests[0]).toMatchObject({
      command: 'attr-set',
      ticket: 'web',
      attribute: 'color',
      value: 'deep green',
    });
  });

  test.each([
    [['get', '-t', 'web', 'x'], 'no-attribute', 1, /attribute "x" not set/],
    [['get', '-t', 'nope', 'x'], 'invalid-argument', 1, /ticket "nope" does not exist/],
    [['set', '-t', 'web', 'x', 'y'], 'failed', 1, /set failed/],
    [['set', '-t', 'web', 'x', 'y'], 'async', 0, /asynchronously/],
  ] as const)('geostore %j answered with %s', async (args, code, exit, says) => {
    script(shortResult(code));
    const outcome = await geostore(...args);
    expect(outcome).toMatchObject({ code: exit, stdout: '' });
    expect(outcome.stderr).toMatch(says);
  });

  test.each([
    [['set', '-t', 'web', '-s', arbitrator, 'x', 'y'], 1, /just an arbitrator: geostore set/],
    [['set', '-t', 'web', '-s', '192.0.2.99', 'x', 'y'], 1, /is no member/],
    [['get', '-t', 'web', '-s', '192.0.2.99', 'x'], 2, /is no member/],
    [['get', 'x'], 1, /no ticket given/],
    [['set', '-t', 'web'], 1, /not enough arguments/],
  ])('geostore %j exits with %i and asks nobody', async (args, code, says) => {
    const outcome = await geostore(...args);
    expect(outcome).toMatchObject({ code, stdout: '' });
    expect(outcome.stderr).toMatch(says);
    expect(server.requests).toEqual([]);
  });
});

/** A header of booth's with a length of its own. */
function headerWithLength(length: number): Uint8Array {
  const bytes = Buffer.alloc(48);
  bytes.writeUInt32BE(0x5f1ba08c, 12);
  bytes.writeUInt32BE(0x00010003, 16);
  bytes.writeUInt32BE(length, 24);
  return bytes;
}
