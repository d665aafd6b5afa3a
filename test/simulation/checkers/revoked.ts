/**
 * R15: what an operator was told is revoked runs nowhere until an operator asks for it again, and
 * then only where it was asked for, until somebody asked leads the ring: what is led may be lost,
 * and fall to another site.
 */
import type { RingMessage } from '../../../core/wire/message.ts';
import { automaticTickets, type CheckerKind } from './checker.ts';
import { createOperatorBook } from './operator-book.ts';

export const revoked: CheckerKind = {
  name: 'revoked',
  create: ({ plan, nowMs, hosts, report }) => {
    const revokedAtMs = new Map<string, number>();
    /** Who is seen to remember the last revoke of each ticket. */
    const remembering = new Map<string, Set<string>>();
    /** Where it was asked for since its last revoke. */
    const asked = new Map<string, Set<string>>();
    // A manual ticket is its operators' own: the other of two grants runs on after a revoke.
    const automatic = new Set(automaticTickets(plan).map(({ name }) => name));
    const judge = (ticket: string, host: string): void => {
      const atMs = revokedAtMs.get(ticket);
      if (atMs === undefined || !automatic.has(ticket)) return;
      if (asked.get(ticket)?.has(host) !== true)
        report(
          `${ticket} runs at ${host} although an operator revoked it at ${(atMs / 1000).toFixed(3)}`,
        );
    };
    const book = createOperatorBook(nowMs, {
      revoked: (ticket) => {
        revokedAtMs.set(ticket, nowMs());
        asked.delete(ticket);
        for (const host of hosts) if (host.resource(ticket) === 'running') judge(ticket, host.name);
      },
      granting: (ticket, host) => {
        asked.set(ticket, (asked.get(ticket) ?? new Set()).add(host));
      },
    });
    const note = (host: string, { command, request, ticket }: RingMessage): void => {
      if (command === 'heartbeat' && asked.get(ticket)?.has(host) === true) {
        revokedAtMs.delete(ticket);
        remembering.delete(ticket);
      }
      if (command !== 'revoke' && !(command === 'ack' && request === 'revoke')) return;
      const members = remembering.get(ticket) ?? new Set();
      remembering.set(ticket, members.add(host));
    };
    const quorum = Math.floor(hosts.length / 2) + 1;
    return {
      observe: (seen) => {
        book.observe(seen);
        if (seen.kind === 'sent') note(seen.host, seen.message);
        if (seen.kind === 'resource' && seen.state === 'running') judge(seen.ticket, seen.host);
        if (seen.kind !== 'forgot') return;
        // When those that are left can be outvoted the ring no longer knows; nobody promised more.
        for (const [ticket, members] of remembering) {
          members.delete(seen.host);
          if (hosts.length - members.size >= quorum) revokedAtMs.delete(ticket);
        }
      },
    };
  },
};
