/** Reads booth.conf, NAME.local.conf and the key file: bounded, regular files only. */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { parseAddress, type IpAddress } from '../base/address.ts';
import { problem, type Problem } from '../base/problem.ts';
import { err, ok, type Result } from '../base/result.ts';
import {
  parseLocalConfig,
  type LocalSettings,
  type ParsedLocalSettings,
} from '../config/local-config.ts';
import type { RingConfig } from '../config/model.ts';
import { FILE_BYTES_MAX } from '../config/line.ts';
import { hostNamesOf, parseConfig, type ParsedConfig } from '../config/parse.ts';
import { errnoCode, errnoText } from './errno.ts';

/** What the files of one configuration say. */
export interface ConfigFile {
  readonly path: string;
  readonly localPath: string;
  /** null when any problem of booth.conf is an error. */
  readonly config: RingConfig | null;
  readonly local: LocalSettings;
  /** Of both files; start nothing when one of them is an error. */
  readonly problems: readonly Problem[];
}

const CONFIG_FOLDER = '/etc/booth/';

/**
 * The file `-c` means (booth-conf section 1): a path when it has a `/`, else a name in /etc/booth,
 * with `.conf` unless it has a dot.
 */
export function configPath(argument = 'booth'): string {
  if (argument.includes('/')) return argument;
  return `${CONFIG_FOLDER}${argument}${argument.includes('.') ? '' : '.conf'}`;
}

/** `NAME.local.conf` beside `NAME.conf`. */
export const localConfigPath = (path: string): string =>
  `${path.replace(/(?<=[^/])\.[^./]*$/, '')}.local.conf`;

/** Reads and parses; host names are resolved once, here. */
export async function readConfigFile(
  path: string,
  resolve: (hostName: string) => Promise<IpAddress | null> = resolveHostName,
): Promise<ConfigFile> {
  const localPath = localConfigPath(path);
  const [ring, local] = await Promise.all([readRing(path, resolve), readLocal(localPath)]);
  return {
    path,
    localPath,
    config: ring.config,
    local: local.settings,
    problems: [...ring.problems, ...local.problems],
  };
}

/** The bytes of booth.conf as they stand, for showing it even when it is wrong. */
export function readConfigBytes(path: string): Result<Uint8Array, Problem> {
  const read = readBounded(path, { bytesMax: FILE_BYTES_MAX, isSecret: false });
  return read.ok ? read : err(refused(read.error));
}

/** A key is at most 64 bytes; anything much longer is another kind of file. */
const KEY_FILE_BYTES_MAX = 4096;

/**
 * The bytes of the key file, untrimmed (booth-conf section 8).
 *
 * Differs from booth: an authfile that is no regular file is refused.
 */
export async function readAuthFile(path: string): Promise<Result<Uint8Array, Problem>> {
  const read = readBounded(path, { bytesMax: KEY_FILE_BYTES_MAX, isSecret: true });
  if (read.ok) return read;
  const { reason, message } = read.error;
  return err(problem(`authfile-${reason}`, `authfile ${message}`));
}

/** Longer than the resolver's own patience with one dead server. */
const LOOKUP_MS_MAX = 15_000;

/** The first address of either family; null when the name has none, or none in time. */
export async function resolveHostName(hostName: string): Promise<IpAddress | null> {
  const [bare = '', zone] = hostName.split('%');
  if (zone !== undefined) return hasZone(bare, zone) ? parseAddress(bare) : null;
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<null>((resolve) => {
    timer = setTimeout(() => {
      resolve(null);
    }, LOOKUP_MS_MAX);
  });
  try {
    const { lookup } = await import('node:dns/promises');
    const found = await Promise.race([lookup(hostName), tooLate]);
    return found === null ? null : parseAddress(found.address.split('%')[0] ?? '');
  } catch {
    return null;
  } finally {
    clearTimeout(timer);
  }
}

/** Numbers are taken as they are, names only of interfaces and with link-local addresses. */
function hasZone(bare: string, zone: string): boolean {
  if (/^[0-9]+$/.test(zone)) return true;
  return /^fe[89ab]|^ff.2/i.test(bare) && Object.hasOwn(networkInterfaces(), zone);
}

async function readRing(
  path: string,
  resolve: (hostName: string) => Promise<IpAddress | null>,
): Promise<ParsedConfig> {
  const read = readConfigBytes(path);
  if (!read.ok) return { config: null, problems: [withRemedy(read.error)] };
  const names = hostNamesOf(read.value);
  const addresses = await Promise.all(names.map(resolve));
  const addressOf = new Map(names.map((name, index) => [name, addresses[index] ?? null]));
  return parseConfig(read.value, { path, resolve: (name) => addressOf.get(name) ?? null });
}

const withRemedy = (found: Problem): Problem =>
  found.code === 'config-missing'
    ? problem(found.code, `${found.message}; write it, or name another with -c`)
    : found;

async function readLocal(path: string): Promise<ParsedLocalSettings> {
  const read = readBounded(path, { bytesMax: FILE_BYTES_MAX, isSecret: false });
  if (read.ok) return parseLocalConfig(read.value, path);
  const isAbsent = read.error.reason === 'missing';
  return { settings: {}, problems: isAbsent ? [] : [refused(read.error)] };
}

const refused = ({ reason, message }: ReadFailure): Problem => problem(`config-${reason}`, message);

interface ReadFailure {
  readonly reason: 'missing' | 'unreadable' | 'not-regular' | 'exposed' | 'too-large';
  readonly message: string;
}

interface ReadBounds {
  readonly bytesMax: number;
  /** Group and others must not be able to read it. */
  readonly isSecret: boolean;
}

/** Synchronous: a client reads two small files, and starts the faster for not using threads. */
function readBounded(path: string, bounds: ReadBounds): Result<Uint8Array, ReadFailure> {
  let file: number | null = null;
  try {
    // A pipe must not make the program wait for a writer.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const fault = faultOf(path, fstatSync(file), bounds);
    return fault === null ? readAll(file, path, bounds.bytesMax) : err(fault);
  } catch (cause) {
    return err(failureOf(path, cause));
  } finally {
    if (file !== null) closeSync(file);
  }
}

function faultOf(path: string, stats: Stats, { isSecret }: ReadBounds): ReadFailure | null {
  if (!stats.isFile()) return { reason: 'not-regular', message: `${path} is no regular file` };
  if (!isSecret || (stats.mode & 0o044) === 0) return null;
  const mode = (stats.mode & 0o7777).toString(8).padStart(4, '0');
  const message = `${path} can be read by others than its owner (mode ${mode}): chmod 600 ${path}`;
  return { reason: 'exposed', message };
}

/** Reads one byte more than allowed, whatever size the file claims to have. */
function readAll(file: number, path: string, bytesMax: number): Result<Uint8Array, ReadFailure> {
  const buffer = Buffer.alloc(bytesMax + 1);
  let length = 0;
  while (length < buffer.length) {
    const bytesRead = readSync(file, buffer, length, buffer.length - length, null);
    if (bytesRead === 0) return ok(Uint8Array.from(buffer.subarray(0, length)));
    length += bytesRead;
  }
  const message = `${path} is larger than ${String(bytesMax)} bytes`;
  return err({ reason: 'too-large', message });
}

function failureOf(path: string, cause: unknown): ReadFailure {
  if (errnoCode(cause) === 'ENOENT') {
    return { reason: 'missing', message: `${path} does not exist` };
  }
  return { reason: 'unreadable', message: `${path} cannot be read: ${errnoText(cause)}` };
}
