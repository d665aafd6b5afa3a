/**
 * R10: an operator's grant is not committed before every other site has said something since, or
 * the longest lease that an unreachable one may have is over. `--force` skips that.
 */
import type { Asked, Observation } from '../observation.ts';
import { automaticTickets, type CheckerKind } from './checker.ts';

/** Waits are measured by clocks that differ in rate. */
const DRIFT = 0.01;

interface Asking {
  readonly atMs: number;
  readonly unheard: Set<string>;
  request: number;
  /** The client was told to wait. */
  isUnderWay: boolean;
  /** Ended, as far as its member says: the next request is another one. */
  isOver: boolean;
}

export const unreachableSites: CheckerKind = {
  name: 'unreachable-sites',
  create: ({ plan, nowMs, hosts, valuesOf, report }) => {
    const automatic = new Set(automaticTickets(plan).map(({ name }) => name));
    const asking = new Map<string, Asking>();
    const sites = hosts.filter(({ isSite }) => isSite).map(({ name }) => name);
    const judge = (host: string, ticket: string): void => {
      const asked = asking.get(`${host} ${ticket}`);
      if (asked === undefined || !automatic.has(ticket) || asked.unheard.size === 0) return;
      const { expireMs, acquireAfterMs } = valuesOf(host, ticket);
      const waitMs = expireMs + acquireAfterMs;
      const sinceMs = nowMs() - asked.atMs;
      if (sinceMs < waitMs * (1 - DRIFT))
        report(
          `${host} has ${ticket} granted ${String(Math.round(sinceMs))} ms after it was asked, without a word from ${[...asked.unheard].join(', ')}`,
        );
    };
    const onAsked = ({ host, ticket, isForced, request }: Asked): void => {
      const key = `${host} ${ticket}`;
      if (asking.get(key)?.isOver === false) return;
      const unheard = new Set(sites.filter((name) => name !== host && !isForced));
      asking.set(key, { atMs: nowMs(), unheard, request, isUnderWay: false, isOver: false });
    };
    /**
     * A final word without a grant leaves what the ring does by itself. Who hung up has it from
     * nobody: what was under way then goes on, and waits as long (R17).
     */
    const onEnd = ({ host, ticket, request }: Asked, isHeard: boolean): void => {
      const key = `${host} ${ticket}`;
      const asked = asking.get(key);
      if (asked?.request !== request) return;
      if (isHeard || !asked.isUnderWay) asking.delete(key);
      else asked.isOver = true;
    };
    const onAnswered = (seen: Extract<Observation, { kind: 'answered' }>): void => {
      const asked = asking.get(`${seen.host} ${seen.ticket}`);
      if (!seen.isFinal && asked?.request === seen.request) asked.isUnderWay = true;
      if (seen.isFinal && seen.result !== 'pending') onEnd(seen, seen.isHeard);
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
            if (seen.what === 'ended') forget(seen.host);
            break;
          case 'written':
            if (seen.change.granted && !seen.wasGranted) judge(seen.host, seen.ticket);
            break;
          case 'answered':
            onAnswered(seen);
            break;
          default:
        }
      },
    };
  },
};
