/**
 * Ticket commits (R13): they wait for the disk, never for a resource. A revoke counts from the
 * moment it is asked for, so that resources begin to stop at once; a grant counts when it is on disk.
 */
import type { TicketChange } from '../../core/cib/patch-ticket.ts';
import type { TicketCommit } from '../../core/member/ports.ts';
import { awaitDisk } from './disk.ts';
import { updateDoubts } from './doubts.ts';
import type { Grant } from './state.ts';
import { keepRenewals, storeTickets } from './ticket-store.ts';
import type { Turn } from './turn.ts';
import { log } from './turn.ts';
import { refusalWithoutGuard } from './unguarded.ts';

/** Takes grants, revokes and renewals over; the request is answered when the disk has them. */
export function commitTickets(turn: Turn, request: number, asked: readonly TicketCommit[]): void {
  const settled = asked.flatMap((change) => {
    const failure = refusalWithoutGuard(turn, change);
    return failure === null ? [] : [{ ticket: change.ticket, failure }];
  });
  const changes = asked.filter(({ ticket }) => !settled.some((one) => one.ticket === ticket));
  const flipped = changes.filter((change) => isGranted(turn, change.ticket) !== change.granted);
  const isRenewal = flipped.length === 0 && changes.every(({ granted }) => granted);
  const attributes = changes.map(ticketChange);
  const stored = isRenewal ? keepRenewals(turn, attributes) : storeTickets(turn, attributes);
  if (!stored.ok) {
    const failed = changes.map(({ ticket }) => ({ ticket, failure: stored.error }));
    awaitDisk(turn, { kind: 'commit', request, tickets: [], settled: [...settled, ...failed] });
    return;
  }
  const grants = new Map(turn.state.grants);
  for (const change of changes) {
    const known = grants.get(change.ticket);
    const revision = flipped.includes(change) ? turn.state.disk.revision : (known?.revision ?? 0);
    grants.set(change.ticket, {
      granted: change.granted,
      leaseUntil: change.granted ? change.leaseUntil : null,
      revision,
    });
  }
  turn.state = { ...turn.state, grants };
  for (const change of flipped) noteFlip(turn, change);
  updateDoubts(turn);
  awaitDisk(turn, {
    kind: 'commit',
    request,
    tickets: changes.map(({ ticket }) => ({
      ticket,
      revision: grants.get(ticket)?.revision ?? 0,
    })),
    settled,
  });
}

/** Takes a geo attribute over; the request is answered when the disk has it. */
export function storeAttribute(
  turn: Turn,
  request: number,
  change: { readonly ticket: string; readonly name: string; readonly value: string | null },
): void {
  const { ticket, name, value } = change;
  const stored = storeTickets(turn, [{ ticket, attributes: { [name]: value } }]);
  if (!stored.ok) {
    turn.effects.push({ kind: 'settle-attribute', request, failure: stored.error });
    return;
  }
  awaitDisk(turn, { kind: 'attribute', request, revision: turn.state.disk.revision });
}

/** A grant that cannot be written is none: its ticket is not held, and nothing was started. */
export function withdrawUnwrittenGrants(turn: Turn, failedRevision: number): void {
  const { grants, disk } = turn.state;
  const unwritten = [...grants].filter(
    ([, { granted, revision }]) =>
      granted && revision > disk.writtenRevision && revision <= failedRevision,
  );
  if (unwritten.length === 0) return;
  const changes = unwritten.map(([ticket]) => ({ ticket, attributes: { granted: 'false' } }));
  const stored = storeTickets(turn, changes);
  if (!stored.ok) return;
  const withdrawn: Grant = { granted: false, leaseUntil: null, revision: turn.state.disk.revision };
  const next = new Map([...grants, ...unwritten.map(([ticket]) => [ticket, withdrawn] as const)]);
  turn.state = { ...turn.state, grants: next };
  turn.isPlanStale = true;
  turn.staleDrains = 'all';
}

const isGranted = (turn: Turn, ticket: string): boolean =>
  turn.state.cib.tickets.get(ticket)?.isGranted === true;

/** As booth stores it (booth-protocol 7.2). */
const ticketChange = (change: TicketCommit): TicketChange => ({
  ticket: change.ticket,
  attributes: {
    granted: String(change.granted),
    owner: String(change.owner),
    expires: String(change.expiresEpochSecs),
    term: String(change.term),
    'booth-cfg-name': change.configName,
  },
});

function noteFlip(turn: Turn, { ticket, granted, term }: TicketCommit): void {
  turn.isPlanStale = true;
  turn.staleDrains = 'all';
  const message = `ticket ${ticket} is ${granted ? 'granted' : 'revoked'} in the cluster`;
  log(turn, 'info', granted ? 'ticket-granted' : 'ticket-revoked', {
    message,
    fields: { ticket, term },
  });
}
