/** R16, R17: who is told that a ticket is granted can rely on it: the cluster had it by then. */
import { automaticTickets, type CheckerKind } from './checker.ts';

export const told: CheckerKind = {
  name: 'told',
  create: ({ plan, nowMs, hosts, report }) => {
    const grantedAtMs = new Map<string, number>();
    const automatic = new Set(automaticTickets(plan).map(({ name }) => name));
    return {
      observe: (seen) => {
        if (seen.kind === 'written' && seen.change.granted)
          grantedAtMs.set(`${seen.ticket} ${seen.host}`, nowMs());
        if (seen.kind !== 'answered' || !seen.isFinal || seen.result !== 'success') return;
        if (!automatic.has(seen.ticket)) return;
        if (seen.verb === 'grant') {
          const atMs = grantedAtMs.get(`${seen.ticket} ${seen.host}`) ?? -Infinity;
          if (atMs < seen.askedAtMs)
            report(`${seen.host} says ${seen.ticket} is granted, its cluster was never told so`);
        } else if (hosts.find(({ name }) => name === seen.host)?.isGranted(seen.ticket) === true)
          report(`${seen.host} says ${seen.ticket} is revoked, its cluster has it granted`);
      },
    };
  },
};
