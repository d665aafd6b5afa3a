/**
 * R10: an operator's grant is not committed before every other site has said something since, or
 * the longest lease that an unreachable one may have is over. `--force` skips that.
 */
import { automaticTickets, type CheckerKind } from './checker.ts';

/** Waits are measured by clocks that differ in rate. */
const DRIFT = 0.01;

interface Asking {
  readonly atMs: number;
  readonly unheard: Set<string>;
  request: number;
}

export const unreachableSites: CheckerKind = {
  name: 'unreachable-sites',
  create: ({ plan, nowMs, hosts, report }) => {
    const waitsMs = new Map(
      automaticTickets(plan).map(({ name, expireMs, acquireAfterMs }) => [
        name,
        expireMs + acquireAfterMs,
      ]),
    );
    const asking = new Map<string, Asking>();
    const sites = hosts.filter(({ isSite }) => isSite).map(({ name }) => name);
    const judge = (host: string, ticket: string): void => {
      const asked = asking.get(`${host} ${ticket}`);
      const waitMs = waitsMs.get(ticket);
      if (asked === undefined || waitMs === undefined || asked.unheard.size === 0) return;
      const sinceMs = nowMs() - asked.atMs;
      if (sinceMs < waitMs * (1 - DRIFT))
        report(
          `${host} has ${ticket} granted ${String(Math.round(sinceMs))} ms after it was asked, without a word from ${[...asked.unheard].join(', ')}`,
        );
    };
    return {
      observe: (seen) => {
        if (seen.kind === 'asked' && seen.verb === 'grant') {
          const key = `${seen.host} ${seen.ticket}`;
          if (asking.has(key)) return;
          const unheard = new Set(sites.filter((name) => name !== seen.host && !seen.isForced));
          asking.set(key, { atMs: nowMs(), unheard, request: seen.request });
        }
        if (seen.kind === 'arrived')
          asking.get(`${seen.host} ${seen.message.ticket}`)?.unheard.delete(seen.from);
        if (seen.kind === 'process')
          for (const key of [...asking.keys()])
            if (key.startsWith(`${seen.host} `)) asking.delete(key);
        if (seen.kind === 'written' && seen.change.granted && !seen.wasGranted)
          judge(seen.host, seen.ticket);
        // A final word without a grant leaves what the ring does by itself.
        if (seen.kind === 'answered' && seen.isFinal) {
          const key = `${seen.host} ${seen.ticket}`;
          if (asking.get(key)?.request === seen.request) asking.delete(key);
        }
      },
    };
  },
};
