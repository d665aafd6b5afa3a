/** Granting on an operator's word (booth-protocol 4.3; R10, R17). */
import { after } from '../base/instant.ts';
import { isSite, nameOf } from './context.ts';
import { standForElection } from './election.ts';
import type { TicketInput } from './input.ts';
import { describePrerequisite, unmetPrerequisite } from './prerequisite.ts';
import { planFailover } from './failover.ts';
import { grantManual } from './manual.ts';
import { liveHolder } from './state.ts';
import { delayCommit } from './store.ts';
import type { Turn } from './turn.ts';
import { answer, change, tell } from './turn.ts';

/** A grant that finds no quorum is given up after this many times what it has to wait anyway. */
const PATIENCE = 2;

export function onGrantRequest(
  turn: Turn,
  input: Extract<TicketInput, { readonly kind: 'grant' }>,
): void {
  const { state, context } = turn;
  const { request, isForced, isWaitingForCommit } = input;
  if (!isSite(context)) return answer(turn, request, 'failed', true);
  const refusal = refuseGrant(turn, isForced);
  if (refusal !== null) return answer(turn, request, refusal, true);
  const { now, config } = context;
  const waitMs = config.expireMs + config.acquireAfterMs;
  const patienceMs = PATIENCE * waitMs + 10 * config.timeoutMs;
  change(turn, {
    grantRequest: {
      id: request,
      isForced,
      isWaitingForCommit,
      since: now,
      givesUpAt: after(now, patienceMs),
      electedTerm: null,
    },
    commit: { ...state.commit, notBefore: null, isPendingTold: false },
    failedElections: 0,
  });
  // R10: an unreachable site may hold what this member does not know of.
  if (!isForced && config.mode === 'automatic') delayCommit(turn, after(now, waitMs));
  tell(turn, isForced ? 'warning' : 'info', {
    event: 'grant-requested',
    message: grantText(isForced),
    fields: { isForced },
  });
  if (config.mode === 'automatic' || config.handler !== null) answer(turn, request, 'more', false);
  if (config.handler === null) acquire(turn);
  else {
    change(turn, { handler: { purpose: 'grant', reason: 'admin', startedAt: now } });
    turn.effects.push({ kind: 'run-handler', leaseUntil: null });
  }
}

/** Goes for the ticket, the handler having agreed. */
export function acquire(turn: Turn): void {
  if (turn.context.config.mode === 'manual') grantManual(turn);
  else standForElection(turn, 'admin');
}

/** What the handler's exit means for what it was asked. */
export function onHandlerForElection(turn: Turn, isSuccess: boolean, detail: string): void {
  const { handler, grantRequest } = turn.state;
  const { now, config } = turn.context;
  if (handler === null) return;
  change(turn, { handler: null });
  if (handler.purpose === 'grant') {
    if (isSuccess) return acquire(turn);
    tell(turn, 'warning', {
      event: 'handler-refused',
      message: `grant refused by the before-acquire-handler: ${detail}`,
    });
    if (grantRequest !== null) answer(turn, grantRequest.id, 'handler-failed', true);
    change(turn, { grantRequest: null });
    return;
  }
  if (isSuccess) return standForElection(turn, handler.reason, true);
  const text = `not standing for election: the before-acquire-handler refused: ${detail}`;
  tell(turn, 'warning', { event: 'handler-refused', message: text });
  change(turn, {
    plannedElection: { at: after(now, config.timeoutMs), reason: handler.reason },
  });
}

/** A grant without a quorum is given up at last, and its client told so. */
export function giveUpGrant(turn: Turn): void {
  const { grantRequest } = turn.state;
  if (grantRequest === null || grantRequest.givesUpAt > turn.context.now) return;
  if (turn.state.role === 'leader') return;
  tell(turn, 'warning', {
    event: 'grant-given-up',
    message: 'the grant found no quorum of votes and is given up',
  });
  answer(turn, grantRequest.id, 'failed', true);
  const isIdle = turn.state.lease === null;
  if (turn.state.handler?.purpose === 'grant') {
    turn.effects.push({ kind: 'stop-handler' });
    change(turn, { handler: null });
  }
  change(turn, { grantRequest: null, ...(isIdle ? { election: null, role: 'init' } : {}) });
  if (turn.state.plannedElection?.reason === 'admin') change(turn, { plannedElection: null });
  if (isIdle) planFailover(turn);
}

function refuseGrant(
  turn: Turn,
  isForced: boolean,
): 'overgrant' | 'success' | 'prerequisite-failed' | 'handler-failed' | 'failed' | null {
  const { state, context } = turn;
  const { config, self, now } = context;
  if (config.mode === 'manual') {
    if (state.role === 'leader') return 'success';
    if (state.holder.kind === 'member' && state.holder.id !== self.id && !isForced)
      return 'overgrant';
  } else if (state.role === 'leader' || liveHolder(state, now) !== null) {
    tell(turn, 'info', {
      event: 'grant-refused',
      message: `already held by ${nameOf(context, liveHolder(state, now))}`,
    });
    return 'overgrant';
  }
  const unmet = unmetPrerequisite(config.prerequisites, 'manual', context.attributes);
  if (unmet !== null) {
    refuseAloud(turn, `${describePrerequisite(unmet)} does not hold here`);
    return 'prerequisite-failed';
  }
  if (state.handler !== null) {
    refuseAloud(turn, 'the before-acquire-handler is still being asked; try again after it');
    return 'handler-failed';
  }
  const obstacle = underWay(turn);
  if (obstacle === null) return null;
  refuseAloud(turn, obstacle);
  return 'failed';
}

/** What has to end before a grant can be asked for, in words; null: nothing. */
function underWay({ state }: Turn): string | null {
  if (state.revokeRequest !== null)
    return 'a revoke is under way that no quorum has confirmed yet; try again after it';
  if (state.grantRequest !== null)
    return 'another grant is under way; wait for its end, or revoke to call it off';
  return state.election === null ? null : 'an election is under way; try again after it';
}

const refuseAloud = (turn: Turn, message: string): void => {
  tell(turn, 'warning', { event: 'grant-refused', message });
};

const grantText = (isForced: boolean): string =>
  isForced
    ? 'an operator forces the grant: unreachable sites are not waited for'
    : 'an operator asks for the ticket here';
