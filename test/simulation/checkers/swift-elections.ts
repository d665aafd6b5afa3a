/**
 * R12: nobody waits for the dead. In a ring whose members have all been heard, a candidate that a
 * quorum has voted for leads at once, whoever else does not answer.
 */
import type { RingMessage } from '../../../core/wire/message.ts';
import { automaticTickets, type CheckerKind } from './checker.ts';

interface Candidacy {
  readonly term: number;
  /** Of its first request: votes that come after `timeout` are too late for it. */
  readonly sinceMs: number;
  readonly voters: Set<string>;
  isWon: boolean;
  /** It leads, or something else became of it. */
  isOver: boolean;
}

const DRIFT = 0.01;
/** How long a trouble of a host explains that it is slow. */
const EXCUSE_MS = 3000;
/** A request is on a healthy disk and has left by then; the candidacy may have ended meanwhile. */
const WRITE_MS = 5;
const answersOrQuestions: ReadonlySet<string> = new Set(['status', 'my-index', 'vote-for']);

export const swiftElections: CheckerKind = {
  name: 'swift-elections',
  create: ({ plan, nowMs, after, hosts, report }) => {
    const timeoutsMs = new Map(
      automaticTickets(plan).map(({ name, timeoutMs }) => [name, timeoutMs * (1 - DRIFT)]),
    );
    const quorum = Math.floor(hosts.length / 2) + 1;
    const candidacies = new Map<string, Candidacy>();
    /** Whom each run of a daemon has heard. */
    const heard = new Map<string, Set<string>>();
    /** When each ticket of a host last heard what may end a candidacy. */
    const interruptedAtMs = new Map<string, number>();
    const excusedAtMs = new Map<string, number>();
    const isHealthy = (name: string): boolean => {
      const host = hosts.find((one) => one.name === name);
      const sinceMs = nowMs() - (excusedAtMs.get(name) ?? -Infinity);
      return host !== undefined && host.isServing() && !host.isAiling() && sinceMs > EXCUSE_MS;
    };
    const isInTime = ({ sinceMs }: Candidacy, ticket: string): boolean =>
      nowMs() - sinceMs < (timeoutsMs.get(ticket) ?? 0);
    const win = (name: string, ticket: string, candidacy: Candidacy): void => {
      const boundMs = (timeoutsMs.get(ticket) ?? 0) / 2;
      const isEverybodyHeard = (heard.get(name)?.size ?? 0) === hosts.length - 1;
      if (boundMs === 0 || candidacy.isWon || !isEverybodyHeard) return;
      candidacy.isWon = true;
      after(boundMs, () => {
        if (!candidacy.isOver && isHealthy(name))
          report(
            `${name} does not lead ${ticket} ${String(boundMs)} ms after a quorum voted for it in term ${String(candidacy.term)}`,
          );
      });
    };
    const onSent = (host: string, { command, ticket, term }: RingMessage): void => {
      const key = `${host} ${ticket}`;
      const before = candidacies.get(key);
      const isSame = before?.term === term && isInTime(before, ticket);
      if (command === 'req-vote' && !isSame)
        candidacies.set(key, {
          term,
          sinceMs: nowMs(),
          voters: new Set([host]),
          isWon: false,
          isOver: nowMs() - (interruptedAtMs.get(key) ?? -Infinity) < WRITE_MS,
        });
      // What it says otherwise shows that it is no candidate any more.
      if (before !== undefined && command !== 'req-vote' && command !== 'my-index')
        before.isOver ||= command !== 'rejected' && command !== 'status';
    };
    const onArrived = (host: string, from: string, message: RingMessage): void => {
      const { command, request, ticket, term, leader } = message;
      heard.set(host, (heard.get(host) ?? new Set()).add(from));
      const key = `${host} ${ticket}`;
      if (!answersOrQuestions.has(command)) interruptedAtMs.set(key, nowMs());
      const candidacy = candidacies.get(key);
      if (candidacy === undefined || !isInTime(candidacy, ticket)) return;
      const self = hosts.find(({ name }) => name === host)?.memberId;
      if (command === 'vote-for' && request === 'req-vote') {
        if (term === candidacy.term && leader === self) candidacy.voters.add(from);
        else if (term >= candidacy.term) candidacy.isOver = true;
        if (candidacy.voters.size >= quorum) win(host, ticket, candidacy);
      } else if (command !== 'status' && command !== 'my-index') candidacy.isOver = true;
    };
    // Nor by whose `timeout` it is counted while another one is rolled out.
    // What is late or comes twice may be refused as stale, and behind a slow disk a candidacy may be
    // over before its request leaves: neither can be seen from outside.
    const late: ReadonlySet<string> = new Set(['weather', 'slow-disk', 'reconfigure']);
    if (plan.items.some(({ kind }) => late.has(kind))) return { observe: () => undefined };
    return {
      observe: (seen) => {
        if (seen.kind === 'sent') onSent(seen.host, seen.message);
        else if (seen.kind === 'arrived') onArrived(seen.host, seen.from, seen.message);
        else if (seen.kind === 'fault' && 'host' in seen.item)
          excusedAtMs.set(seen.item.host, nowMs());
        else if (seen.kind === 'process') {
          excusedAtMs.set(seen.host, nowMs());
          heard.delete(seen.host);
          for (const [key, candidacy] of candidacies)
            if (key.startsWith(`${seen.host} `)) candidacy.isOver = true;
        } else if (seen.kind === 'asked' || seen.kind === 'answered') {
          const candidacy = candidacies.get(`${seen.host} ${seen.ticket}`);
          // Called off, or answered otherwise.
          if (candidacy !== undefined) candidacy.isOver ||= seen.kind === 'asked' || seen.isFinal;
        }
      },
    };
  },
};
