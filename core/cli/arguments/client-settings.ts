/**
 * Options that every client command understands, and their ranges (commands section 5). booth cuts
 * or refuses names of more than 62 bytes; here the limits are those of the wire.
 */
import type { Problem } from '../../base/problem.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { NAME_FIELD_BYTES, VALUE_FIELD_BYTES } from '../../wire/layout.ts';
import {
  isGiven,
  lastValue,
  usageProblem,
  type CommandLine,
  type OptionTable,
} from './option-grammar.ts';

export type OutputFormat = 'text' | 'json';

export interface ClientSettings {
  /** As typed: a path, a name, or null for the default. */
  readonly config: string | null;
  /** A member's address as in the file, a host name, or `other`; null: this host's member. */
  readonly site: string | null;
  /** Who this host is, when its addresses do not tell. */
  readonly self: string | null;
  readonly outputFormat: OutputFormat;
  /** Longest silence to bear, in milliseconds; null: what fits the request. */
  readonly requestTimeoutMs: number | null;
  /** `-D`: say more, for instance what is odd in the configuration. */
  readonly isVerbose: boolean;
}

/** The options of `ClientSettings`, for the tables of the programs. */
export const clientOptionTable: OptionTable = {
  '-c': 'value',
  '-s': 'value',
  '--self': 'value',
  '--output-format': 'value',
  '--request-timeout': 'value',
  '-D': 'flag',
};

/** Bytes of a ticket or attribute name on the wire, without the final NUL. */
export const MAX_NAME_BYTES = NAME_FIELD_BYTES - 1;
/** Bytes of an attribute's value on the wire, without the final NUL. */
export const MAX_VALUE_BYTES = VALUE_FIELD_BYTES - 1;
const MAX_REQUEST_TIMEOUT_SECS = 86_400;

/** Reads the common options; the first wrong value is the answer. */
export function readClientSettings(line: CommandLine): Result<ClientSettings, Problem> {
  const outputFormat = lastValue(line, '--output-format') ?? 'text';
  if (outputFormat !== 'text' && outputFormat !== 'json') {
    return err(usageProblem(`--output-format must be text or json, got "${outputFormat}"`));
  }
  const site = checkedName(lastValue(line, '-s'), 'site', MAX_NAME_BYTES);
  if (!site.ok) return site;
  const timeout = readRequestTimeout(lastValue(line, '--request-timeout'));
  if (!timeout.ok) return timeout;
  return ok({
    config: lastValue(line, '-c'),
    site: site.value,
    self: lastValue(line, '--self'),
    outputFormat,
    requestTimeoutMs: timeout.value,
    isVerbose: isGiven(line, '-D'),
  });
}

/** A name from the command line that fits its field on the wire; null when none was given. */
export function checkedName(
  name: string | null,
  what: string,
  maxBytes: number,
): Result<string | null, Problem> {
  if (name === null) return ok(null);
  const bytes = Buffer.byteLength(name);
  if (name.includes('\0')) return err(usageProblem(`${what} may not contain a NUL byte`));
  return bytes <= maxBytes
    ? ok(name)
    : err(usageProblem(`${what} may have at most ${maxBytes} bytes, got ${bytes}`));
}

/** Seconds as typed → milliseconds; null when the option was not given. */
export function readRequestTimeout(text: string | null): Result<number | null, Problem> {
  if (text === null) return ok(null);
  const secs = /^[0-9]{1,5}(\.[0-9]{1,3})?$/.test(text) ? Number(text) : 0;
  return secs > 0 && secs <= MAX_REQUEST_TIMEOUT_SECS
    ? ok(Math.ceil(secs * 1000))
    : err(
        usageProblem(
          `--request-timeout must be a number of seconds up to ${MAX_REQUEST_TIMEOUT_SECS}, got "${text}"`,
        ),
      );
}
