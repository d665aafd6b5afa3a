/** R6: at the end of the lease in its cluster a healthy daemon has renewed it there, or revoked. */
import type { CheckerKind, ObservedHost } from './checker.ts';

/** How long a trouble of a host explains a late revoke there. */
const EXCUSE_MS = 3000;

export const leaseEnd: CheckerKind = {
  name: 'lease-end',
  create: ({ nowMs, after, hosts, report }) => {
    const excusedAtMs = new Map<string, number>();
    const byName = new Map(hosts.map((host) => [host.name, host]));
    const excuse = (host: string): void => {
      excusedAtMs.set(host, nowMs());
    };
    const judge = (host: ObservedHost, ticket: string, endMs: number): void => {
      if (host.guardedUntilMs(ticket) !== endMs || !host.isGranted(ticket)) return;
      if (!host.isServing() || host.isAiling() || host.busyUntilMs(ticket) > endMs) return;
      if (nowMs() - (excusedAtMs.get(host.name) ?? -Infinity) < EXCUSE_MS) return;
      report(`${host.name} still has ${ticket} granted at its lease's end`);
    };
    return {
      observe: (seen) => {
        if (seen.kind === 'process') excuse(seen.host);
        if (seen.kind === 'fault' && 'host' in seen.item) excuse(seen.item.host);
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
