/**
 * One run of `step`: the state as it changes, and the effects as they gather. Local to the step,
 * never kept. Every change goes through the words below, so that persisting, sending and telling
 * happen in one way only.
 */
import type { LogEvent } from '../base/log-event.ts';
import type { MemberId } from '../base/member-id.ts';
import type { ResultCode } from '../wire/message.ts';
import type { TicketContext } from './context.ts';
import { peersOf } from './context.ts';
import type { OutgoingMessage, TicketEffect } from './effect.ts';
import type { TicketState } from './state.ts';
import { durableOf, liveHolder } from './state.ts';

export interface Turn {
  state: TicketState;
  readonly context: TicketContext;
  readonly effects: TicketEffect[];
  /** Why the state changes, for the one log line that says so. */
  why: string;
}

export function change(turn: Turn, part: Partial<TicketState>): void {
  turn.state = { ...turn.state, ...part };
}

/** Makes the durable part of the present state durable before anything that follows (R3). */
export function persist(turn: Turn): void {
  turn.effects.push({ kind: 'persist', record: durableOf(turn.state) });
}

export function tell(
  turn: Turn,
  level: LogEvent['level'],
  { event, message, fields = {} }: Pick<LogEvent, 'event' | 'message'> & Partial<LogEvent>,
): void {
  turn.effects.push({ kind: 'event', event: { level, event, message, fields } });
}

export function answer(turn: Turn, request: number, result: ResultCode, isFinal: boolean): void {
  const leader = liveHolder(turn.state, turn.context.now);
  turn.effects.push({ kind: 'answer', request, result, isFinal, leader });
}

/** The present ticket as a message: fields that differ are given in `part`. */
export function compose(
  turn: Turn,
  part: Pick<OutgoingMessage, 'command'> & Partial<OutgoingMessage>,
): OutgoingMessage {
  return {
    request: null,
    options: 0,
    reason: 'none',
    result: 'success',
    leader: liveHolder(turn.state, turn.context.now),
    term: turn.state.term,
    validForMs: 0,
    ...part,
  };
}

export function send(
  turn: Turn,
  to: readonly MemberId[],
  message: OutgoingMessage,
  isResend = false,
): void {
  if (to.length > 0) turn.effects.push({ kind: 'send', to, message, isResend });
}

export function broadcast(turn: Turn, message: OutgoingMessage): void {
  send(
    turn,
    peersOf(turn.context).map((peer) => peer.id),
    message,
  );
}

/** A number that marked peers repeat in their answer; never 0, which C daemons send. */
export const freshNonce = (turn: Turn): number => turn.context.random.nextU32() || 1;
