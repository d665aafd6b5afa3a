/** A plan's booth.conf, read as a daemon reads it. */
import type { RingConfig } from '../../core/config/model.ts';
import { printConfig } from '../../core/config/print.ts';
import type { Plan, TicketPlan, TicketValues } from './plan.ts';
import { configOfRoles, readConfig } from './ring-config.ts';

export const configOfPlan = ({ hosts, tickets }: Pick<Plan, 'hosts' | 'tickets'>): RingConfig =>
  configOfRoles(
    hosts.map(({ role }) => role),
    tickets.flatMap(ticketLines),
  );

/** The same booth.conf with other values of a ticket, read as a daemon reads it. */
export function withValues(config: RingConfig, ticket: string, values: TicketValues): RingConfig {
  const tickets = config.tickets.map((one) => (one.name === ticket ? { ...one, ...values } : one));
  // The unit on the wire is that of the new spans.
  return readConfig(printConfig({ ...config, tickets, leaseUnit: 's' }));
}

/** Whole seconds as seconds: the unit of leases on the wire depends on it (booth-conf section 4). */
const span = (ms: number): string => (ms % 1000 === 0 ? String(ms / 1000) : `${String(ms)}ms`);

const ticketLines = (ticket: TicketPlan): string[] => [
  `ticket = "${ticket.name}"`,
  `expire = ${span(ticket.expireMs)}`,
  `timeout = ${span(ticket.timeoutMs)}`,
  `retries = ${String(ticket.retries)}`,
  `renewal-freq = ${span(ticket.renewalMs)}`,
  `acquire-after = ${span(ticket.acquireAfterMs)}`,
  `mode = ${ticket.mode}`,
  ...(ticket.hasHandler ? ['before-acquire-handler = /usr/local/bin/asked'] : []),
  ...(ticket.prerequisite === null ? [] : [`attr-prereq = ${ticket.prerequisite} ready eq yes`]),
];
