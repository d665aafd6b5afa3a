/**
 * Tickets in the document. A renewal changes nothing that anything here decides by, and with many
 * tickets there are many of them: they are kept aside and folded into the document all at once when
 * it is written or a ticket changes otherwise.
 */
import { after } from '../../core/base/instant.ts';
import type { Problem } from '../../core/base/problem.ts';
import type { Result } from '../../core/base/result.ts';
import { ok } from '../../core/base/result.ts';
import type { TicketState } from '../../core/cib/model.ts';
import type { TicketChange } from '../../core/cib/patch-ticket.ts';
import { withTickets } from '../../core/cib/patch-ticket.ts';
import { readTicket } from '../../core/cib/read-status.ts';
import { attribute, childElements, childNamed } from '../../core/xml/element.ts';
import type { Turn } from './turn.ts';
import { changeStatus, LAZY_WRITE_MS, log } from './turn.ts';

/** Changes the document and those tickets of the model; what was kept aside goes first. */
export function storeTickets(turn: Turn, changes: readonly TicketChange[]): Result<null, Problem> {
  foldRenewals(turn);
  const { document, cib } = turn.state;
  const changed = withTickets(document, changes, turn.moment.epochMs);
  if (!changed.ok) return changed;
  changeStatus(turn, changed.value);
  const names = new Set(changes.map(({ ticket }) => ticket));
  const status = childNamed(changed.value, 'status');
  const stored = status === null ? null : childNamed(status, 'tickets');
  const tickets = new Map<string, TicketState>(cib.tickets);
  for (const state of stored === null ? [] : childElements(stored)) {
    const id = attribute(state, 'id') ?? '';
    if (state.name === 'ticket_state' && names.has(id)) tickets.set(id, readTicket(state));
  }
  turn.state = { ...turn.state, cib: { ...cib, tickets } };
  return ok(null);
}

/** Keeps renewals aside; they are on disk a little later. */
export function keepRenewals(turn: Turn, changes: readonly TicketChange[]): Result<null, never> {
  const { renewals, disk } = turn.state;
  turn.state = {
    ...turn.state,
    renewals: new Map([...renewals, ...changes.map((change) => [change.ticket, change] as const)]),
    disk: { ...disk, lazyAt: disk.lazyAt ?? after(turn.moment.now, LAZY_WRITE_MS) },
  };
  return ok(null);
}

/** Puts what was kept aside into the document. */
export function foldRenewals(turn: Turn): void {
  const { renewals } = turn.state;
  if (renewals.size === 0) return;
  turn.state = { ...turn.state, renewals: new Map() };
  const stored = storeTickets(turn, [...renewals.values()]);
  if (stored.ok) return;
  const { message } = stored.error;
  log(turn, 'error', 'renewals-not-stored', { message });
}
