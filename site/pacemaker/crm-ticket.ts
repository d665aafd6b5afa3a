/**
 * Argument lists and answers of Pacemaker's `crm_ticket`, the one tool that every version has
 * (booth-protocol 7.2, 7.3). Arguments are lists, never shell strings.
 */
import type { Problem } from '../../core/base/problem.ts';
import { problem } from '../../core/base/problem.ts';
import type { Result } from '../../core/base/result.ts';
import { err, ok } from '../../core/base/result.ts';
import { isTrueWord } from '../../core/cib/boolean.ts';
import { ticketOwnNames } from '../../core/member/attribute.ts';
import type { ClusterTicket, TicketCommit } from '../../core/member/ports.ts';
import type { XmlElement } from '../../core/xml/element.ts';
import { readXml } from '../../core/xml/read.ts';

/** What a run of a tool came to. */
export interface ToolExit {
  /** null: ended by a signal, or never started. */
  readonly code: number | null;
  readonly stdout: string;
  /** stderr, or why it did not run; bounded. */
  readonly detail: string;
}

/** Current and old exit codes for "no such ticket". */
const ABSENT_CODES = new Set([105, 6]);

/** Grant or revoke with everything booth stores beside it, as one change of the CIB. */
export function commitArguments(change: TicketCommit): readonly string[] {
  const attributes: readonly (readonly [string, string])[] = [
    ['owner', ownerText(change.owner)],
    ['expires', String(change.expiresEpochSecs)],
    ['term', String(change.term)],
    ['booth-cfg-name', change.configName],
  ];
  return [
    '-t',
    change.ticket,
    change.granted ? '-g' : '-r',
    '--force',
    // The long form with `=` is the one that takes -1.
    ...attributes.flatMap(([name, value]) => ['-S', name, `--attr-value=${value}`]),
  ];
}

/** Asks for all that the cluster stores of the ticket. */
export const queryArguments = (ticket: string): readonly string[] => ['-t', ticket, '-q'];

/** Sets an attribute; with null removes it. */
export const attributeArguments = (
  ticket: string,
  name: string,
  value: string | null,
): readonly string[] =>
  value === null ? ['-t', ticket, '-D', name] : ['-t', ticket, '-S', name, `--attr-value=${value}`];

/** What `crm_ticket -q` answered; null: the cluster does not know the ticket. */
export function readQuery(ticket: string, exit: ToolExit): Result<ClusterTicket | null, Problem> {
  if (exit.code !== null && ABSENT_CODES.has(exit.code)) return ok(null);
  if (exit.code !== 0) return err(failureOf(`crm_ticket -t ${ticket} -q`, exit));
  const start = exit.stdout.indexOf('<');
  const document = readXml(start < 0 ? '' : exit.stdout.slice(start), 'crm_ticket -q');
  const found = document.ok ? `<${document.value.name}>` : document.error.message;
  if (!document.ok || document.value.name !== 'ticket_state')
    return err(
      problem(
        'crm-ticket-answer',
        `crm_ticket -q should answer <ticket_state> for ${ticket}, found: ${found}`,
      ),
    );
  return ok(ticketOf(document.value));
}

/** Why a tool failed, in one line. */
export function failureOf(command: string, exit: ToolExit): Problem {
  const how = exit.code === null ? 'did not finish' : `ended with code ${String(exit.code)}`;
  const detail = exit.detail.trim().split('\n').at(-1) ?? '';
  const hint =
    exit.code === 102 ? '; the cluster is not running here, or this user may not change it' : '';
  return problem('crm-ticket', `${command} ${how}${detail === '' ? '' : `: ${detail}`}${hint}`);
}

function ticketOf(element: XmlElement): ClusterTicket {
  const attributes = new Map(element.attributes);
  return {
    granted: isTrueWord(attributes.get('granted') ?? ''),
    standby: isTrueWord(attributes.get('standby') ?? ''),
    owner: integerOf(attributes.get('owner')),
    expiresEpochSecs: integerOf(attributes.get('expires')),
    term: integerOf(attributes.get('term')),
    attributes: new Map([...attributes].filter(([name]) => !ticketOwnNames.has(name))),
  };
}

/** booth stores the id as a signed 32-bit decimal; ids have 31 bits, so only -1 is negative. */
const ownerText = (owner: number): string => String(owner | 0);

const integerOf = (text: string | undefined): number | null =>
  text !== undefined && /^-?\d{1,15}$/.test(text) ? Number(text) : null;
