/**
 * R3, R4, R11: whatever prefix of a journal survives, it tells of a state that its member was in at some
 * time. Of every daemon that ends, what its disk would have kept is replayed entry by entry: each can be
 * understood, terms only grow, a vote given stays given, and neither vote nor lease is of a term still to come.
 */
import { readJournal } from '../../../core/io/journal-format.ts';
import { remember } from '../../../core/member/remember.ts';
import type { JournalEntry } from '../../../core/member/ports.ts';
import type { DurableTicket } from '../../../core/ticket/state.ts';
import { automaticTickets, type CheckerKind } from './checker.ts';

/** Longer ones take too long to read; they are compacted at that size in many seeds. */
const READ_BYTES_MAX = 64 << 10;

export const journalPrefixes: CheckerKind = {
  name: 'journal-prefixes',
  create: ({ plan, hosts, report }) => {
    const automatic = new Set(automaticTickets(plan).map(({ name }) => name));
    const byName = new Map(hosts.map((host) => [host.name, host]));
    return {
      observe: (seen) => {
        if (seen.kind !== 'process' || seen.what !== 'ended') return;
        const bytes = byName.get(seen.host)?.durableJournal() ?? new Uint8Array(0);
        if (bytes.length === 0 || bytes.length > READ_BYTES_MAX) return;
        const found = objection(readJournal(bytes).entries, automatic);
        if (found !== null) report(`the journal of ${seen.host} cannot be true: ${found}`);
      },
    };
  },
};

/** The first prefix that no member could have written, in words; null: there is none. */
export function objection(
  entries: readonly JournalEntry[],
  automatic: ReadonlySet<string>,
): string | null {
  const states = new Map<string, DurableTicket>();
  for (const [index, entry] of entries.entries()) {
    // A later entry replaces an earlier one as a whole: a prefix adds one entry to the one before.
    const remembered = remember([entry], null);
    if (remembered === null) return `entry ${String(index)} cannot be understood`;
    for (const [ticket, state] of remembered.tickets) {
      const what = automatic.has(ticket) ? contradiction(states.get(ticket), state) : null;
      if (what !== null) return `entry ${String(index)} of ${ticket}, ${what}`;
      states.set(ticket, state);
    }
  }
  return null;
}

function contradiction(before: DurableTicket | undefined, state: DurableTicket): string | null {
  const { term, vote, lease } = state;
  // Who has lost its memory takes the votes of every term that it hears of for given (R7).
  const votedIn = vote === null || vote.candidate === null ? 0 : vote.term;
  const latest = Math.max(votedIn, lease?.term ?? 0);
  if (latest > term) return `word of term ${String(latest)} in term ${String(term)}`;
  if (before === undefined) return null;
  if (term < before.term) return `from term ${String(before.term)} back to ${String(term)}`;
  const given = before.vote;
  if (given === null) return null;
  if (vote === null || vote.term < given.term) return `the vote of term ${String(given.term)} gone`;
  const isOther = vote.term === given.term && vote.candidate !== given.candidate;
  // Whom it went to may be forgotten; it is given all the same.
  return isOther && vote.candidate !== null ? `another vote in term ${String(given.term)}` : null;
}
