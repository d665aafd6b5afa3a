/**
 * What a member needs of the world. Production gives sockets, files and a cluster; the simulator
 * gives virtual ones. Every call returns at once; outcomes come back through `done`, once, later
 * (never inside the call), and become inputs of the member.
 */
import type { Instant } from '../base/instant.ts';
import type { JsonValue, LogEvent } from '../base/log-event.ts';
import type { MemberId } from '../base/member-id.ts';
import type { Problem } from '../base/problem.ts';
import type { Random } from '../base/random.ts';
import type { Result } from '../base/result.ts';
import type { TicketHandler } from '../config/model.ts';

export type { JsonValue, LogEvent };

export interface Clock {
  /** The boot clock: never steps, counts suspend. */
  now(): Instant;
  /** The wall clock, for people, packet timestamps and the `expires` attribute only. */
  epochMs(): number;
  /** Replaces the one alarm that is set; null clears it. `call` runs at or after `at`. */
  setAlarm(at: Instant | null, call: () => void): void;
}

/** Best effort: a datagram may be lost, doubled, delayed or reordered, and nobody says so. */
export interface Datagrams {
  send(to: MemberId, bytes: Uint8Array): void;
}

/** Answers to clients; a connection that is gone swallows them silently. */
export interface Clients {
  answer(connection: number, bytes: Uint8Array, isFinal: boolean): void;
}

/** Durable memory: `done(null)` means on disk, fsynced. Appends finish in order. */
export interface Journal {
  append(entries: readonly JournalEntry[], done: (failure: Problem | null) => void): void;
}

/** One line of the journal; opaque here, JSON on disk. */
export type JournalEntry = { readonly [key: string]: JsonValue };

/** A site's cluster, as the ring sees it; an arbitrator has none. */
export interface ClusterPort {
  /** Reads what the cluster knows of the tickets; a ticket it does not know is absent. */
  load(
    tickets: readonly string[],
    done: (loaded: Result<ReadonlyMap<string, ClusterTicket>, Problem>) => void,
  ): void;
  /**
   * Writes many tickets at once. Each outcome is that of a write confirmed durable or failed; it
   * may come in parts, so that a slow ticket delays no other (R13), each ticket once.
   */
  commit(
    changes: readonly TicketCommit[],
    done: (outcomes: readonly CommitOutcome[]) => void,
  ): void;
  /** Stores (or, with null, removes) a geo attribute with the ticket. */
  setAttribute(
    change: { readonly ticket: string; readonly name: string; readonly value: string | null },
    done: (failure: Problem | null) => void,
  ): void;
  /**
   * Calls the listener when the cluster can no longer answer for tickets it has granted, so that the
   * member gives them away. Absent: this cluster never says so.
   */
  onGivingUp?(listener: (tickets: readonly string[], reason: string) => void): void;
}

export interface ClusterTicket {
  readonly granted: boolean;
  readonly standby: boolean;
  /** As stored: a member id, 0 unknown, -1 nobody; null when absent or no number. */
  readonly owner: number | null;
  readonly expiresEpochSecs: number | null;
  readonly term: number | null;
  /** Geo attributes: everything the cluster stores that is not a field above. */
  readonly attributes: ReadonlyMap<string, string>;
}

/** What a cluster shall store of a ticket (booth-protocol 7.2). */
export interface TicketCommit {
  readonly ticket: string;
  readonly granted: boolean;
  /** Member id, 0 no leader known, -1 nobody. */
  readonly owner: number;
  readonly expiresEpochSecs: number;
  readonly term: number;
  readonly configName: string;
  /**
   * While granted: the moment by which everything under the ticket must have begun to stop even
   * if this program no longer runs (R14). null: no lease to enforce (revoked, or a manual ticket).
   */
  readonly leaseUntil: Instant | null;
}

export interface CommitOutcome {
  readonly ticket: string;
  /** null: stored and confirmed. */
  readonly failure: Problem | null;
}

/** Runs before-acquire handlers, at most one per ticket. */
export interface Handlers {
  start(run: HandlerRun, done: (exit: HandlerExit) => void): void;
  /** Ends a running handler with TERM, later KILL; its `done` is still called. */
  stop(ticket: string): void;
}

export interface HandlerRun {
  readonly ticket: string;
  readonly handler: TicketHandler;
  /** BOOTH_TICKET and its siblings (booth-protocol 6.10). */
  readonly environment: Readonly<Record<string, string>>;
}

export interface HandlerExit {
  /** null: ended by a signal or not started. */
  readonly code: number | null;
  /** What a person needs to know: signal, start failure, last output; bounded. */
  readonly detail: string;
}

export interface Log {
  write(event: LogEvent): void;
}

export interface MemberPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly datagrams: Datagrams;
  readonly clients: Clients;
  readonly journal: Journal;
  /** null at an arbitrator, or at a site run with `--cluster none`. */
  readonly cluster: ClusterPort | null;
  readonly handlers: Handlers;
  readonly log: Log;
}
