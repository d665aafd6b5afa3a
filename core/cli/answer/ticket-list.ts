/**
 * Reads the text a member answers to `list` (booth-protocol 5.1). Stock daemons give nothing but
 * text, so this is where `--output-format json` comes from; it accepts exactly booth's lines.
 */
import { problem, type Problem } from '../../base/problem.ts';
import { err, ok, type Result } from '../../base/result.ts';

export interface ListedTicket {
  readonly ticket: string;
  /** `nobody`: known to be granted nowhere; `unknown`: no leader is known. */
  readonly state: 'granted' | 'nobody' | 'unknown';
  /** Address text of the leader; null unless granted. */
  readonly leader: string | null;
  /** `YYYY-MM-DD HH:MM:SS` in the answering member's local time; null without a lease. */
  readonly expires: string | null;
  /** As `expires`; only at the leader while it delays its commit. */
  readonly commitPendingUntil: string | null;
  readonly mode: 'automatic' | 'manual';
}

/** A manual ticket held by more than one site. */
export interface MultipleGrant {
  readonly ticket: string;
  readonly sites: readonly string[];
}

export interface TicketListing {
  readonly tickets: readonly ListedTicket[];
  readonly warnings: readonly MultipleGrant[];
}

const when = String.raw`\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}`;
const ticketLine = new RegExp(
  String.raw`^ticket: ([A-Za-z0-9/-]{1,63}), leader: ([!-~]{1,63}?)` +
    String.raw`(?:, expires: (INF|${when})(?: \(commit pending until (${when})\))?)?` +
    String.raw`( \[manual mode\])?$`,
);
const warningLine =
  /^WARNING: The ticket ([A-Za-z0-9/-]{1,63}) is granted to multiple sites: ([^ ,]+(?:, [^ ,]+)*)\. Revoke the ticket from the faulty sites\.$/;

/** All lines or none: a line of another form is a problem that names it. */
export function parseTicketList(text: string): Result<TicketListing, Problem> {
  const tickets: ListedTicket[] = [];
  const warnings: MultipleGrant[] = [];
  for (const [index, line] of linesOf(text).entries()) {
    if (line === '') continue;
    const warned = warningLine.exec(line);
    if (warned !== null) {
      warnings.push({ ticket: warned[1] ?? '', sites: (warned[2] ?? '').split(', ') });
      continue;
    }
    const ticket = parseTicketLine(line);
    if (ticket === null) return err(unexpectedLine('list', index, line));
    tickets.push(ticket);
  }
  return ok({ tickets, warnings });
}

function parseTicketLine(line: string): ListedTicket | null {
  const found = ticketLine.exec(line);
  if (found === null) return null;
  const [, ticket = '', leader = '', expires, pending, manual] = found;
  const state = leader === 'none' ? 'nobody' : leader === 'NONE' ? 'unknown' : 'granted';
  if ((expires !== undefined) !== (state === 'granted')) return null;
  return {
    ticket,
    state,
    leader: state === 'granted' ? leader : null,
    expires: expires === undefined || expires === 'INF' ? null : expires,
    commitPendingUntil: pending ?? null,
    mode: manual === undefined ? 'automatic' : 'manual',
  };
}

/** Lines without their ends; a text that does not end in a newline has an unfinished last line. */
export const linesOf = (text: string): readonly string[] =>
  text === '' ? [] : (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');

/** A line of an answer that is none of booth's. */
export const unexpectedLine = (what: string, index: number, line: string): Problem =>
  problem(
    'unexpected-answer',
    `the answer to ${what} has an unexpected line ${index + 1}: ${JSON.stringify(line.slice(0, 120))}`,
  );
