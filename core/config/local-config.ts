/**
 * geobooth's own settings of one host, from `NAME.local.conf` beside booth.conf or from flags. They
 * stay out of booth.conf because booth refuses keys it does not know.
 */
import { parseAddress } from '../base/address.ts';
import type { Problem } from '../base/problem.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Refusal } from './duration.ts';
import { excerpt } from './excerpt.ts';
import { keywords } from './keywords.ts';
import { linesOf, textOf } from './line.ts';
import type { LocalConfig } from './model.ts';
import { newReport } from './report.ts';
import { nearest } from './spelling.ts';
import { byteLength, readStatement } from './statement.ts';

/** The settings one source gives; what is absent comes from the next source. */
export type LocalSettings = { readonly [Key in keyof LocalConfig]?: LocalConfig[Key] | undefined };

export interface ParsedLocalSettings {
  readonly settings: LocalSettings;
  readonly problems: readonly Problem[];
}

/** The keys of the file, which are the names of the flags too. */
export const localKeys = {
  self: 'address of this member as in booth.conf; by default the local addresses are searched',
  cluster: 'what follows the tickets here: embedded (default), pacemaker or none',
  'state-dir': 'folder for durable state, an absolute path; by default /var/lib/geobooth/NAME',
  listen: "IP address to bind instead of the member's own, behind address translation",
  watchdog:
    'watchdog device, for instance /dev/watchdog: the guard lets it fire when resources do not stop',
  'self-fence':
    'program and arguments, split at spaces, that the guard runs when resources do not stop',
} as const satisfies Record<string, string>;

export type LocalKey = keyof typeof localKeys;

const localKeyNames = Object.keys(localKeys) as readonly LocalKey[];

/** As in booth.conf, but paths may be as long as a line. */
const limits = { keyBytesMax: 64, valueBytesMax: 1000 };

const clusters = ['embedded', 'pacemaker', 'none'] as const;

/** Reads `NAME.local.conf`: the grammar of booth.conf, other keys. All problems at once. */
export function parseLocalConfig(bytes: Uint8Array, path: string): ParsedLocalSettings {
  const report = newReport(path);
  const text = textOf(bytes, report);
  let settings: LocalSettings = {};
  const lineOf = new Map<string, number>();
  for (const line of text === null ? [] : linesOf(text, report)) {
    const statement = readStatement(line, limits, report);
    if (statement === null) continue;
    const { key, value, keyAt, valueAt } = statement;
    if (!isLocalKey(key)) {
      report.error('config-unknown-key', () => unknownKey(key), keyAt);
      continue;
    }
    const before = lineOf.get(key);
    if (before !== undefined) {
      const message = `${key} replaces the one of line ${String(before)}: remove one of them`;
      report.warn('config-repeated-key', message, keyAt);
    }
    lineOf.set(key, line.number);
    const read = readLocalSetting(key, value);
    if (read.ok) settings = { ...settings, ...read.value };
    else report.error(read.error.code, `${key}: ${read.error.message}`, valueAt);
  }
  return { settings, problems: report.problems() };
}

/** Checks the flags of the same names; a flag that was not given is undefined. */
export function readLocalFlags(flags: {
  readonly [Key in LocalKey]?: string | undefined;
}): ParsedLocalSettings {
  let settings: LocalSettings = {};
  const problems: Problem[] = [];
  for (const key of localKeyNames) {
    const value = flags[key];
    if (value === undefined) continue;
    const read = readLocalSetting(key, value);
    if (read.ok) settings = { ...settings, ...read.value };
    else {
      const { code, message } = read.error;
      problems.push({ code, severity: 'error', message: `--${key}: ${message}` });
    }
  }
  return { settings, problems };
}

/** Flags win over the file, the file over the defaults. */
export const mergeLocalConfig = (flags: LocalSettings, file: LocalSettings): LocalConfig => ({
  self: flags.self ?? file.self ?? null,
  cluster: flags.cluster ?? file.cluster ?? 'embedded',
  stateDir: flags.stateDir ?? file.stateDir ?? null,
  listen: flags.listen ?? file.listen ?? null,
  watchdog: flags.watchdog ?? file.watchdog ?? null,
  selfFence: flags.selfFence ?? file.selfFence ?? null,
});

function readLocalSetting(key: LocalKey, value: string): Result<LocalSettings, Refusal> {
  switch (key) {
    case 'self': {
      const isName = value !== '' && byteLength(value) <= keywords.site.value.maxBytes;
      return isName ? ok({ self: value }) : refuse('an address of booth.conf', value);
    }
    case 'cluster': {
      const cluster = clusters.find((word) => word === value);
      return cluster === undefined ? refuse(clusters.join(', '), value) : ok({ cluster });
    }
    case 'state-dir':
      return isAbsolutePath(value) ? ok({ stateDir: value }) : refuse('an absolute path', value);
    case 'watchdog':
      return isAbsolutePath(value) ? ok({ watchdog: value }) : refuse('an absolute path', value);
    case 'self-fence': {
      const words = value.split(' ').filter((word) => word !== '');
      return words.length > 0 ? ok({ selfFence: words }) : refuse('a program', value);
    }
    case 'listen':
      return parseAddress(value) === null
        ? refuse('an IP address without port', value)
        : ok({ listen: value });
  }
}

const isAbsolutePath = (text: string): boolean => text.startsWith('/') && !text.includes('\0');

const refuse = (expected: string, value: string): Result<never, Refusal> =>
  err({ code: 'local-setting-invalid', message: `expected ${expected}, found ${excerpt(value)}` });

const isLocalKey = (key: string): key is LocalKey => Object.hasOwn(localKeys, key);

function unknownKey(key: string): string {
  const meant = nearest(key, localKeyNames);
  const instead = Object.hasOwn(keywords, key)
    ? 'it belongs into booth.conf'
    : meant === null
      ? `known are ${localKeyNames.join(', ')}`
      : `did you mean ${meant}?`;
  return `unknown key ${excerpt(key)}: ${instead}`;
}
