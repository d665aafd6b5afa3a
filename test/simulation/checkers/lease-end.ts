/**
 * R6, R8, R13: at the end of the lease in its cluster a healthy daemon has renewed it there, or
 * revoked, whatever ails its other tickets; and one that finds such a grant at its start revokes it.
 */
import { automaticTickets, type CheckerKind, type ObservedHost } from './checker.ts';

/** How long a trouble of a host explains a late revoke there. */
const EXCUSE_MS = 3000;

export const leaseEnd: CheckerKind = {
  name: 'lease-end',
  create: ({ plan, nowMs, after, hosts, report }) => {
    const excusedAtMs = new Map<string, number>();
    const byName = new Map(hosts.map((host) => [host.name, host]));
    const tickets = automaticTickets(plan).map(({ name }) => name);
    const excuse = (host: string, ticket: string | null = null): void => {
      for (const name of ticket === null ? tickets : [ticket])
        excusedAtMs.set(`${host} ${name}`, nowMs());
    };
    const isExcused = (host: ObservedHost, ticket: string): boolean => {
      if (!host.isServing() || host.isAiling(ticket)) return true;
      return nowMs() - (excusedAtMs.get(`${host.name} ${ticket}`) ?? -Infinity) < EXCUSE_MS;
    };
    const judge = (host: ObservedHost, ticket: string, endMs: number): void => {
      if (host.guardedUntilMs(ticket) !== endMs || !host.isGranted(ticket)) return;
      if (isExcused(host, ticket) || host.busyUntilMs(ticket) > endMs) return;
      report(`${host.name} still has ${ticket} granted at its lease's end`);
    };
    /** Long enough after a start: what was found granted there has been decided on. */
    const judgeStart = (host: ObservedHost): void => {
      for (const ticket of tickets) {
        const endMs = host.guardedUntilMs(ticket);
        if (!host.isGranted(ticket) || endMs === null || endMs > nowMs() - EXCUSE_MS) continue;
        if (!isExcused(host, ticket) && host.busyUntilMs(ticket) < nowMs())
          report(`${host.name} keeps ${ticket} granted since its start, its lease is over`);
      }
    };
    return {
      observe: (seen) => {
        if (seen.kind === 'process') excuse(seen.host);
        if (seen.kind === 'process' && seen.what === 'started')
          after(2 * EXCUSE_MS, () => {
            const host = byName.get(seen.host);
            if (host !== undefined) judgeStart(host);
          });
        if (seen.kind === 'fault' && 'host' in seen.item)
          excuse(seen.item.host, 'ticket' in seen.item ? seen.item.ticket : null);
        if (seen.kind !== 'written' || !seen.change.granted) return;
        const { host: name, ticket } = seen;
        // The guard is told in the same write.
        after(0, () => {
          const host = byName.get(name);
          const endMs = host?.guardedUntilMs(ticket) ?? null;
          if (host === undefined || endMs === null || endMs < nowMs()) return;
          after(endMs - nowMs(), () => {
            judge(host, ticket, endMs);
          });
        });
      },
    };
  },
};
