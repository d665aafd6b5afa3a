/**
 * R10: an operator's grant, forced or not, is refused at once at a site that has acked the holder
 * less than a lease ago, as long as the ticket runs there.
 */
import type { MemberId } from '../../../core/base/member-id.ts';
import { createArrivals } from './arrivals.ts';
import { automaticTickets, type CheckerKind } from './checker.ts';

/** Promises are counted by clocks that differ in rate. */
const DRIFT = 0.01;

interface Acked {
  readonly to: MemberId;
  readonly atMs: number;
  /** The lease at that site. */
  readonly spanMs: number;
}

export const refusedWhileHeld: CheckerKind = {
  name: 'refused-while-held',
  create: ({ plan, nowMs, hosts, valuesOf, report }) => {
    const automatic = new Set(automaticTickets(plan).map(({ name }) => name));
    const byId = new Map(hosts.map((host) => [host.memberId, host]));
    const arrivals = createArrivals(plan, nowMs);
    const acked = new Map<string, Acked>();
    const forget = (host: string): void => {
      for (const key of [...acked.keys()]) if (key.startsWith(`${host} `)) acked.delete(key);
    };
    const judge = (host: string, ticket: string, askedAtMs: number): void => {
      const before = acked.get(`${host} ${ticket}`);
      if (before === undefined || before.atMs > askedAtMs) return;
      const holder = byId.get(before.to);
      if (nowMs() - before.atMs >= before.spanMs * (1 - DRIFT) || holder?.name === host) return;
      if (holder?.resource(ticket) === 'running')
        report(`${host} goes for ${ticket}, which ${holder.name} holds, instead of refusing`);
    };
    return {
      observe: (seen) => {
        arrivals.observe(seen);
        if (seen.kind === 'sent') {
          const { command, request, leader, ticket } = seen.message;
          if (command !== 'ack' || request === 'revoke' || leader === null) return;
          if (!automatic.has(ticket)) return;
          const spanMs = valuesOf(seen.host, ticket).expireMs;
          const atMs = arrivals.ofAcked(seen.host, seen.message);
          acked.set(`${seen.host} ${ticket}`, { to: leader, atMs, spanMs });
        } else if (seen.kind === 'forgot') forget(seen.host);
        else if (seen.kind === 'resource' && seen.state !== 'running') {
          // It was given up there: whoever acked it may have heard so.
          for (const [key, { to }] of [...acked])
            if (key.endsWith(` ${seen.ticket}`) && byId.get(to)?.name === seen.host)
              acked.delete(key);
        } else if (seen.kind === 'answered' && seen.verb === 'grant' && !seen.isFinal)
          judge(seen.host, seen.ticket, seen.askedAtMs);
      },
    };
  },
};
