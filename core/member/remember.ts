/** The durable part of a ticket as a journal entry, and back (R3, R7). */
import { instantOf } from '../base/instant.ts';
import { memberIdOf } from '../base/member-id.ts';
import type { DurableTicket, Holder, Lease, TicketPromise, Vote } from '../ticket/state.ts';
import type { JournalEntry, JsonValue } from './ports.ts';

/** First entry of every run: instants behind it belong to this boot. */
export const bootEntry = (bootId: string | null, epochMs: number): JournalEntry => ({
  kind: 'boot',
  bootId,
  epochMs,
});

/** All of a ticket that must survive; a later entry replaces it. */
export const ticketEntry = (ticket: string, record: DurableTicket): JournalEntry => ({
  kind: 'ticket',
  ticket,
  term: record.term,
  vote: record.vote === null ? null : { ...record.vote },
  holder: { ...record.holder },
  promise: record.promise === null ? null : { ...record.promise },
  lease: record.lease === null ? null : { ...record.lease },
  drainUntil: record.drainUntil,
  abstainUntil: record.abstainUntil,
});

export interface Remembered {
  readonly tickets: ReadonlyMap<string, DurableTicket>;
  /** Everything was written since this host booted. */
  readonly isSameBoot: boolean;
}

/**
 * What the entries amount to. An entry that cannot be understood is damage: null, so that the
 * member abstains instead of believing half of it.
 */
export function remember(
  entries: readonly JournalEntry[],
  bootId: string | null,
): Remembered | null {
  const tickets = new Map<string, DurableTicket>();
  const writtenBoots = new Map<string, JsonValue>();
  let writingBoot: JsonValue = null;
  for (const entry of entries) {
    if (entry['kind'] === 'boot') writingBoot = entry['bootId'] ?? null;
    else {
      const name = entry['ticket'];
      const record = readRecord(entry);
      if (entry['kind'] !== 'ticket' || typeof name !== 'string' || record === null) return null;
      tickets.set(name, record);
      writtenBoots.set(name, writingBoot);
    }
  }
  const isSameBoot = bootId !== null && [...writtenBoots.values()].every((boot) => boot === bootId);
  return { tickets, isSameBoot };
}

function readRecord(entry: JournalEntry): DurableTicket | null {
  const term = numberOf(entry['term']);
  const holder = readHolder(entry['holder']);
  const vote = readOptional(entry['vote'], readVote);
  const promise = readOptional(entry['promise'], readPromise);
  const lease = readOptional(entry['lease'], readLease);
  const drainUntil = readOptional(entry['drainUntil'], readInstant);
  const abstainUntil = readOptional(entry['abstainUntil'], readInstant);
  if (term === null || holder === null || vote === undefined || promise === undefined) return null;
  if (lease === undefined || drainUntil === undefined || abstainUntil === undefined) return null;
  return { term, holder, vote, promise, lease, drainUntil, abstainUntil };
}

/** undefined: damaged; null: stored as absent. */
function readOptional<T>(
  value: JsonValue | undefined,
  read: (value: JsonValue) => T | null,
): T | null | undefined {
  if (value === null) return null;
  return value === undefined ? undefined : (read(value) ?? undefined);
}

function readVote(value: JsonValue): Vote | null {
  const fields = fieldsOf(value);
  const term = numberOf(fields?.['term']);
  const candidate = fields?.['candidate'];
  if (term === null || (candidate !== null && typeof candidate !== 'number')) return null;
  return { term, candidate: candidate === null ? null : memberIdOf(candidate) };
}

function readPromise(value: JsonValue): TicketPromise | null {
  const fields = fieldsOf(value);
  const [to, term] = [numberOf(fields?.['to']), numberOf(fields?.['term'])];
  const [until, spanMs] = [numberOf(fields?.['until']), numberOf(fields?.['spanMs'])];
  if (to === null || term === null || until === null || spanMs === null) return null;
  return { to: memberIdOf(to), term, until: instantOf(until), spanMs };
}

function readLease(value: JsonValue): Lease | null {
  const fields = fieldsOf(value);
  const [term, until] = [numberOf(fields?.['term']), numberOf(fields?.['until'])];
  return term === null || until === null ? null : { term, until: instantOf(until) };
}

function readInstant(value: JsonValue) {
  const bootMs = numberOf(value);
  return bootMs === null ? null : instantOf(bootMs);
}

function readHolder(value: JsonValue | undefined): Holder | null {
  const fields = fieldsOf(value);
  const term = numberOf(fields?.['term']);
  switch (fields?.['kind']) {
    case 'unknown':
      return { kind: 'unknown' };
    case 'nobody':
      return term === null ? null : { kind: 'nobody', term };
    case 'member': {
      const [id, isReleased] = [numberOf(fields['id']), fields['isReleased']];
      if (id === null || term === null || typeof isReleased !== 'boolean') return null;
      return { kind: 'member', id: memberIdOf(id), term, isReleased };
    }
    default:
      return null;
  }
}

const fieldsOf = (value: JsonValue | undefined): JournalEntry | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JournalEntry)
    : null;

const numberOf = (value: JsonValue | undefined): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value : null;
