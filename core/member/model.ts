/**
 * One daemon of the ring: all its tickets, its peers, its clients. Lookup tables live here and
 * change in place; each ticket's state and each peer's record is immutable and replaced.
 */
import type { Instant } from '../base/instant.ts';
import type { MemberId } from '../base/member-id.ts';
import type { Random } from '../base/random.ts';
import type { RingConfig, RingMember, TicketConfig } from '../config/model.ts';
import type { DurableTicket, TicketState } from '../ticket/state.ts';
import { initialState } from '../ticket/state.ts';
import type { AuthKey } from '../wire/authentication.ts';
import type { FreshnessMemory } from '../wire/freshness.ts';
import { emptyFreshness } from '../wire/freshness.ts';
import type { RefusalReason } from '../wire/message.ts';
import type { GeoAttribute } from './attribute.ts';
import type { Peer } from './peer.ts';
import { newPeer } from './peer.ts';
import type { ClusterTicket } from './ports.ts';

export interface MemberSetup {
  readonly config: RingConfig;
  readonly self: RingMember;
  /** null: the ring runs without authentication. */
  readonly key: AuthKey | null;
  readonly random: Random;
  /** `YYYY-MM-DD HH:MM:SS` in this host's local time. */
  readonly formatTime: (epochMs: number) => string;
  /** When this daemon began to take requests; absent: when the member starts. */
  readonly servesSince?: Instant;
}

/** The two clocks at the moment of an input. */
export interface Moment {
  readonly now: Instant;
  readonly epochMs: number;
}

/** What is known when the daemon comes up. */
export interface Recollection {
  /** What the journal remembers of each ticket. */
  readonly tickets: ReadonlyMap<string, DurableTicket>;
  readonly isSameBoot: boolean;
  /** False: part of the journal was lost (R7). */
  readonly isMemoryComplete: boolean;
  /** What the cluster stores; null: it could not be read. */
  readonly cluster: ReadonlyMap<string, ClusterTicket> | null;
}

export interface TicketSlot {
  readonly config: TicketConfig;
  state: TicketState;
  wakeAt: Instant | null;
  readonly attributes: Map<string, GeoAttribute>;
}

/** A client's request whose outcome is awaited; lives until the outcome, not the socket (R17). */
export interface PendingRequest {
  readonly connection: number;
  readonly ticket: string;
}

export interface Member {
  readonly setup: MemberSetup;
  readonly tickets: ReadonlyMap<string, TicketSlot>;
  readonly peers: Map<MemberId, Peer>;
  readonly requests: Map<number, PendingRequest>;
  /** Refusals that no member could be blamed for. */
  readonly strangers: Map<RefusalReason, number>;
  isJournalUsable: boolean;
  commitMarginMs: number;
  nextRequest: number;
  /** Replay memory of all clients together. */
  clientFreshness: FreshnessMemory;
  /** What was sent before it this daemon may have forgotten; null: not started. */
  servesSince: Instant | null;
}

const COMMIT_MARGIN_MS_INITIAL = 200;

export function createMember(setup: MemberSetup): Member {
  const { config, self } = setup;
  const peers = config.members.filter((member) => member.id !== self.id);
  return {
    setup,
    tickets: new Map(
      config.tickets.map((ticket) => [
        ticket.name,
        { config: ticket, state: initialState, wakeAt: null, attributes: new Map() },
      ]),
    ),
    peers: new Map(peers.map((peer) => [peer.id, newPeer(peer)])),
    requests: new Map(),
    strangers: new Map(),
    isJournalUsable: true,
    commitMarginMs: COMMIT_MARGIN_MS_INITIAL,
    nextRequest: 1,
    clientFreshness: emptyFreshness(),
    servesSince: null,
  };
}
