/**
 * R17: a request is executed once and lives until its outcome, whether or not its client still
 * listens. A site stands for election on an operator's behalf only while an operator's grant is open
 * there, and revokes in the ring only while a revoke is, or a grant that it calls off.
 */
import type { RingMessage } from '../../../core/wire/message.ts';
import type { Asked } from '../observation.ts';
import { valuesIn, type TicketValues } from '../plan.ts';
import { automaticTickets, type CheckerKind } from './checker.ts';

/** A grant that a client did not wait for goes on for so many times what it waits anyway. */
const PATIENCE = 2;
const PATIENCE_TIMEOUTS = 10;
const DRIFT = 0.01;

const patienceOf = ({ expireMs, acquireAfterMs, timeoutMs }: TicketValues): number =>
  (PATIENCE * (expireMs + acquireAfterMs) + PATIENCE_TIMEOUTS * timeoutMs) * (1 + DRIFT);

interface Open {
  readonly verb: Asked['verb'];
  /** What is answered "pending" goes on until then. */
  untilMs: number;
}

export const executedOnce: CheckerKind = {
  name: 'executed-once',
  create: ({ plan, nowMs, report }) => {
    const patienceMs = new Map(
      automaticTickets(plan).map(({ name }) => [
        name,
        Math.max(...valuesIn(plan, name).map(patienceOf)),
      ]),
    );
    const open = new Map<string, Map<number, Open>>();
    /** What each site has stood for, or revoked, and in which term: repeats are no second time. */
    const done = new Set<string>();
    const openAt = (host: string, ticket: string): Map<number, Open> => {
      const key = `${host} ${ticket}`;
      const found = open.get(key) ?? new Map<number, Open>();
      open.set(key, found);
      return found;
    };
    const isOpen = (host: string, ticket: string, isMeant: (one: Open) => boolean): boolean =>
      [...openAt(host, ticket).values()].some((one) => one.untilMs >= nowMs() && isMeant(one));
    const isFirst = (key: string): boolean => {
      if (done.has(key)) return false;
      done.add(key);
      return true;
    };
    const onSent = (host: string, { command, ticket, term, reason }: RingMessage): void => {
      if (!patienceMs.has(ticket)) return;
      const isStanding = command === 'req-vote' && reason === 'admin';
      if (!isStanding && command !== 'revoke') return;
      if (!isFirst(`${host} ${ticket} ${command} ${String(term)}`)) return;
      if (isStanding && !isOpen(host, ticket, ({ verb }) => verb === 'grant'))
        report(
          `${host} stands for ${ticket} in term ${String(term)} on an operator's behalf, no grant is open there`,
        );
      if (command === 'revoke' && !isOpen(host, ticket, ({ verb }) => verb === 'revoke'))
        report(
          `${host} revokes ${ticket} in term ${String(term)}, no operator's request is open there`,
        );
    };
    const onEnd = ({ host, ticket, request, verb }: Asked, isGoingOn: boolean): void => {
      const requests = openAt(host, ticket);
      if (isGoingOn)
        requests.set(request, { verb, untilMs: nowMs() + (patienceMs.get(ticket) ?? 0) });
      else requests.delete(request);
    };
    /** Requests die with the process. */
    const forget = (host: string): void => {
      for (const [key, requests] of open) if (key.startsWith(`${host} `)) requests.clear();
    };
    return {
      observe: (seen) => {
        switch (seen.kind) {
          case 'sent':
            onSent(seen.host, seen.message);
            break;
          case 'asked':
            openAt(seen.host, seen.ticket).set(seen.request, {
              verb: seen.verb,
              untilMs: Infinity,
            });
            break;
          case 'answered':
            if (seen.isFinal) onEnd(seen, seen.result === 'pending');
            break;
          case 'process':
            if (seen.what === 'ended') forget(seen.host);
            break;
          default:
        }
      },
    };
  },
};
