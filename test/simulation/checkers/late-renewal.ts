/**
 * R6: a right that ended is given up before anything else. After the lease in its cluster has run
 * out, a healthy site writes "revoked" there before it ever writes "granted" again, however long
 * its daemon stood still meanwhile.
 */
import { automaticTickets, type CheckerKind } from './checker.ts';

interface Written {
  readonly untilMs: number;
  isExcused: boolean;
}

export const lateRenewal: CheckerKind = {
  name: 'late-renewal',
  create: ({ plan, nowMs, after, hosts, report }) => {
    const automatic = new Set(automaticTickets(plan).map(({ name }) => name));
    const byName = new Map(hosts.map((host) => [host.name, host]));
    const standing = new Map<string, Written>();
    /** A cluster that cannot be written to explains that its lease there ran out. */
    const excuse = (host: string): void => {
      for (const [key, written] of standing)
        if (key.startsWith(`${host} `)) written.isExcused = true;
    };
    return {
      observe: (seen) => {
        if (seen.kind === 'fault' && 'host' in seen.item && seen.item.kind !== 'pause')
          excuse(seen.item.host);
        if (seen.kind === 'process' && (seen.what === 'started' || seen.what === 'crashed'))
          excuse(seen.host);
        if (seen.kind !== 'written' || !automatic.has(seen.ticket)) return;
        const { host: name, ticket, change } = seen;
        const host = byName.get(name);
        const key = `${name} ${ticket}`;
        const before = standing.get(key);
        standing.delete(key);
        if (host === undefined || !change.granted) return;
        if (before !== undefined && !before.isExcused && before.untilMs < nowMs())
          report(
            `${name} has ${ticket} granted again ${String(Math.round(nowMs() - before.untilMs))} ms after its lease ended, without a revoke between`,
          );
        // The guard is told in the same write.
        after(0, () => {
          const untilMs = host.guardedUntilMs(ticket);
          if (untilMs === null) return;
          // A write that took longer than the lease it stores says how slow the cluster was.
          standing.set(key, { untilMs, isExcused: host.isAiling() || untilMs <= nowMs() });
        });
      },
    };
  },
};
