/**
 * R9: no cluster has the ticket granted anew before a quorum acked a heartbeat of that very term,
 * the holder itself counted.
 */
import { automaticTickets, type CheckerKind } from './checker.ts';

export const quorumFirst: CheckerKind = {
  name: 'quorum-first',
  create: ({ plan, hosts, report }) => {
    const automatic = new Set(automaticTickets(plan).map(({ name }) => name));
    const quorum = Math.floor(hosts.length / 2) + 1;
    /** Who has acked which site's heartbeats of which term. */
    const acked = new Map<string, Set<string>>();
    return {
      observe: (seen) => {
        if (seen.kind === 'arrived') {
          const { command, request, ticket, term } = seen.message;
          if (command !== 'ack' || request !== 'heartbeat') return;
          const key = `${seen.host} ${ticket} ${String(term)}`;
          acked.set(key, (acked.get(key) ?? new Set()).add(seen.from));
        }
        if (seen.kind !== 'written' || !seen.change.granted || seen.wasGranted) return;
        if (!automatic.has(seen.ticket)) return;
        const { term } = seen.change;
        const count = 1 + (acked.get(`${seen.host} ${seen.ticket} ${String(term)}`)?.size ?? 0);
        if (count < quorum)
          report(
            `${seen.host} has ${seen.ticket} granted in term ${String(term)}, ${String(count)} of ${String(hosts.length)} members stand behind it`,
          );
      },
    };
  },
};
