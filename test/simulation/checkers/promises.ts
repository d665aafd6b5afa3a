/**
 * R5, R7, R8: an ack is a promise. Nobody votes for another or acks another while the one it acked
 * still runs on that promise, nor while it runs the ticket itself; no restart, reboot or loss of
 * memory is an excuse.
 */
import type { MemberId } from '../../../core/base/member-id.ts';
import type { RingMessage } from '../../../core/wire/message.ts';
import { createArrivals } from './arrivals.ts';
import { automaticTickets, type CheckerKind } from './checker.ts';

/** Promises are counted by clocks that differ in rate. */
const DRIFT = 0.01;

interface Promised {
  readonly to: MemberId;
  readonly term: number;
  readonly atMs: number;
  readonly spanMs: number;
}

export const promises: CheckerKind = {
  name: 'promises',
  create: ({ plan, nowMs, hosts, valuesOf, report }) => {
    const automatic = new Set(automaticTickets(plan).map(({ name }) => name));
    const byId = new Map(hosts.map((host) => [host.memberId, host]));
    const arrivals = createArrivals(plan, nowMs);
    const promised = new Map<string, Promised>();
    /** Votes given; to say once more to whom one went helps nobody. */
    const voted = new Set<string>();
    const isVoteNew = (host: string, { ticket, term, from, leader }: RingMessage): boolean => {
      const vote = `${host} ${ticket} ${String(term)} ${String(leader)}`;
      if (leader === from || voted.has(vote)) return false;
      voted.add(vote);
      return true;
    };
    /** A vote for oneself; its repetitions ask for nothing that was not asked for before. */
    const isFirstOf = (host: string, { ticket, term }: RingMessage): boolean => {
      const asked = `${host} ${ticket} ${String(term)}`;
      if (voted.has(asked)) return false;
      voted.add(asked);
      return true;
    };
    const isRunning = (id: number, ticket: string): boolean =>
      byId.get(id)?.resource(ticket) === 'running';
    /** `host` is about to help `to`. */
    const judge = (host: string, to: MemberId, { ticket, command, term }: RingMessage): void => {
      const before = promised.get(`${host} ${ticket}`);
      const does = `${host} sends ${command} of term ${String(term)} for ${byId.get(to)?.name ?? ''}`;
      const self = hosts.find(({ name }) => name === host);
      if (self !== undefined && self.memberId !== to && self.resource(ticket) === 'running')
        report(`${does} while ${ticket} runs at ${host} itself`);
      if (before === undefined || before.to === to || !isRunning(before.to, ticket)) return;
      if (nowMs() - before.atMs < before.spanMs * (1 - DRIFT))
        report(
          `${does} although it promised ${ticket} to ${byId.get(before.to)?.name ?? ''} ${String(Math.round(nowMs() - before.atMs))} ms ago, for ${String(before.spanMs)} ms, and it runs there`,
        );
    };
    const onSent = (host: string, message: RingMessage): void => {
      const { command, request, leader, ticket, from, term } = message;
      // Its holder itself has ended it, and may hold anew in a later term.
      if (
        command === 'ack' &&
        request === 'revoke' &&
        term >= (promised.get(`${host} ${ticket}`)?.term ?? 0)
      )
        promised.delete(`${host} ${ticket}`);
      if (leader === null || !automatic.has(ticket)) return;
      if (command === 'req-vote' && isFirstOf(host, message)) judge(host, from, message);
      if (command === 'vote-for' && request === 'req-vote' && isVoteNew(host, message))
        judge(host, leader, message);
      if (command !== 'ack' || request === 'revoke') return;
      judge(host, leader, message);
      const spanMs = valuesOf(host, ticket).expireMs;
      promised.set(`${host} ${ticket}`, {
        to: leader,
        term,
        atMs: arrivals.ofAcked(host, message),
        spanMs,
      });
    };
    return {
      observe: (seen) => {
        arrivals.observe(seen);
        if (seen.kind === 'sent') onSent(seen.host, seen.message);
      },
    };
  },
};
