/**
 * One ticket on one member, one input at a time: (state, input, context) → (state, effects).
 * Pure and total: it runs to its end, asks nothing of the world, and says when it wants waking.
 */
import type { Instant } from '../base/instant.ts';
import { unreachable } from '../base/assert.ts';
import type { TicketContext } from './context.ts';
import { MAX_TERM_JUMP } from './context.ts';
import type { TicketEffect } from './effect.ts';
import { countRefusal, countVote, loseElection } from './election.ts';
import { onLeaderMessage } from './follow.ts';
import { onGrantRequest, onHandlerForElection } from './grant.ts';
import type { PeerMessage, TicketInput } from './input.ts';
import { onAck, onHeartbeatRefused, sendHeartbeat } from './leader.ts';
import { endOwnPromise, surrenderExpiredLease } from './loss.ts';
import { learnHolder } from './learn.ts';
import { onManualClaim } from './manual.ts';
import { onOutdated } from './outdated.ts';
import { finishRevoke, onRevokeAck, onRevokeRequest, onRevoked } from './revoke.ts';
import { onMyIndex, onStatus, start } from './start-up.ts';
import type { TicketState } from './state.ts';
import { beginStepDown, finishStepDown, onStepDown } from './step-down.ts';
import { recordOutcome, refreshCommit } from './store.ts';
import { tellChange } from './tell-change.ts';
import { runDue, wakeAt } from './timers.ts';
import type { Turn } from './turn.ts';
import { answer, change } from './turn.ts';
import { onVoteRequest } from './vote.ts';

export interface StepResult {
  readonly state: TicketState;
  readonly effects: readonly TicketEffect[];
  /** When to come back with `wake` if nothing else happens before; null: never. */
  readonly wakeAt: Instant | null;
}

const GRANT_FAILURES_MAX = 3;

export function step(state: TicketState, input: TicketInput, context: TicketContext): StepResult {
  const turn: Turn = { state, context, effects: [], why: '' };
  surrenderExpiredLease(turn);
  react(turn, input);
  runDue(turn);
  tellChange(turn, state);
  return { state: turn.state, effects: turn.effects, wakeAt: wakeAt(turn.state, context) };
}

function react(turn: Turn, input: TicketInput): void {
  switch (input.kind) {
    case 'start':
      return start(turn, input);
    case 'message':
      return onMessage(turn, input.message);
    case 'wake':
      return;
    case 'grant':
      return onGrantRequest(turn, input);
    case 'revoke':
      return onRevokeRequest(turn, input.request);
    case 'give-up':
      return beginStepDown(turn, input.reason);
    case 'handler-exited':
      return onHandlerExit(turn, input.isSuccess, input.detail);
    case 'committed':
      return onCommitted(turn, input.sequence, input.failure);
    default:
      unreachable(input);
  }
}

function onMessage(turn: Turn, message: PeerMessage): void {
  // STATUS is always answered, and changes nothing whatever it says.
  if (message.command !== 'status' && message.term - turn.state.term > MAX_TERM_JUMP) {
    turn.effects.push({ kind: 'refused', from: message.from, reason: 'term-jump' });
    return;
  }
  switch (message.command) {
    case 'status':
      return onStatus(turn, message);
    case 'my-index':
      return onMyIndex(turn, message);
    case 'req-vote':
      return turn.context.config.mode === 'manual' ? undefined : onVoteRequest(turn, message);
    case 'vote-for':
      return message.leader === null ? onStepDown(turn, message) : countVote(turn, message);
    case 'heartbeat':
    case 'update':
      return turn.context.config.mode === 'manual'
        ? onManualClaim(turn, message)
        : onLeaderMessage(turn, message);
    case 'ack':
      return message.request === 'revoke' ? onRevokeAck(turn, message) : onAck(turn, message);
    case 'revoke':
      return onRevoked(turn, message);
    case 'rejected':
      return onRejected(turn, message);
    default:
      unreachable(message.command);
  }
}

function onRejected(turn: Turn, message: PeerMessage): void {
  if (message.request !== 'req-vote') return onHeartbeatRefused(turn, message);
  const { election } = turn.state;
  if (election === null) return;
  if (message.result === 'you-are-outdated') return onOutdated(turn, message);
  if (message.result === 'term-outdated') {
    // R11: late, an answer to an election before this one.
    if (message.term < election.term) return;
    change(turn, { isTermContested: true });
    loseElection(turn, message.term, 'another member is in a higher term');
  } else countRefusal(turn, message);
  // A refusal names the leader it rests on.
  learnHolder(turn, message);
}

function onHandlerExit(turn: Turn, isSuccess: boolean, detail: string): void {
  const { handler } = turn.state;
  if (handler === null) return;
  if (handler.purpose !== 'renewal') return onHandlerForElection(turn, isSuccess, detail);
  change(turn, { handler: null });
  if (turn.state.role !== 'leader' || turn.state.isSteppingDown) return;
  if (isSuccess) sendHeartbeat(turn);
  else beginStepDown(turn, `the before-acquire-handler refused: ${detail}`);
}

function onCommitted(turn: Turn, sequence: number, failure: string | null): void {
  const outcome = recordOutcome(turn, sequence, failure);
  const { grantRequest, commit, isSteppingDown, revokeRequest } = turn.state;
  if (outcome === 'granted') {
    if (grantRequest !== null) answer(turn, grantRequest.id, 'success', true);
    change(turn, { grantRequest: null });
    if (turn.state.lease !== null) refreshCommit(turn);
  } else if (outcome === 'revoked') {
    endOwnPromise(turn);
    if (isSteppingDown) finishStepDown(turn);
    else if (revokeRequest !== null && turn.state.round?.command !== 'revoke') finishRevoke(turn);
  } else if (outcome === 'failed' && commit.wanted === 'granted') {
    if (commit.failures < GRANT_FAILURES_MAX || commit.stored === 'granted') return;
    if (grantRequest !== null) answer(turn, grantRequest.id, 'failed', true);
    change(turn, { grantRequest: null });
    beginStepDown(turn, 'the cluster here cannot store the grant');
  }
}
