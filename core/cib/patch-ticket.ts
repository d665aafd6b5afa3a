import type { Problem } from '../base/problem.ts';
import { problem } from '../base/problem.ts';
import type { Result } from '../base/result.ts';
import { err, ok } from '../base/result.ts';
import { forbiddenCharacterAt, isXmlName } from '../xml/characters.ts';
import type { XmlElement } from '../xml/element.ts';
import { attribute } from '../xml/element.ts';
import { withAttributes, withChildUpdated } from '../xml/edit.ts';
import { isTrueWord } from './boolean.ts';

/**
 * What is to be set of a ticket: attribute names of `ticket_state` and their values as stored; null
 * removes one. `granted`, `standby`, `owner`, `expires`, `term`, `booth-cfg-name` and free names.
 */
export interface TicketChange {
  readonly ticket: string;
  readonly attributes: Readonly<Record<string, string | null>>;
}

/**
 * Merges the changes into the tickets' states in order; `tickets` and the states are made when
 * missing. A change from not granted to granted sets `last-granted` to the time given, any other
 * leaves it (pacemaker-tickets 1.1, 3). Refuses, as a whole, names and values XML cannot hold.
 * The version is the caller's: `withStatusChange` once for all.
 */
export function withTickets(
  root: XmlElement,
  changes: readonly TicketChange[],
  nowEpochMs: number,
): Result<XmlElement, Problem> {
  for (const change of changes) {
    const fault = faultOf(change);
    if (fault !== null) return err(problem('cib-bad-ticket-attribute', fault));
  }
  return ok(changes.reduce((changed, change) => withTicket(changed, change, nowEpochMs), root));
}

function withTicket(root: XmlElement, change: TicketChange, nowEpochMs: number): XmlElement {
  const match = { name: 'ticket_state', attributes: { id: change.ticket } };
  return withChildUpdated(root, { name: 'status' }, (status) =>
    withChildUpdated(status, { name: 'tickets' }, (tickets) =>
      withChildUpdated(tickets, match, (state) => withState(state, change, nowEpochMs)),
    ),
  );
}

function withState(state: XmlElement, change: TicketChange, nowEpochMs: number): XmlElement {
  const changed = withAttributes(state, change.attributes);
  const isNewlyGranted =
    !isTrueWord(attribute(state, 'granted')) && isTrueWord(attribute(changed, 'granted'));
  if (!isNewlyGranted || Object.hasOwn(change.attributes, 'last-granted')) return changed;
  return withAttributes(changed, { 'last-granted': String(Math.floor(nowEpochMs / 1000)) });
}

function faultOf(change: TicketChange): string | null {
  if (change.ticket === '' || forbiddenCharacterAt(change.ticket) >= 0) {
    return `ticket name ${JSON.stringify(change.ticket)} cannot be stored in a cib`;
  }
  for (const [name, value] of Object.entries(change.attributes)) {
    const where = `ticket "${change.ticket}": attribute ${JSON.stringify(name)}`;
    if (name === 'id' || !isXmlName(name)) return `${where} is no name a cib can store, rename it`;
    if (value !== null && forbiddenCharacterAt(value) >= 0) {
      return `${where} has a value with characters a cib cannot store`;
    }
  }
  return null;
}
