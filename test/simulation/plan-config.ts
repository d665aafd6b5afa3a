/** A plan's booth.conf, read as a daemon reads it. */
import { assert } from '../../core/base/assert.ts';
import { parseAddress } from '../../core/base/address.ts';
import { memberIdOfAddress } from '../../core/base/member-id.ts';
import type { RingConfig } from '../../core/config/model.ts';
import { parseConfig } from '../../core/config/parse.ts';
import { printConfig } from '../../core/config/print.ts';
import type { Plan, TicketPlan, TicketValues } from './plan.ts';

export function configOfPlan({ hosts, tickets }: Pick<Plan, 'hosts' | 'tickets'>): RingConfig {
  const members = hosts.map(({ role }, index) => {
    const address = parseAddress(`192.0.2.${String(11 + index)}`);
    assert(address !== null, 'a documentation address');
    return { id: memberIdOfAddress(address), role, address, port: 9929 };
  });
  const text = [
    ...members.map(({ role, address }) => `${role} = ${address.text}`),
    ...tickets.flatMap(ticketLines),
  ].join('\n');
  return read(text);
}

function read(text: string): RingConfig {
  const { config, problems } = parseConfig(new TextEncoder().encode(text), {
    path: '/etc/booth/booth.conf',
    resolve: () => null,
  });
  assert(config !== null, `the plan's booth.conf is good: ${JSON.stringify(problems)}`);
  return config;
}

/** The same booth.conf with other values of a ticket, read as a daemon reads it. */
export function withValues(config: RingConfig, ticket: string, values: TicketValues): RingConfig {
  const tickets = config.tickets.map((one) => (one.name === ticket ? { ...one, ...values } : one));
  // The unit on the wire is that of the new spans.
  return read(printConfig({ ...config, tickets, leaseUnit: 's' }));
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
