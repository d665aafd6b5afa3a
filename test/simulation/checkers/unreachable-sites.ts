/**
 * R10: an operator's grant is not committed before every other site has said something since, or
 * the longest lease that an unreachable one may have is over. `--force` skips that.
 */
import type { Asked } from '../observation.ts';
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
    const onAsked = ({ host, ticket, isForced, request }: Asked): void => {
      const key = `${host} ${ticket}`;
      if (asking.has(key)) return;
      const unheard = new Set(sites.filter((name) => name !== host && !isForced));
      asking.set(key, { atMs: nowMs(), unheard, request });
    };
    /** A final word without a grant leaves what the ring does by itself. */
    const onEnd = ({ host, ticket, request }: Asked): void => {
      const key = `${host} ${ticket}`;
      if (asking.get(key)?.request === request) asking.delete(key);
    };
    const forget = (host: string): void => {
      for (const key of [...asking.keys()]) if (key.startsWith(`${host} `)) asking.delete(key);
    };
    return {
      observe: (seen) => {
        switch (seen.kind) {
          case 'asked':
            if (seen.verb === 'grant') onAsked(seen);
            break;
          case 'arrived':
            asking.get(`${seen.host} ${seen.message.ticket}`)?.unheard.delete(seen.from);
            break;
          case 'process':
            forget(seen.host);
            break;
          case 'written':
            if (seen.change.granted && !seen.wasGranted) judge(seen.host, seen.ticket);
            break;
          case 'answered':
            if (seen.isFinal && seen.result !== 'pending') onEnd(seen);
            break;
          default:
        }
      },
    };
  },
};
