/**
 * A broadcast and its answers: heartbeats, updates, revokes and step-downs are repeated to whoever
 * has not answered (booth-protocol 6.4). A round keeps the moment of its first send however often
 * it is repeated; a new round starts with every ack discarded (R1).
 */
import { after } from '../base/instant.ts';
import type { MemberId } from '../base/member-id.ts';
import { isWholeRingMarked, peersOf, quorumOf } from './context.ts';
import type { PeerMessage } from './input.ts';
import type { OutgoingMessage } from './effect.ts';
import type { Round } from './state.ts';
import type { Turn } from './turn.ts';
import { broadcast, change, compose, freshNonce, send } from './turn.ts';

/** Starts a round now and sends it to every peer. */
export function startRound(
  turn: Turn,
  command: Round['command'],
  reason: OutgoingMessage['reason'] = 'none',
): void {
  const { now, config, self } = turn.context;
  change(turn, {
    round: {
      command,
      nonce: freshNonce(turn),
      sentAt: now,
      resendAt: after(now, config.timeoutMs),
      resendsLeft: config.retries,
      acked: [self.id],
      isCounted: false,
    },
  });
  broadcast(turn, roundMessage(turn, command, reason));
}

/** Repeats the present round to the peers that have not answered; false when it is given up. */
export function resendRound(turn: Turn): boolean {
  const { round } = turn.state;
  if (round === null || round.resendsLeft <= 0) return false;
  const { now, config } = turn.context;
  // A revoke is repeated until everybody knows it; nothing else keeps it from being undone (R15).
  const resendsLeft = round.command === 'revoke' ? round.resendsLeft : round.resendsLeft - 1;
  change(turn, { round: { ...round, resendsLeft, resendAt: after(now, config.timeoutMs) } });
  const isSelective = round.acked.length > 1;
  send(turn, missingFrom(turn, round), roundMessage(turn, round.command, 'none'), isSelective);
  return true;
}

/**
 * Counts an ack to the present round. A marked peer repeats the round's number, so that a late
 * ack to an older round is not taken for one to this; a C daemon cannot.
 */
export function recordAck(turn: Turn, message: PeerMessage): 'ignored' | 'counted' | 'quorum' {
  const { round } = turn.state;
  if (round === null || message.request !== round.command) return 'ignored';
  if (message.isMarked && message.options !== round.nonce) return 'ignored';
  if (round.acked.includes(message.from)) return 'ignored';
  const acked = [...round.acked, message.from];
  const isQuorum = acked.length >= quorumOf(turn.context.members);
  change(turn, { round: { ...round, acked, isCounted: round.isCounted || isQuorum } });
  return isQuorum && !round.isCounted ? 'quorum' : 'counted';
}

export const missingFrom = (turn: Turn, round: Round): readonly MemberId[] =>
  peersOf(turn.context)
    .map((peer) => peer.id)
    .filter((id) => !round.acked.includes(id));

export const isEveryoneIn = (turn: Turn, round: Round): boolean =>
  missingFrom(turn, round).length === 0;

/** All sites, not only a quorum, have answered this round. */
export const haveAllSitesAcked = (turn: Turn, round: Round): boolean =>
  turn.context.members.every(({ role, id }) => role !== 'site' || round.acked.includes(id));

/** C daemons learn of a renewal's success, and their sites write their CIB, by UPDATE only. */
export const needsUpdates = (turn: Turn): boolean => !isWholeRingMarked(turn.context);

function roundMessage(
  turn: Turn,
  command: Round['command'],
  reason: OutgoingMessage['reason'],
): OutgoingMessage {
  const { round } = turn.state;
  const { config, self } = turn.context;
  const options = round?.nonce ?? 0;
  switch (command) {
    case 'heartbeat':
    case 'update': {
      // R2: the whole lease, not what is left of the old one.
      const validForMs = config.mode === 'manual' ? 0 : config.expireMs;
      return compose(turn, { command, reason, options, leader: self.id, validForMs });
    }
    case 'revoke': {
      // The term in which it was held: a heartbeat of a later one may be under way already.
      const { holder, term } = turn.state;
      const heldTerm = holder.kind === 'nobody' ? holder.term : term;
      return compose(turn, { command, reason, options, leader: null, term: heldTerm });
    }
    case 'vote-for':
      return compose(turn, { command, reason: 'local-fail', options, leader: null });
  }
}
