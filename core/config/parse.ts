/**
 * booth.conf, bytes to typed values: accepts what booth accepts and refuses what it refuses
 * (booth-conf sections 2 to 6), but tells all problems at once. Deliberate differences are marked
 * `Differs from booth:` in problem-codes.ts and at their place.
 */
import type { Problem } from '../base/problem.ts';
import { parseAddress } from '../base/address.ts';
import { excerpt } from './excerpt.ts';
import { closeGlobals, newGlobals, setGlobal, type GlobalContext } from './globals.ts';
import {
  isKeyword,
  isTicketKey,
  keywordNames,
  keywords,
  MEMBERS_MAX,
  WORD_BYTES_MAX,
  type KeywordName,
} from './keywords.ts';
import { linesOf, textOf } from './line.ts';
import { localKeys } from './local-config.ts';
import { newMemberCollector, type ResolveHostName } from './members.ts';
import type { RingConfig } from './model.ts';
import { newReport, type Report } from './report.ts';
import { nearest } from './spelling.ts';
import { newStanzaCollector, type StanzaCollector } from './stanza.ts';
import { byteLength, readStatement, type Statement } from './statement.ts';

export interface ConfigSource {
  /** For messages, and for the configuration name when the file has none. */
  readonly path: string;
  readonly resolve: ResolveHostName;
}

export interface ParsedConfig {
  /** null when any problem is an error. */
  readonly config: RingConfig | null;
  readonly problems: readonly Problem[];
}

const limits = { keyBytesMax: WORD_BYTES_MAX, valueBytesMax: WORD_BYTES_MAX };

/** Never throws, whatever the bytes. */
export function parseConfig(bytes: Uint8Array, source: ConfigSource): ParsedConfig {
  const report = newReport(source.path);
  const text = textOf(bytes, report);
  if (text === null) return { config: null, problems: report.problems() };

  const members = newMemberCollector(report, source.resolve);
  const stanzas = newStanzaCollector(report);
  const context: GlobalContext = { globals: newGlobals(), members, report };
  const globalLines = new Map<KeywordName, number>();
  for (const line of linesOf(text, report)) {
    const statement = readStatement(line, limits, report);
    if (statement === null) continue;
    const before = report.errorCount();
    take(statement, { context, stanzas, globalLines });
    if (report.errorCount() === before) reportHash(statement, report);
  }
  const { globals } = context;
  const config: RingConfig = {
    ...stanzas.close(),
    members: members.close(),
    name: closeGlobals(context, source.path),
    path: source.path,
    transport: 'UDP',
    port: globals.port,
    authFile: globals.authFile,
    maxTimeSkewSecs: globals.maxTimeSkewSecs,
    debugLevel: globals.debugLevel,
  };
  return { config: report.errorCount() > 0 ? null : config, problems: report.problems() };
}

/**
 * The host names a file mentions, for a caller that resolves them before `parseConfig`: in order,
 * without repetition, at most 16.
 */
export function hostNamesOf(bytes: Uint8Array): readonly string[] {
  const names = new Set<string>();
  const report = newReport('');
  const text = textOf(bytes, report);
  if (text === null) return [];
  let count = 0;
  for (const line of linesOf(text, report)) {
    const statement = readStatement(line, limits, report);
    if (statement?.key !== 'site' && statement?.key !== 'arbitrator') continue;
    count += 1;
    if (count > MEMBERS_MAX) break;
    const { value } = statement;
    const isName = value !== '' && parseAddress(value) === null;
    if (isName && byteLength(value) <= keywords.site.value.maxBytes) names.add(value);
  }
  return [...names];
}

interface Reading {
  readonly context: GlobalContext;
  readonly stanzas: StanzaCollector;
  readonly globalLines: Map<KeywordName, number>;
}

function take(statement: Statement, { context, stanzas, globalLines }: Reading): void {
  const { key, keyAt } = statement;
  if (!isKeyword(key)) {
    context.report.error('config-unknown-key', () => unknownKey(key), keyAt);
  } else if (isTicketKey(key)) {
    if (stanzas.set(key, statement)) return;
    const message = `${key} belongs to a ticket: write ticket = "NAME" on a line before it`;
    context.report.error('config-key-outside-ticket', message, keyAt);
  } else if (key === 'ticket') {
    stanzas.open(statement);
  } else {
    const before = globalLines.get(key);
    if (before !== undefined && keywords[key].repeated === 'replaces') {
      const message = `${key} replaces the one of line ${String(before)}: remove one of them`;
      context.report.warn('config-repeated-key', message, keyAt);
    }
    globalLines.set(key, keyAt.line ?? 0);
    setGlobal[key](context, statement);
  }
}

/** Keys that are right elsewhere. */
const elsewhere = new Map<string, string>([
  ...Object.keys(localKeys).map(
    (key) => [key, 'it belongs into NAME.local.conf beside this file'] as const,
  ),
  ['enable-authfile', 'only patched builds of booth know it, write authfile = PATH'],
]);

function unknownKey(key: string): string {
  const meant = nearest(key, keywordNames);
  const instead =
    elsewhere.get(key) ??
    (meant === null ? `known are ${keywordNames.join(', ')}` : `did you mean ${meant}?`);
  return `unknown key ${excerpt(key)}: ${instead}`;
}

function reportHash({ key, valueAt }: Statement, report: Report): void {
  if (valueAt.hint !== undefined) {
    report.warn('config-hash-in-value', `${key}: ${valueAt.hint}`, valueAt);
  }
}
