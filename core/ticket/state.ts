/**
 * Everything one member knows of one ticket: plain data, replaced as a whole by `step`.
 *
 * The part in `DurableTicket` is what a member must still know after a crash (R3, R4, R7, R15);
 * the rest is what it is doing at the moment. Safety rests on promises alone: a lease exists only
 * while a quorum has promised not to help anybody else, and every promise is durable before the
 * word that gives it leaves the process. Terms order elections and fence workloads.
 */
import type { Instant } from '../base/instant.ts';
import type { MemberId } from '../base/member-id.ts';
import type { Reason } from '../wire/message.ts';

export interface DurableTicket {
  /** Highest term this member has taken part in; only grows (R11). */
  readonly term: number;
  /**
   * The last vote. `candidate` null: it is not known who got it (the vote was forgotten, R7), so
   * nobody gets another one in that term or below.
   */
  readonly vote: Vote | null;
  readonly holder: Holder;
  /** The word not to help anybody but `to` before `until` (R3, R5). */
  readonly promise: TicketPromise | null;
  /** The own right to hold; exists only between a quorum's acks and the loss (R1). */
  readonly lease: Lease | null;
  /** Resources at the last holder may still be stopping; no commit here before (R9). */
  readonly drainUntil: Instant | null;
  /** Until then this member neither votes nor acks: it may have forgotten a promise (R7). */
  readonly abstainUntil: Instant | null;
}

export interface Vote {
  readonly term: number;
  readonly candidate: MemberId | null;
}

/** Who holds the ticket, as far as this member knows. */
export type Holder =
  | { readonly kind: 'unknown' }
  /** Revoked by an operator in `term`: nobody may acquire it without one (R15). */
  | { readonly kind: 'nobody'; readonly term: number }
  /** `isReleased`: it gave the ticket away itself, in that term. */
  | {
      readonly kind: 'member';
      readonly id: MemberId;
      readonly term: number;
      readonly isReleased: boolean;
    };

export interface TicketPromise {
  readonly to: MemberId;
  readonly term: number;
  readonly until: Instant;
  /** Its full length, so that it can be counted anew after a reboot (R7). */
  readonly spanMs: number;
}

export interface Lease {
  readonly term: number;
  readonly until: Instant;
}

/** booth's four states: Init, Fllw, Cndi, Lead. */
export type TicketRole = 'init' | 'follower' | 'candidate' | 'leader';

export interface TicketState extends DurableTicket {
  readonly role: TicketRole;
  readonly startUp: StartUp | null;
  readonly election: Election | null;
  /** When to stand for election next, and why; only sites. */
  readonly plannedElection: PlannedElection | null;
  /** The broadcast whose answers are awaited. */
  readonly round: Round | null;
  readonly nextRenewalAt: Instant | null;
  readonly commit: CommitState;
  readonly handler: HandlerState | null;
  readonly grantRequest: GrantRequest | null;
  readonly revokeRequest: RevokeRequest | null;
  /** Elections lost or put off in a row; the waits between them grow with it. */
  readonly failedElections: number;
  /** The ticket is being given away; waits for the cluster's word that it is revoked there. */
  readonly isSteppingDown: boolean;
  /** Somebody else took part in the present term, so the next try needs a new one. */
  readonly isTermContested: boolean;
  /** C daemons repeat an operator's vote request without its reason; this recognises them. */
  readonly lastAdminRequest: { readonly from: MemberId; readonly term: number } | null;
  /** Manual tickets: every member that claimed the ticket since its last revoke. */
  readonly claims: readonly MemberId[];
}

/** The question asked of every member at start (STATUS), and who has answered it. */
export interface StartUp {
  /** Repeated by marked members, so that an answer to an earlier start proves nothing. */
  readonly nonce: number;
  readonly answered: readonly MemberId[];
  /** Members that answered this very question. */
  readonly proven: readonly MemberId[];
  readonly highestTerm: number;
  readonly repeatAt: Instant;
}

export interface Election {
  readonly term: number;
  readonly reason: Reason;
  readonly startedAt: Instant;
  readonly endsAt: Instant;
  readonly resendAt: Instant | null;
  /** One entry a voter; a second, different vote of a voter is not taken. */
  readonly votes: readonly CastVote[];
  /** A voter remembers that the ticket was revoked in that term; null: none does (R15). */
  readonly revokedTerm: number | null;
  /** Members that refused, until `notBefore` where they said how long their promise lasts. */
  readonly refusals: readonly Refusal[];
}

export interface CastVote {
  readonly voter: MemberId;
  readonly candidate: MemberId;
}

export interface Refusal {
  readonly member: MemberId;
  readonly retryAt: Instant;
}

export interface PlannedElection {
  readonly at: Instant;
  readonly reason: Reason;
}

export interface Round {
  readonly command: 'heartbeat' | 'update' | 'revoke' | 'vote-for';
  readonly nonce: number;
  /** The first send: the lease counts from here, however often the round is repeated (R1). */
  readonly sentAt: Instant;
  readonly resendAt: Instant;
  readonly resendsLeft: number;
  readonly acked: readonly MemberId[];
  /** This round's quorum has been acted upon. */
  readonly isCounted: boolean;
}

export interface CommitState {
  /** Rises with every commit asked for; an outcome of an older one decides nothing. */
  readonly sequence: number;
  readonly wanted: 'granted' | 'revoked' | null;
  /** What the cluster is known to have stored. */
  readonly stored: 'granted' | 'revoked' | 'unknown';
  readonly isInFlight: boolean;
  readonly retryAt: Instant | null;
  readonly failures: number;
  /** No grant is committed before (R9, R10). */
  readonly notBefore: Instant | null;
  /** The waiting client has been told that the commit is delayed. */
  readonly isPendingTold: boolean;
  /** Owner as last written, so that a follower's site writes only what changed. */
  readonly storedOwner: number | null;
  /** End of the lease as last written with a grant. */
  readonly leaseUntil: Instant | null;
}

export interface HandlerState {
  readonly purpose: 'grant' | 'failover' | 'renewal';
  /** Why the election is to be held that waits for the handler. */
  readonly reason: Reason;
  readonly startedAt: Instant;
}

export interface GrantRequest {
  readonly id: number;
  readonly isForced: boolean;
  /** `-C`: the client stays for the commit; else a delayed one ends its wait. */
  readonly isWaitingForCommit: boolean;
  readonly since: Instant;
  readonly givesUpAt: Instant;
  /** The last term in which this grant was elected: others may remember it as held here. */
  readonly electedTerm: number | null;
}

export interface RevokeRequest {
  readonly id: number;
  readonly tellMoreAt: Instant | null;
  /** The grant that is called off was elected in that term; null: what was held is revoked. */
  readonly electedTerm: number | null;
}

export const initialDurable: DurableTicket = {
  term: 0,
  vote: null,
  holder: { kind: 'unknown' },
  promise: null,
  lease: null,
  drainUntil: null,
  abstainUntil: null,
};

export const initialState: TicketState = {
  ...initialDurable,
  role: 'init',
  startUp: null,
  election: null,
  plannedElection: null,
  round: null,
  nextRenewalAt: null,
  commit: {
    sequence: 0,
    wanted: null,
    stored: 'unknown',
    isInFlight: false,
    retryAt: null,
    failures: 0,
    notBefore: null,
    isPendingTold: false,
    storedOwner: null,
    leaseUntil: null,
  },
  handler: null,
  grantRequest: null,
  revokeRequest: null,
  failedElections: 0,
  isSteppingDown: false,
  isTermContested: true,
  lastAdminRequest: null,
  claims: [],
};

/** The durable part of a state, as the journal stores it. */
export const durableOf = (state: TicketState): DurableTicket => ({
  term: state.term,
  vote: state.vote,
  holder: state.holder,
  promise: state.promise,
  lease: state.lease,
  drainUntil: state.drainUntil,
  abstainUntil: state.abstainUntil,
});

/** The member that holds, or is just acquiring, while its lease may still run, else null. */
export function liveHolder(state: TicketState, now: Instant): MemberId | null {
  if (state.role === 'leader' && state.promise !== null && state.promise.until > now)
    return state.promise.to;
  if (state.holder.kind !== 'member' || state.holder.isReleased) return null;
  if (state.lease !== null && state.lease.until > now) return state.holder.id;
  if (state.promise === null || state.promise.until <= now) return null;
  return state.promise.to;
}
