/**
 * Deadlines. They live in the state; a step runs what is due and says when it wants to be woken
 * next. There are no timers inside.
 */
import type { Instant } from '../base/instant.ts';
import { after, earliest, later } from '../base/instant.ts';
import type { TicketContext } from './context.ts';
import { quorumOf } from './context.ts';
import { evaluateElection, resendVoteRequest, standForElection } from './election.ts';
import { giveUpGrant } from './grant.ts';
import { countAlone, giveUpLeadership, renew, sendHeartbeat } from './leader.ts';
import { surrenderAt } from './lease.ts';
import { surrenderExpiredLease } from './loss.ts';
import { settleRevoke } from './revoke.ts';
import { resendRound } from './round.ts';
import { repeatQuestion, settleStartUp } from './start-up.ts';
import type { Round, TicketState } from './state.ts';
import { retryCommit, tryCommitGrant } from './store.ts';
import type { Turn } from './turn.ts';
import { answer, change } from './turn.ts';

interface Deadline {
  readonly at: (state: TicketState, context: TicketContext) => Instant | null;
  readonly run: (turn: Turn) => void;
}

/** In the order of their importance: what takes a right away comes first. */
const deadlines: readonly Deadline[] = [
  {
    at: ({ lease }, { commitMarginMs }) =>
      lease === null ? null : surrenderAt(lease.until, commitMarginMs),
    run: surrenderExpiredLease,
  },
  { at: ({ commit }) => (commit.isInFlight ? null : commit.retryAt), run: retryCommit },
  { at: ({ abstainUntil }) => abstainUntil, run: settleStartUp },
  { at: ({ startUp }) => startUp?.repeatAt ?? null, run: repeatQuestion },
  { at: ({ election }) => election?.resendAt ?? null, run: resendVoteRequest },
  { at: ({ election }) => election?.endsAt ?? null, run: evaluateElection },
  {
    at: ({ role, grantRequest }) =>
      role === 'leader' || grantRequest === null ? null : grantRequest.givesUpAt,
    run: giveUpGrant,
  },
  {
    at: ({ plannedElection }) => plannedElection?.at ?? null,
    run: (turn) => {
      standForElection(turn, turn.state.plannedElection?.reason ?? 'none');
    },
  },
  { at: ({ role, nextRenewalAt }) => (role === 'leader' ? nextRenewalAt : null), run: renew },
  {
    at: ({ round }, { members }) => (isAloneWith(round, members) ? (round?.sentAt ?? null) : null),
    run: countAlone,
  },
  { at: roundDeadline, run: repeatRound },
  {
    at: ({ role, commit }) =>
      role === 'leader' && commit.wanted !== 'granted' ? commit.notBefore : null,
    run: (turn) => {
      change(turn, { commit: { ...turn.state.commit, notBefore: null } });
      tryCommitGrant(turn);
    },
  },
  { at: ({ revokeRequest }) => revokeRequest?.tellMoreAt ?? null, run: tellWaitingRevoke },
];

/** Does everything whose time has come. */
export function runDue(turn: Turn): void {
  for (const { at, run } of deadlines) {
    const dueAt = at(turn.state, turn.context);
    if (dueAt !== null && dueAt <= turn.context.now) run(turn);
  }
}

/** The next moment this ticket has something to do, after now; null: only when something happens. */
export function wakeAt(state: TicketState, context: TicketContext): Instant | null {
  const next = earliest(deadlines.map(({ at }) => at(state, context)));
  return next === null ? null : later(next, after(context.now, 1));
}

function roundDeadline({ round }: TicketState): Instant | null {
  if (round === null) return null;
  return round.resendsLeft > 0 || !round.isCounted ? round.resendAt : null;
}

/** In a ring of one member there is nobody whose ack could be awaited. */
const isAloneWith = (round: Round | null, members: readonly unknown[]): boolean =>
  round !== null && !round.isCounted && round.acked.length >= quorumOf(members);

/** Repeats to the missing; a heartbeat nobody took starts over, with the acks discarded (R1). */
function repeatRound(turn: Turn): void {
  if (!turn.context.isJournalUsable) return postponeRound(turn);
  if (resendRound(turn)) {
    tryCommitGrant(turn);
    return;
  }
  const { round, role, lease, revokeRequest } = turn.state;
  const { config } = turn.context;
  if (round === null) return;
  if (round.command === 'heartbeat' && role === 'leader' && !round.isCounted) {
    // A revoke that its cluster has not confirmed yet must end this very term for the others.
    const isForNothing = lease === null && revokeRequest === null && config.mode === 'automatic';
    if (isForNothing) giveUpLeadership(turn);
    else sendHeartbeat(turn);
  } else change(turn, { round: { ...round, isCounted: true, resendsLeft: 0 } });
}

/** R3: a round whose own promise could not be written is void; a new one follows when it can. */
function postponeRound(turn: Turn): void {
  const { round } = turn.state;
  const { now, config } = turn.context;
  if (round === null) return;
  const resendsLeft = round.command === 'revoke' ? round.resendsLeft : 0;
  change(turn, { round: { ...round, resendsLeft, resendAt: after(now, config.timeoutMs) } });
}

/** A revoke that no quorum has confirmed yet: its client is told that it is under way. */
function tellWaitingRevoke(turn: Turn): void {
  const { revokeRequest } = turn.state;
  settleRevoke(turn);
  if (turn.state.revokeRequest === null || revokeRequest === null) return;
  const { now, config } = turn.context;
  answer(turn, revokeRequest.id, 'more', false);
  change(turn, { revokeRequest: { ...revokeRequest, tellMoreAt: after(now, config.timeoutMs) } });
}
