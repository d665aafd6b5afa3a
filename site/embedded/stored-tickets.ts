/** What the CIB stores of tickets, as the ring reads it at start. */
import type { Cib, TicketState } from '../../core/cib/model.ts';
import { parseInteger } from '../../core/cib/number.ts';
import { ticketOwnNames } from '../../core/member/attribute.ts';
import type { ClusterTicket } from '../../core/member/ports.ts';

/** Those of the asked tickets that have a state; booth's own names are no geo attributes. */
export const storedTickets = (
  cib: Cib,
  asked: readonly string[],
): ReadonlyMap<string, ClusterTicket> =>
  new Map(
    asked.flatMap((name) => {
      const stored = cib.tickets.get(name);
      return stored === undefined ? [] : [[name, clusterTicket(stored)] as const];
    }),
  );

const clusterTicket = (stored: TicketState): ClusterTicket => ({
  granted: stored.isGranted,
  standby: stored.isStandby,
  owner: parseInteger(stored.owner),
  expiresEpochSecs: parseInteger(stored.expires),
  term: parseInteger(stored.term),
  attributes: new Map([...stored.attributes].filter(([name]) => !ticketOwnNames.has(name))),
});
