import { describe, expect, test } from 'vitest';
import {
  parseDaemonArguments,
  parseDaemonRequest,
} from '../../../core/cli/arguments/daemon-arguments.ts';

const defaults = {
  config: null,
  lockFile: null,
  isForeground: false,
  debugLevel: 0,
  self: null,
  cluster: null,
  stateDir: null,
  listen: null,
  watchdog: null,
  logFormat: null,
  selfFence: null,
};

const parse = (line: string) => parseDaemonArguments(line === '' ? [] : line.split(' '));

describe('a daemon accepts', () => {
  test.each([
    ['', {}],
    ['-c /etc/booth/b.conf', { config: '/etc/booth/b.conf' }],
    ['-S -D -D', { isForeground: true, debugLevel: 2 }],
    ['-SDl lock', { isForeground: true, debugLevel: 1, lockFile: 'lock' }],
    ['-D -s 192.0.2.1', { debugLevel: 1, self: '192.0.2.1' }],
    ['-s 192.0.2.1 -D', { debugLevel: 1, self: '192.0.2.1' }],
    ['--self 192.0.2.1', { self: '192.0.2.1' }],
    ['--cluster embedded', { cluster: 'embedded' }],
    ['--cluster=none', { cluster: 'none' }],
    ['--state-dir /var/lib/x --listen 0.0.0.0', { stateDir: '/var/lib/x', listen: '0.0.0.0' }],
    ['--watchdog /dev/watchdog', { watchdog: '/dev/watchdog' }],
    ['--log-format json', { logFormat: 'json' }],
    [
      '-S --self-fence /sbin/reboot -f --now',
      { isForeground: true, selfFence: ['/sbin/reboot', '-f', '--now'] },
    ],
    ['surplus words', {}],
  ])('"%s"', (line, expected) => {
    expect(parse(line)).toEqual({ ok: true, value: { ...defaults, ...expected } });
  });

  test('the wish for help', () => {
    expect(parseDaemonRequest(['-h'])).toEqual({ ok: true, value: 'help' });
    expect(parse('--help')).toMatchObject({ ok: false, error: { message: /boothd --help/ } });
  });
});

describe('a daemon refuses', () => {
  test.each([
    ['-s 192.0.2.1', /^-s goes only with -D/],
    ['-t t', /^option -t is unknown/],
    ['-F', /^option -F is unknown/],
    ['--cluster corosync', /^--cluster must be one of embedded, pacemaker, none, got "corosync"$/],
    ['--log-format xml', /^--log-format must be one of json, plain, got "xml"$/],
    ['--self-fence', /^option --self-fence needs a value/],
    ['--state-dir=', /^option --state-dir may not be empty$/],
  ])('"%s"', (line, message) => {
    const parsed = parse(line);
    expect(parsed.ok).toBe(false);
    if (!parsed.ok) expect(parsed.error.message).toMatch(message);
  });
});
