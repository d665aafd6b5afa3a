import { execFileSync } from 'node:child_process';
import {
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  chmodSync,
  mkdirSync,
  truncateSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseAddress } from '../../../core/base/address.ts';
import {
  configPath,
  localConfigPath,
  readAuthFile,
  readConfigFile,
  resolveHostName,
} from '../../../core/io/config-file.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'geobooth-config-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const RING = 'site = 192.0.2.1\nsite = 192.0.2.2\narbitrator = 192.0.2.3\n';
const put = (name: string, content: string | Uint8Array, mode = 0o644): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
};

test.each([
  [undefined, '/etc/booth/booth.conf'],
  ['nope', '/etc/booth/nope.conf'],
  ['nope.cnf', '/etc/booth/nope.cnf'],
  ['./nope', './nope'],
  ['/a/nope', '/a/nope'],
])('-c %s means %s', (argument, path) => {
  expect(configPath(argument)).toBe(path);
});

test.each([
  ['/etc/booth/booth.conf', '/etc/booth/booth.local.conf'],
  ['/etc/booth/x.y.conf', '/etc/booth/x.y.local.conf'],
  ['/a.b/geo', '/a.b/geo.local.conf'],
  ['./.hidden', './.hidden.local.conf'],
])('beside %s stands %s', (path, local) => {
  expect(localConfigPath(path)).toBe(local);
});

test('both files are read', async () => {
  const path = put('geo.conf', RING);
  put('geo.local.conf', 'self = 192.0.2.1\n');
  const read = await readConfigFile(path);
  expect(read).toMatchObject({
    config: { name: 'geo', path },
    local: { self: '192.0.2.1' },
    problems: [],
    localPath: join(folder, 'geo.local.conf'),
  });
});

test('the local file may be absent, and its problems are told with the others', async () => {
  const path = put('geo.conf', RING);
  expect(await readConfigFile(path)).toMatchObject({ local: {}, problems: [] });
  put('geo.local.conf', 'x = 1');
  const { config, problems } = await readConfigFile(path);
  expect(config).not.toBeNull();
  expect(problems.map(({ where }) => where?.file)).toEqual([join(folder, 'geo.local.conf')]);
});

test('host names are resolved once each, before parsing', async () => {
  const asked: string[] = [];
  const path = put('geo.conf', `site = berlin\nsite = 192.0.2.2\narbitrator = nowhere\n`);
  const read = await readConfigFile(path, (name) => {
    asked.push(name);
    return Promise.resolve(name === 'berlin' ? parseAddress('2001:db8::5') : null);
  });
  expect(asked).toEqual(['berlin', 'nowhere']);
  expect(read.problems.map(({ code }) => code)).toEqual(['config-address-invalid']);
});

test.each([
  ['localhost', /^(127\.0\.0\.1|::1)$/],
  ['127.1', /^127\.0\.0\.1$/],
])('the system resolver reads %s', async (name, expected) => {
  expect((await resolveHostName(name))?.text).toMatch(expected);
});

test.each(['', 'no-such-host.invalid', '::1%lo', 'fe80::1%no-such-interface', 'x%1'])(
  'the name %j has no address',
  async (name) => {
    expect(await resolveHostName(name)).toBeNull();
  },
);

test('a zone that exists is dropped', async () => {
  expect((await resolveHostName('fe80::1%1'))?.text).toBe('fe80::1');
});

test('symbolic links are followed', async () => {
  put('real.conf', RING);
  symlinkSync(join(folder, 'real.conf'), join(folder, 'geo.conf'));
  expect((await readConfigFile(join(folder, 'geo.conf'))).config?.name).toBe('geo');
});

test('what cannot be a configuration file is refused with the reason', async () => {
  mkdirSync(join(folder, 'folder'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  const huge = put('huge', '');
  truncateSync(huge, 1024 * 1024 + 1);
  const messages = await Promise.all(
    ['missing', 'folder', 'pipe', 'huge', 'missing/x'].map(async (name) => {
      const { config, problems } = await readConfigFile(join(folder, name));
      expect(config).toBeNull();
      return problems.map(({ code, message }) => `${code}: ${message.replace(folder, '…')}`);
    }),
  );
  expect(messages).toEqual([
    ['config-missing: …/missing does not exist; write it, or name another with -c'],
    ['config-not-regular: …/folder is no regular file'],
    ['config-not-regular: …/pipe is no regular file'],
    ['config-too-large: …/huge is larger than 1048576 bytes'],
    ['config-missing: …/missing/x does not exist; write it, or name another with -c'],
  ]);
});

test('a path through a file cannot be read', async () => {
  const path = put('file', '');
  const { problems } = await readConfigFile(join(path, 'x'));
  expect(problems[0]).toMatchObject({ code: 'config-unreadable' });
});

test.each([0o600, 0o400, 0o620, 0o601, 0o700])('a key of mode %o is read', async (mode) => {
  const path = put('key', Uint8Array.from([1, 2, 255, 10]), mode);
  expect(await readAuthFile(path)).toEqual({ ok: true, value: Uint8Array.from([1, 2, 255, 10]) });
});

test.each([0o640, 0o604, 0o644])('a key of mode %o is exposed', async (mode) => {
  const path = put('key', 'secret-secret', mode);
  const read = await readAuthFile(path);
  expect(read).toMatchObject({ error: { code: 'authfile-exposed' } });
  expect(JSON.stringify(read)).not.toContain('secret-secret');
});

test('a key that is missing, no file or far too large is refused', async () => {
  const huge = put('huge', new Uint8Array(4097), 0o600);
  const largest = put('largest', new Uint8Array(4096), 0o600);
  expect(await readAuthFile(join(folder, 'x'))).toMatchObject({
    error: { code: 'authfile-missing' },
  });
  expect(await readAuthFile(folder)).toMatchObject({ error: { code: 'authfile-not-regular' } });
  expect(await readAuthFile('/dev/null')).toMatchObject({
    error: { code: 'authfile-not-regular' },
  });
  expect(await readAuthFile(huge)).toMatchObject({ error: { code: 'authfile-too-large' } });
  expect(await readAuthFile(largest)).toMatchObject({ ok: true });
});

test('a path with a NUL byte is a value, not an exception', async () => {
  expect(await readAuthFile('/tmp/a\0b')).toMatchObject({ error: { code: 'authfile-unreadable' } });
});
