/**
 * Watches a run in true time, from outside: what the clusters have stored, what the members send,
 * what clients were told. Knows nothing of how a member decides.
 */
import { assert } from '../../core/base/assert.ts';
import type { MemberId } from '../../core/base/member-id.ts';
import type { TicketCommit } from '../../core/member/ports.ts';
import { decodeDatagram } from '../../core/wire/decode-datagram.ts';
import { isRunning } from './virtual-cluster.ts';
import type { Host, World } from './world.ts';

const TICKET = 'db';

export interface Checker {
  /** Everything that broke a promise, in the order of time. */
  readonly violations: readonly string[];
  /** Adds what somebody else found. */
  readonly report: (text: string) => void;
  readonly onWrite: (atMs: number, host: string, change: TicketCommit) => void;
  readonly onSend: (atMs: number, host: string, bytes: Uint8Array) => void;
  /** The operator was told that the ticket is revoked, with no grant of theirs under way. */
  readonly revoked: () => void;
  /** The operator asks for the ticket somewhere, from now on it may be held. */
  readonly granting: () => void;
  /** The host's journal was lost; what it said before binds it no longer. */
  readonly forgotten: (host: string) => void;
  /** The host cannot be expected to revoke in time: dead, paused, or its cluster is slow or down. */
  readonly excuse: (host: string) => void;
}

interface Book {
  readonly world: () => World;
  readonly violations: string[];
  readonly terms: Map<string, number>;
  readonly votes: Map<string, MemberId>;
  /** True time of the last trouble of each host. */
  readonly excusedAtMs: Map<string, number>;
  revokedAtMs: number | null;
}

/** Messages that bind their sender; the others only tell, perhaps what no disk has taken yet. */
const BINDING: ReadonlySet<string> = new Set([
  'req-vote',
  'vote-for',
  'heartbeat',
  'ack',
  'update',
]);

/** How long a trouble of a host's cluster or process explains a late revoke there. */
const EXCUSE_MS = 3000;
/** What the smallest margin of a member covers twice (R6). */
const HEALTHY_COMMIT_MS = 50;

export function createChecker(world: () => World): Checker {
  const book: Book = {
    world,
    violations: [],
    terms: new Map(),
    votes: new Map(),
    excusedAtMs: new Map(),
    revokedAtMs: null,
  };
  return {
    violations: book.violations,
    report: (text) => {
      report(book, world().nowMs(), text);
    },
    onWrite: (atMs, host, change) => {
      if (!change.granted) return;
      checkAlone(book, atMs, host);
      checkNotRevoked(book, atMs, host);
      checkEnd(book, host);
    },
    onSend: (atMs, host, bytes) => {
      checkMessage(book, atMs, host, bytes);
    },
    revoked: () => {
      book.revokedAtMs = world().nowMs();
      for (const [name] of runningHosts(book)) checkNotRevoked(book, world().nowMs(), name);
    },
    granting: () => {
      book.revokedAtMs = null;
    },
    forgotten: (host) => {
      book.terms.delete(host);
      for (const key of [...book.votes.keys()])
        if (key.startsWith(`${host} `)) book.votes.delete(key);
      waiveForgottenRevoke(book, host);
    },
    excuse: (host) => {
      book.excusedAtMs.set(host, world().nowMs());
    },
  };
}

function runningHosts(book: Book): [string, Host][] {
  const world = book.world();
  return [...world.hosts].filter(([, { cluster }]) => isRunning(cluster, TICKET, world.nowMs()));
}

/** The promise: never at two sites at once. */
function checkAlone(book: Book, atMs: number, host: string): void {
  const others = runningHosts(book).filter(([name]) => name !== host);
  if (!runningHosts(book).some(([name]) => name === host)) return;
  for (const [other] of others)
    report(book, atMs, `granted at ${host} while it still runs at ${other}`);
}

/** R15. */
function checkNotRevoked(book: Book, atMs: number, host: string): void {
  if (book.revokedAtMs !== null)
    report(book, atMs, `runs at ${host} although an operator revoked it at ${book.revokedAtMs}`);
}

/** R6: at the end of the lease in the cluster, a healthy daemon has revoked or renewed it there. */
function checkEnd(book: Book, name: string): void {
  const world = book.world();
  const host = world.hosts.get(name);
  const endMs = host?.cluster.guardedUntilMs.get(TICKET);
  if (host === undefined || endMs === undefined || endMs < world.nowMs()) return;
  world.after(endMs - world.nowMs(), () => {
    const isStale = host.cluster.guardedUntilMs.get(TICKET) !== endMs;
    const { isFailing, commitMs, freeAtMs } = host.cluster;
    const isSick = isFailing || commitMs > HEALTHY_COMMIT_MS || freeAtMs > endMs;
    if (isStale || isSick || host.running === null || host.paused !== null) return;
    if (world.nowMs() - (book.excusedAtMs.get(name) ?? -Infinity) < EXCUSE_MS) return;
    if (host.cluster.stored.get(TICKET)?.granted === true)
      report(book, world.nowMs(), `${name} still has it granted at its lease's end`);
  });
}

function checkMessage(book: Book, atMs: number, host: string, bytes: Uint8Array): void {
  const decoded = decodeDatagram(bytes);
  assert(decoded.ok, `${host} sends well-formed datagrams`);
  const { command, leader, from, term, reason, request } = decoded.value.message;
  if (BINDING.has(command)) {
    const before = book.terms.get(host) ?? 0;
    if (term < before)
      report(book, atMs, `${host} goes back from term ${String(before)} to ${String(term)}`);
    book.terms.set(host, Math.max(term, before));
  }
  if ((command === 'heartbeat' || command === 'update') && leader !== from)
    report(book, atMs, `${host} sends ${command} in another's name`);
  if (command === 'req-vote') {
    if (reason === 'none') report(book, atMs, `${host} asks for votes without a reason`);
    noteVote(book, host, term, from);
  }
  if (command === 'vote-for' && leader !== null && request === 'req-vote')
    noteVote(book, host, term, leader);
}

/** R4, for what leaves the host. */
function noteVote(book: Book, host: string, term: number, candidate: MemberId): void {
  const key = `${host} ${String(term)}`;
  const before = book.votes.get(key);
  if (before !== undefined && before !== candidate)
    report(book, book.world().nowMs(), `${host} votes twice in term ${String(term)}`);
  book.votes.set(key, candidate);
}

/**
 * A revoke is remembered by a quorum. When a member of it loses its memory, and what is left can
 * be outvoted, the ring no longer knows; nobody promised more (R7, R15).
 */
function waiveForgottenRevoke(book: Book, host: string): void {
  if (book.revokedAtMs === null) return;
  const { hosts } = book.world();
  const quorum = Math.floor(hosts.size / 2) + 1;
  const remembering = [...hosts].filter(
    ([name, { journal }]) => name !== host && lastHolderKind(journal) === 'nobody',
  );
  if (hosts.size - remembering.length >= quorum) book.revokedAtMs = null;
}

function lastHolderKind(journal: Host['journal']): unknown {
  const entry = journal.findLast(({ kind }) => kind === 'ticket');
  const holder = entry?.['holder'];
  return typeof holder === 'object' && holder !== null && 'kind' in holder ? holder['kind'] : null;
}

function report(book: Book, atMs: number, text: string): void {
  book.violations.push(`${(atMs / 1000).toFixed(3)} ${text}`);
}
