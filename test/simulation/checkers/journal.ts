/**
 * R3: nothing leaves a member ahead of its disk. What the disk would still have if the power failed
 * at that moment, read as a daemon reads it, bears out every vote, ack and heartbeat.
 */
import { readJournal } from '../../../core/io/journal-format.ts';
import { remember } from '../../../core/member/remember.ts';
import type { RingMessage } from '../../../core/wire/message.ts';
import { automaticTickets, type CheckerKind } from './checker.ts';

/** Reading a journal takes the longer the more is in it: long ones are read for one vote in so many. */
const SHORT_BYTES = 8 << 10;
const SAMPLED_VOTES = 16;
/** Of acks and heartbeats, which are many, one in so many, and in short journals only. */
const SAMPLED_OTHERS = 64;
const VOTES: ReadonlySet<string> = new Set(['req-vote', 'vote-for']);
const OTHERS: ReadonlySet<string> = new Set(['ack', 'heartbeat']);

export const journal: CheckerKind = {
  name: 'journal',
  create: ({ plan, hosts, report }) => {
    const automatic = new Set(automaticTickets(plan).map(({ name }) => name));
    const byName = new Map(hosts.map((host) => [host.name, host]));
    let count = 0;
    const isLookedAt = ({ command }: RingMessage, sizeBytes: number): boolean => {
      count += 1;
      const isShort = sizeBytes <= SHORT_BYTES;
      if (VOTES.has(command)) return isShort || count % SAMPLED_VOTES === 0;
      return isShort && count % SAMPLED_OTHERS === 0;
    };
    /** What the disk says against the message; null: nothing. */
    const objection = (bytes: Uint8Array, message: RingMessage): string | null => {
      const { command, ticket, term, leader, from } = message;
      const record = remember(readJournal(bytes).entries, null)?.tickets.get(ticket);
      if (record === undefined) return 'nothing of the ticket';
      const votedIn = record.vote?.term ?? 0;
      if (record.term < term || votedIn < term)
        return `term ${String(record.term)} and a vote in term ${String(votedIn)}`;
      const candidate = command === 'vote-for' ? leader : from;
      const isOther = votedIn === term && record.vote?.candidate !== candidate;
      return VOTES.has(command) && isOther ? 'another vote in that term' : null;
    };
    const judge = (name: string, message: RingMessage): void => {
      const { command, request, ticket, term } = message;
      if (command === 'vote-for' && request !== 'req-vote') return;
      const bytes = byName.get(name)?.durableJournal() ?? new Uint8Array(0);
      if (!isLookedAt(message, bytes.length)) return;
      const found = objection(bytes, message);
      if (found !== null)
        report(
          `${name} sends ${command} of term ${String(term)} of ${ticket}, its disk knows ${found}`,
        );
    };
    return {
      observe: (seen) => {
        if (seen.kind !== 'sent' || !automatic.has(seen.message.ticket)) return;
        if (VOTES.has(seen.message.command) || OTHERS.has(seen.message.command))
          if (seen.message.request !== 'revoke') judge(seen.host, seen.message);
      },
    };
  },
};
