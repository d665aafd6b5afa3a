/**
 * Asking the site's cluster to store the ticket. Only the newest commit counts; a failed one is a
 * failure: told, repeated, never taken for success (R16). Arbitrators have no cluster and never
 * commit.
 */
import type { Instant } from '../base/instant.ts';
import { after, later } from '../base/instant.ts';
import { isSite } from './context.ts';
import type { TicketState } from './state.ts';
import type { Turn } from './turn.ts';
import { answer, change, tell } from './turn.ts';

const RETRY_MS_MIN = 200;
const RETRY_MS_STEP = 500;
/** A cluster that is back must hear of a renewed lease before the one it knows ends (R14). */
const RETRY_MS_MAX = 2500;
const OWNER_UNKNOWN = 0;
const OWNER_NOBODY = -1;

/** Takes the ticket away from the cluster, at once: never behind a persist. */
export function commitRevoke(turn: Turn): void {
  if (!isSite(turn.context)) return;
  change(turn, { commit: { ...turn.state.commit, notBefore: null, isPendingTold: false } });
  startCommit(turn, 'revoked', ownerAttribute(turn.state));
}

/** True while the cluster may run resources under the ticket. */
export const mayBeGranted = ({ commit }: TicketState): boolean =>
  commit.stored !== 'revoked' || (commit.wanted === 'granted' && commit.isInFlight);

/** Commits the grant as soon as nothing stands in the way: R9, and the wait of R10. */
export function tryCommitGrant(turn: Turn): void {
  const { state, context } = turn;
  const { commit } = state;
  if (!isSite(context) || state.isSteppingDown || state.revokeRequest !== null) return;
  if (state.role !== 'leader' || !hasQuorumBehind(turn)) return;
  if (commit.wanted === 'granted' && (commit.isInFlight || commit.stored === 'granted')) return;
  if (commit.retryAt !== null && commit.retryAt > context.now) return;
  if (commit.notBefore !== null && commit.notBefore > context.now) tellPending(turn);
  else startCommit(turn, 'granted', context.self.id);
}

/**
 * Stores the new end of the lease after a renewal: what enforces it there must not fire under a
 * lease that runs on (R14). While an older write is under way it waits for that one's outcome.
 */
export function refreshCommit(turn: Turn): void {
  const { commit, lease } = turn.state;
  if (commit.wanted !== 'granted' || commit.stored !== 'granted' || commit.isInFlight) return;
  if (commit.leaseUntil !== null && lease !== null && commit.leaseUntil >= lease.until) return;
  startCommit(turn, 'granted', turn.context.self.id);
}

/** A follower's site shows who holds the ticket; written when that changes. */
export function commitFollowing(turn: Turn): void {
  const { commit } = turn.state;
  if (!isSite(turn.context)) return;
  const isCurrent = commit.storedOwner === ownerAttribute(turn.state);
  if (isCurrent && commit.wanted === 'revoked' && commit.failures === 0) return;
  startCommit(turn, 'revoked', ownerAttribute(turn.state));
}

/** Repeats a failed commit when its time has come. */
export function retryCommit(turn: Turn): void {
  const { commit } = turn.state;
  if (commit.retryAt === null || commit.retryAt > turn.context.now || commit.isInFlight) return;
  change(turn, { commit: { ...commit, retryAt: null } });
  if (commit.wanted === 'revoked') startCommit(turn, 'revoked', ownerAttribute(turn.state));
  else if (commit.stored === 'granted') startCommit(turn, 'granted', turn.context.self.id);
  else tryCommitGrant(turn);
}

/** What the cluster answered to the newest commit; `stale` for an older one. */
export function recordOutcome(
  turn: Turn,
  sequence: number,
  failure: string | null,
): 'stale' | 'failed' | 'granted' | 'revoked' {
  const { commit } = turn.state;
  if (sequence !== commit.sequence || commit.wanted === null) return 'stale';
  if (failure !== null) {
    recordFailure(turn, failure);
    return 'failed';
  }
  change(turn, {
    commit: { ...commit, isInFlight: false, stored: commit.wanted, failures: 0, retryAt: null },
  });
  return commit.wanted;
}

/** Puts off the grant until one more moment has passed. */
export function delayCommit(turn: Turn, until: Instant | null): void {
  if (until === null || until <= turn.context.now) return;
  const { commit } = turn.state;
  const notBefore = commit.notBefore === null ? until : later(commit.notBefore, until);
  change(turn, { commit: { ...commit, notBefore } });
}

/** Every site has answered: only the drain of the last holder is left to wait for. */
export function liftUnreachableDelay(turn: Turn): void {
  const { commit, drainUntil } = turn.state;
  if (commit.notBefore === null) return;
  change(turn, { commit: { ...commit, notBefore: drainUntil } });
}

function ownerAttribute(state: TicketState): number {
  switch (state.holder.kind) {
    case 'nobody':
      return OWNER_NOBODY;
    case 'member':
      return state.holder.isReleased ? OWNER_UNKNOWN : state.holder.id;
    case 'unknown':
      return OWNER_UNKNOWN;
  }
}

/** R9: a quorum acked a heartbeat of this very term, and the lease built on it lives. */
function hasQuorumBehind({ state, context }: Turn): boolean {
  if (context.config.mode === 'manual') return state.round?.isCounted === true;
  const { lease } = state;
  return lease !== null && lease.term === state.term && lease.until > context.now;
}

function startCommit(turn: Turn, wanted: 'granted' | 'revoked', owner: number): void {
  const { commit, lease, term } = turn.state;
  const sequence = commit.sequence + 1;
  const isKept = commit.stored === wanted;
  const leaseUntil = wanted === 'granted' ? (lease?.until ?? null) : null;
  change(turn, {
    commit: {
      ...commit,
      sequence,
      wanted,
      isInFlight: true,
      // Until the answer is here, what stood before may still stand.
      stored: isKept ? wanted : 'unknown',
      storedOwner: owner,
      retryAt: null,
      failures: commit.wanted === wanted ? commit.failures : 0,
      leaseUntil,
    },
  });
  turn.effects.push({
    kind: 'commit',
    sequence,
    granted: wanted === 'granted',
    owner,
    term,
    leaseUntil,
  });
}

function tellPending(turn: Turn): void {
  const { grantRequest, commit } = turn.state;
  const { now, config } = turn.context;
  // All sites usually answer within one round; only a wait worth telling is told.
  const isWorthTelling = grantRequest === null || now - grantRequest.since >= config.timeoutMs;
  if (commit.isPendingTold || !isWorthTelling) return;
  change(turn, { commit: { ...commit, isPendingTold: true } });
  const leftMs = (commit.notBefore ?? now) - now;
  const left = (leftMs / 1000).toFixed(1);
  tell(turn, 'info', {
    event: 'commit-delayed',
    message: `elected; the grant is committed in ${left} s, or as soon as every site has answered`,
    fields: { leftMs: Math.round(leftMs) },
  });
  if (grantRequest !== null)
    answer(turn, grantRequest.id, 'pending', !grantRequest.isWaitingForCommit);
}

function recordFailure(turn: Turn, failure: string): void {
  const { commit } = turn.state;
  const failures = commit.failures + 1;
  const { timeoutMs } = turn.context.config;
  const backOffMs = Math.min(timeoutMs, RETRY_MS_MAX, failures * RETRY_MS_STEP);
  const retryMs = Math.max(RETRY_MS_MIN, backOffMs);
  const retryAt = after(turn.context.now, retryMs);
  change(turn, { commit: { ...commit, isInFlight: false, failures, retryAt } });
  const isRevoke = commit.wanted === 'revoked';
  const what = isRevoke ? 'REVOKED: it may still run here' : 'granted';
  tell(turn, 'error', {
    event: 'commit-failed',
    message: `the cluster did not store the ticket as ${what}: ${failure}; next try in ${String(retryMs)} ms`,
    fields: { wanted: commit.wanted, failures },
  });
}
