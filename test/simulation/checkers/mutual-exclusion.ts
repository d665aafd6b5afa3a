/**
 * The promise: never does anything run at two sites under one automatic ticket, unless an operator
 * forced it; and what stops gets `acquire-after` before another site begins.
 */
import { valuesIn } from '../plan.ts';
import { automaticTickets, type CheckerKind } from './checker.ts';
import { createForcedGrants } from './forced-grants.ts';

/** Waits are measured by clocks that differ in rate. */
const DRIFT = 0.01;
const ROUNDING_MS = 1;

export const mutualExclusion: CheckerKind = {
  name: 'mutual-exclusion',
  create: ({ plan, nowMs, hosts, report }) => {
    const drains = new Map(
      // While a booth.conf is rolled out, any of its values may be the one that is kept to.
      automaticTickets(plan).map(({ name }) => [
        name,
        Math.min(...valuesIn(plan, name).map(({ acquireAfterMs }) => acquireAfterMs)),
      ]),
    );
    const stopBeganAtMs = new Map<string, number>();
    const forced = createForcedGrants();
    const judge = (ticket: string, host: string, drainMs: number): void => {
      for (const other of hosts) {
        if (other.name === host || !other.isSite) continue;
        if (forced.isForced(ticket, host) || forced.isForced(ticket, other.name)) continue;
        if (other.resource(ticket) === 'running') {
          report(`${ticket} runs at ${host} while it still runs at ${other.name}`);
          continue;
        }
        const sinceMs = nowMs() - (stopBeganAtMs.get(`${ticket} ${other.name}`) ?? -Infinity);
        if (sinceMs < drainMs * (1 - DRIFT) - ROUNDING_MS)
          report(
            `${ticket} runs at ${host} ${String(Math.round(sinceMs))} ms after ${other.name} began to stop it, acquire-after is ${String(drainMs)} ms`,
          );
        else if (other.resource(ticket) === 'stopping' && other.stopMs <= drainMs * (1 - DRIFT))
          report(`${ticket} runs at ${host} while ${other.name} is still stopping it`);
      }
    };
    return {
      observe: (seen) => {
        forced.observe(seen);
        if (seen.kind !== 'resource') return;
        if (seen.state === 'stopping') stopBeganAtMs.set(`${seen.ticket} ${seen.host}`, nowMs());
        const drainMs = drains.get(seen.ticket);
        if (seen.state === 'running' && drainMs !== undefined)
          judge(seen.ticket, seen.host, drainMs);
      },
    };
  },
};
