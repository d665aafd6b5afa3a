// booth.conf and NAME.local.conf: problems or a configuration, and what is printed reads back equal.
import { isDeepStrictEqual } from 'node:util';
import { keywordNames } from '../../../core/config/keywords.ts';
import {
  localKeys,
  mergeLocalConfig,
  parseLocalConfig,
} from '../../../core/config/local-config.ts';
import { hostNamesOf, parseConfig } from '../../../core/config/parse.ts';
import { printConfig } from '../../../core/config/print.ts';
import type { Problem } from '../../../core/base/problem.ts';
import { confCases } from '../../core/config/conf-cases.ts';
import { bytesOfText, hold, type FuzzTarget } from '../target.ts';

const source = { path: '/etc/booth/booth.conf', resolve: () => null };

const rings = [
  `name = "two places"\nport = 9930\nauthfile = /etc/booth/key\nmaxtimeskew = 9\ndebug = 1
site = 192.0.2.1\nsite = 2001:db8::2\nport = 9929\narbitrator = 192.0.2.3
ticket = "__defaults__"\nexpire = 60\ntimeout = 2\nretries = 4\nrenewal-freq = 25
ticket = "db8"\nweights = 1,2,3\nacquire-after = 30\nbefore-acquire-handler = /usr/bin/check it
attr-prereq = auto role eq primary\nticket = "web"\nmode = manual\n`,
  'site = 192.0.2.1\nticket = "a"\nexpire = 900ms\ntimeout = 100ms\nretries = 3\n',
];

const printed = (): Uint8Array[] =>
  rings.flatMap((text) => {
    const { config } = parseConfig(bytesOfText(text), source);
    hold(config !== null, 'a seed is a configuration');
    return [bytesOfText(printConfig(config)), bytesOfText(text)];
  });

/** Problems have places inside of the file, and messages that fit into a log. */
function holdProblems(problems: readonly Problem[], bytes: Uint8Array): void {
  hold(problems.length <= bytes.length + 20, 'more problems than bytes');
  for (const { message, where } of problems) {
    hold(message.length < 2000, 'a message without end');
    hold(!/[\u0000-\u001f]/.test(message), 'a message with control characters');
    hold((where?.line ?? 1) >= 1 && (where?.line ?? 1) <= bytes.length + 1, 'a line of no file');
  }
}

const wordOf = (problems: readonly Problem[]): string =>
  [...new Set(problems.map(({ code }) => code))].sort().slice(0, 3).join(' ');

export const configTarget: FuzzTarget = {
  name: 'config',
  about: 'booth.conf',
  seeds: () => [...printed(), ...confCases.map(({ bytes }) => bytes)],
  words: [
    ...keywordNames.flatMap((key) => [key, `\n${key} = `]),
    ...['\n', '\r', '\0', '"', "'", '=', '#', ' ', ',', ';', 'ms', 's', '-1', '4294967296'],
    ...['"__defaults__"', 'manual', 'auto', 'eq', 'ne', 'UDP', '::1', '10.0.0.1', '\u00e9'],
  ],
  check: (bytes) => {
    const { config, problems } = parseConfig(bytes, source);
    const hasErrors = problems.some(({ severity }) => severity === 'error');
    hold((config === null) === hasErrors, 'a configuration with errors, or none without any');
    holdProblems(problems, bytes);
    hold(hostNamesOf(bytes).length <= 16, 'more host names than members');
    if (config === null) return wordOf(problems);
    const again = parseConfig(bytesOfText(printConfig(config)), source);
    hold(isDeepStrictEqual(again.config, config), 'what is printed reads otherwise');
    return `config ${wordOf(problems)}`;
  },
};

export const localConfigTarget: FuzzTarget = {
  name: 'local-config',
  about: 'NAME.local.conf',
  seeds: () => [
    bytesOfText('self = 192.0.2.1\ncluster = embedded\nstate-dir = /var/lib/geobooth/x\n'),
    bytesOfText('listen = "2001:db8::2"\nwatchdog = /dev/watchdog\n'),
    bytesOfText("# how it ends\nself-fence = '/usr/sbin/reboot -f  now'\ncluster = none\n"),
  ],
  words: [
    ...Object.keys(localKeys).flatMap((key) => [key, `\n${key} = `]),
    ...['\n', '\r', '\0', '"', "'", '=', '#', ' ', '/', 'pacemaker', 'none', '::1'],
  ],
  check: (bytes) => {
    const { settings, problems } = parseLocalConfig(bytes, 'x.local.conf');
    holdProblems(problems, bytes);
    const merged = mergeLocalConfig({}, settings);
    hold(isDeepStrictEqual(mergeLocalConfig(merged, {}), merged), 'settings change when merged');
    hold(merged.stateDir?.startsWith('/') !== false, 'a state directory that is no absolute path');
    hold(merged.selfFence?.length !== 0, 'a self-fence without a program');
    return `${Object.keys(settings).sort().join(' ')}: ${wordOf(problems)}`;
  },
};
