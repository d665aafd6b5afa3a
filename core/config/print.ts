/**
 * Typed values → booth.conf, in the layout `pcs booth` writes: unquoted values, quoted ticket
 * names, ticket keys indented by two spaces. Reading it again gives equal values; comments and
 * keys without effect are gone.
 */
import { assert } from '../base/assert.ts';
import { configNameOf } from './config-name.ts';
import { printSpan } from './duration.ts';
import { printHandler } from './handler.ts';
import { DEFAULTS_STANZA, keywords, PORT_BY_DEFAULT, type KeywordName } from './keywords.ts';
import type { RingConfig, TicketConfig } from './model.ts';
import { printPrerequisite } from './prerequisite.ts';

/** `config` must be one that `parseConfig` returned, or could have. */
export function printConfig(config: RingConfig): string {
  const lines = [
    ...printGlobals(config),
    ...printMembers(config),
    ...printLeaseUnit(config),
    ...config.tickets.flatMap(printTicket),
  ];
  return `${lines.join('\n')}\n`;
}

function printGlobals(config: RingConfig): string[] {
  const lines: string[] = [];
  if (config.name !== configNameOf(config.path)) lines.push(line('name', config.name));
  if (config.authFile !== null) lines.push(line('authfile', config.authFile));
  if (config.maxTimeSkewSecs !== keywords.maxtimeskew.value.byDefault) {
    lines.push(line('maxtimeskew', String(config.maxTimeSkewSecs)));
  }
  if (config.debugLevel !== keywords.debug.value.byDefault) {
    lines.push(line('debug', String(config.debugLevel)));
  }
  return lines;
}

/** A port line before each member that needs another port than the one before it. */
function printMembers(config: RingConfig): string[] {
  const lines: string[] = [];
  let port = PORT_BY_DEFAULT;
  const setPort = (next: number): void => {
    if (next !== port) lines.push(line('port', String(next)));
    port = next;
  };
  for (const member of config.members) {
    setPort(member.port);
    lines.push(line(member.role, member.address.text));
  }
  setPort(config.port);
  return lines;
}

/**
 * The unit on the wire follows from any span of the file, also one that was replaced later. Where
 * no ticket shows it any more, a span without effect must carry it.
 */
function printLeaseUnit({ leaseUnit, tickets }: RingConfig): string[] {
  const isShown = tickets.some((ticket) => ticketSpans(ticket).some(([, ms]) => ms % 1000 !== 0));
  if (leaseUnit === 's' || isShown) return [];
  return [
    '# keeps lease times on the wire in milliseconds',
    line('ticket', DEFAULTS_STANZA),
    `  ${line('acquire-after', printSpan(1))}`,
  ];
}

function printTicket(ticket: TicketConfig): string[] {
  const entries: [KeywordName, string][] = ticketSpans(ticket).map(([key, ms]) => [
    key,
    printSpan(ms),
  ]);
  if (ticket.retries !== keywords.retries.value.byDefault) {
    entries.push(['retries', String(ticket.retries)]);
  }
  if (ticket.mode !== keywords.mode.value.byDefault) entries.push(['mode', ticket.mode]);
  if (ticket.handler !== null) {
    entries.push(['before-acquire-handler', printHandler(ticket.handler)]);
  }
  for (const prerequisite of ticket.prerequisites) {
    entries.push(['attr-prereq', printPrerequisite(prerequisite)]);
  }
  if (ticket.weights.length > 0) entries.push(['weights', ticket.weights.join(',')]);
  return [line('ticket', ticket.name), ...entries.map(([key, value]) => `  ${line(key, value)}`)];
}

/** The spans of a ticket that differ from their defaults. */
function ticketSpans(ticket: TicketConfig): [KeywordName, number][] {
  const spans: [KeywordName, number, number][] = [
    ['expire', ticket.expireMs, keywords.expire.value.defaultMs],
    ['timeout', ticket.timeoutMs, keywords.timeout.value.defaultMs],
    ['renewal-freq', ticket.renewalMs, Math.floor(ticket.expireMs / 2)],
    ['acquire-after', ticket.acquireAfterMs, keywords['acquire-after'].value.defaultMs],
  ];
  return spans.filter(([, ms, byDefault]) => ms !== byDefault).map(([key, ms]) => [key, ms]);
}

const line = (key: KeywordName, value: string): string =>
  `${key} = ${key === 'ticket' || !isBare(value) ? quoted(value) : value}`;

/** Whether a value survives without quotes. */
const isBare = (value: string): boolean =>
  value !== '' && !/^[ \t\v\f\r"']|[ \t\v\f\r]$/.test(value);

function quoted(value: string): string {
  const quote = value.includes('"') ? "'" : '"';
  assert(!value.includes(quote), 'a value read from a file can be written into one');
  return `${quote}${value}${quote}`;
}
