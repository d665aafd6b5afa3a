/**
 * Ticket stanzas: opening, `__defaults__`, and the checks at the end (booth-conf sections 3 and 6).
 */
import { formatSpan, printSpan } from './duration.ts';
import { excerpt } from './excerpt.ts';
import { DEFAULTS_STANZA, keywords, type TicketKey } from './keywords.ts';
import type { TicketConfig } from './model.ts';
import type { Place, Report } from './report.ts';
import type { Statement } from './statement.ts';
import { setTicketValue, type TicketValues } from './ticket-keys.ts';

export interface StanzaCollector {
  /** A `ticket` line: closes the open stanza and opens another. */
  open(statement: Statement): void;
  /** False when no stanza is open. */
  set(key: TicketKey, statement: Statement): boolean;
  close(): { readonly tickets: readonly TicketConfig[]; readonly leaseUnit: 's' | 'ms' };
}

interface Stanza {
  readonly name: string;
  readonly openedAt: Place;
  readonly values: TicketValues;
  /** Keys whose value was refused; checks that need them are left out. */
  readonly refused: Set<TicketKey>;
  readonly keyLines: Map<TicketKey, number>;
}

/** The longest lease milliseconds on the wire can carry (booth-protocol 2.6). */
const WIRE_MS_LEASE_MAX = 4_294_000;

/** booth's command line has one byte less for a ticket name than its configuration. */
const NAMEABLE_BYTES_MAX = 62;

/** Starts without a stanza; problems go to the report as they are found. */
export function newStanzaCollector(report: Report): StanzaCollector {
  const defaults = initialValues();
  const tickets: TicketConfig[] = [];
  const lineOfName = new Map<string, number>();
  const leases: { readonly ticket: TicketConfig; readonly place: Place }[] = [];
  let leaseUnit: 's' | 'ms' = 's';
  let open: Stanza | null = null;

  const noteSpan = (ms: number): void => {
    if (ms % 1000 !== 0) leaseUnit = 'ms';
  };
  const closeStanza = (): void => {
    if (open === null) return;
    const ticket = checked(open, report);
    // booth leaves a computed renewal in the defaults, where a later defaults stanza is checked by it.
    if (open.name === DEFAULTS_STANZA) defaults.renewalMs = ticket.renewalMs;
    else if (lineOfName.get(open.name) === open.openedAt.line) {
      tickets.push(ticket);
      leases.push({ ticket, place: open.openedAt });
    }
    open = null;
  };

  return {
    open(statement) {
      closeStanza();
      open = openStanza(statement, defaults);
      if (open.name !== DEFAULTS_STANZA) {
        reportName(statement, lineOfName.get(open.name), report);
        if (!lineOfName.has(open.name)) lineOfName.set(open.name, statement.keyAt.line ?? 0);
      } else if (lineOfName.size > 0) {
        const message = `${DEFAULTS_STANZA} changes only the tickets after it, the ${String(lineOfName.size)} above keep what they have: move it above the first ticket`;
        report.warn('config-defaults-late', message, statement.keyAt);
      }
    },
    set(key, statement) {
      if (open === null) return false;
      reportUse(key, statement, { stanza: open, report });
      const before = report.errorCount();
      setTicketValue[key]({ values: open.values, report, noteSpan }, statement);
      if (report.errorCount() > before) open.refused.add(key);
      return true;
    },
    close() {
      closeStanza();
      if (leaseUnit === 'ms') for (const lease of leases) reportLongLease(lease, report);
      return { tickets, leaseUnit };
    },
  };
}

const initialValues = (): TicketValues => ({
  expireMs: keywords.expire.value.defaultMs,
  timeoutMs: keywords.timeout.value.defaultMs,
  retries: keywords.retries.value.byDefault,
  mode: keywords.mode.value.byDefault,
  weights: [],
  ...uninherited(),
});

/** What a ticket starts with whatever `__defaults__` says. */
const uninherited = () => ({
  renewalMs: null,
  acquireAfterMs: keywords['acquire-after'].value.defaultMs,
  handler: null,
  prerequisites: [],
});

function openStanza({ value, keyAt }: Statement, defaults: TicketValues): Stanza {
  const values = value === DEFAULTS_STANZA ? defaults : { ...defaults, ...uninherited() };
  return { name: value, openedAt: keyAt, values, refused: new Set(), keyLines: new Map() };
}

function reportName(
  { value, keyAt, valueAt }: Statement,
  line: number | undefined,
  report: Report,
) {
  if (!/^[A-Za-z0-9/-]*$/.test(value) || value === '') {
    const message = `ticket name must be letters, digits, - and /, found ${excerpt(value)}`;
    report.error('config-ticket-name-invalid', message, valueAt);
  } else if (value.length > keywords.ticket.value.maxBytes) {
    const message = `ticket name has ${String(value.length)} bytes, at most ${String(keywords.ticket.value.maxBytes)} are allowed: ${excerpt(value)}`;
    report.error('config-ticket-name-invalid', message, valueAt);
  } else if (line !== undefined) {
    const message = `ticket ${excerpt(value)} was opened on line ${String(line)}: give each ticket one stanza`;
    report.error('config-ticket-repeated', message, keyAt);
  } else if (value.length > NAMEABLE_BYTES_MAX) {
    const message = `ticket name has ${String(value.length)} bytes, booth's command line can name at most ${String(NAMEABLE_BYTES_MAX)}`;
    report.warn('config-ticket-name-long', message, valueAt);
  }
}

function reportUse(
  key: TicketKey,
  { keyAt }: Statement,
  { stanza, report }: { readonly stanza: Stanza; readonly report: Report },
): void {
  const before = stanza.keyLines.get(key);
  if (before !== undefined && keywords[key].repeated === 'replaces') {
    const message = `${key} replaces the one of line ${String(before)}: remove one of them`;
    report.warn('config-repeated-key', message, keyAt);
  }
  stanza.keyLines.set(key, keyAt.line ?? 0);
  if (stanza.name === DEFAULTS_STANZA && keywords[key].inDefaults === 'ignored') {
    const message = `${key} has no effect in ${DEFAULTS_STANZA}: write it below each ticket that needs it`;
    report.warn('config-defaults-ignored', message, keyAt);
  }
}

/** The ticket of a finished stanza, after the checks booth makes there. */
function checked(stanza: Stanza, report: Report): TicketConfig {
  const { values } = stanza;
  const renewalMs = values.renewalMs ?? Math.floor(values.expireMs / 2);
  const ticket = { name: stanza.name, ...values, renewalMs };
  const isRefused = (...keys: readonly TicketKey[]) => keys.some((key) => stanza.refused.has(key));
  if (!isRefused('expire', 'timeout', 'retries', 'renewal-freq')) {
    reportRetryRule(ticket, stanza, report);
  }
  const isLate = renewalMs >= values.expireMs && stanza.name !== DEFAULTS_STANZA;
  if (isLate && !isRefused('expire', 'renewal-freq')) {
    const message = `ticket ${excerpt(stanza.name)}: the lease runs out before it is renewed (renewal-freq ${formatSpan(renewalMs)}, expire ${formatSpan(values.expireMs)}): renewal-freq must be less than expire`;
    report.warn('config-renewal-not-before-expiry', message, stanza.openedAt);
  }
  return ticket;
}

/** timeout × (retries + 1) < renewal-freq, also for `__defaults__`, which is no ticket. */
function reportRetryRule(ticket: TicketConfig, stanza: Stanza, report: Report): void {
  const attempts = ticket.retries + 1;
  const retryMs = ticket.timeoutMs * attempts;
  if (retryMs < ticket.renewalMs) return;
  const numbers = `${formatSpan(ticket.timeoutMs)} * ${String(attempts)} = ${formatSpan(retryMs)}, renewal-freq ${formatSpan(ticket.renewalMs)}`;
  const what = stanza.keyLines.has('renewal-freq')
    ? 'raise renewal-freq'
    : `raise expire above ${printSpan(2 * retryMs)}`;
  const who =
    stanza.name === DEFAULTS_STANZA
      ? `${DEFAULTS_STANZA} is checked like a ticket`
      : `ticket ${excerpt(stanza.name)}`;
  const message = `${who}: timeout * (retries + 1) must be less than renewal-freq (${numbers}): ${what}, or lower timeout or retries`;
  report.error('config-retry-rule', message, stanza.openedAt);
}

/**
 * Differs from booth: a lease too long for a ring that counts in milliseconds is reported; booth
 * loses multiples of 4294967.296 ms on the wire without a word.
 */
function reportLongLease(
  { ticket, place }: { readonly ticket: TicketConfig; readonly place: Place },
  report: Report,
): void {
  if (ticket.expireMs <= WIRE_MS_LEASE_MAX) return;
  const message = `ticket ${excerpt(ticket.name)}: expire ${formatSpan(ticket.expireMs)} is above 4294s, which does not fit the wire when any span of the file is below a second: use whole seconds everywhere`;
  report.error('config-lease-unit', message, place);
}
