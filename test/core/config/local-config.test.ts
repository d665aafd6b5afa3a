import { expect, test } from 'vitest';
import {
  localKeys,
  mergeLocalConfig,
  parseLocalConfig,
  readLocalFlags,
} from '../../../core/config/local-config.ts';

const parse = (text: string) =>
  parseLocalConfig(new TextEncoder().encode(text), '/etc/booth/booth.local.conf');

test('every setting is read, in the grammar of booth.conf', () => {
  const text = `# this host\r\nself = 10.0.0.1\ncluster = 'pacemaker' # real\nstate-dir = "/var/lib/${'x'.repeat(200)}"\nlisten=::\n`;
  expect(parse(text)).toEqual({
    settings: {
      self: '10.0.0.1',
      cluster: 'pacemaker',
      stateDir: `/var/lib/${'x'.repeat(200)}`,
      listen: '::',
    },
    problems: [],
  });
});

test('all problems are found at once', () => {
  const { settings, problems } = parse(
    'cluser = none\nsite = 10.0.0.1\ncluster = corosync\nstate-dir = here\nlisten = 10.0.0.1:9929\nself = ""\nx\nzzz=1\nself=10.0.0.1',
  );
  expect(settings).toEqual({ self: '10.0.0.1' });
  expect(problems.map(({ where, message }) => `${String(where?.line)} ${message}`)).toEqual([
    '1 unknown key "cluser": did you mean cluster?',
    '2 unknown key "site": it belongs into booth.conf',
    '3 cluster: expected embedded, pacemaker, none, found "corosync"',
    '4 state-dir: expected an absolute path, found "here"',
    '5 listen: expected an IP address without port, found "10.0.0.1:9929"',
    '6 self: expected an address of booth.conf, found ""',
    '7 expected = after "x", found the end of the line: write key = value',
    '8 unknown key "zzz": known are self, cluster, state-dir, listen, watchdog, self-fence',
    '9 self replaces the one of line 6: remove one of them',
  ]);
});

test('the last resorts of the guard', () => {
  const fence = '"systemctl  --force reboot"';
  expect(parse(`watchdog = /dev/watchdog\nself-fence = ${fence}`)).toMatchObject({
    settings: { watchdog: '/dev/watchdog', selfFence: ['systemctl', '--force', 'reboot'] },
    problems: [],
  });
  const { problems } = parse('watchdog = dev\nself-fence = " "');
  expect(problems.map(({ message }) => message)).toEqual([
    'watchdog: expected an absolute path, found "dev"',
    'self-fence: expected a program, found " "',
  ]);
});

test('binary junk is one problem', () => {
  expect(parse('self = 1\0').problems.map(({ code }) => code)).toEqual(['config-binary']);
});

test('flags of the same names are checked alike', () => {
  expect(readLocalFlags({ self: '10.0.0.1', cluster: 'none', listen: undefined })).toEqual({
    settings: { self: '10.0.0.1', cluster: 'none' },
    problems: [],
  });
  const { settings, problems } = readLocalFlags({ cluster: 'x', 'state-dir': 'y' });
  expect(settings).toEqual({});
  expect(problems.map(({ code, message }) => `${code} ${message}`)).toEqual([
    'local-setting-invalid --cluster: expected embedded, pacemaker, none, found "x"',
    'local-setting-invalid --state-dir: expected an absolute path, found "y"',
  ]);
});

test('flags win over the file, the file over the defaults', () => {
  expect(mergeLocalConfig({}, {})).toEqual({
    self: null,
    cluster: 'embedded',
    stateDir: null,
    listen: null,
    watchdog: null,
    selfFence: null,
  });
  expect(
    mergeLocalConfig(
      { cluster: 'none', stateDir: undefined },
      { cluster: 'pacemaker', stateDir: '/file', self: '10.0.0.1' },
    ),
  ).toMatchObject({ self: '10.0.0.1', cluster: 'none', stateDir: '/file', listen: null });
});

test('every setting is explained', () => {
  expect(Object.keys(localKeys)).toEqual([
    'self',
    'cluster',
    'state-dir',
    'listen',
    'watchdog',
    'self-fence',
  ]);
});
