/**
 * What a member wants done, in order. `ticket` names the queue an effect belongs to: effects of
 * one ticket keep their order behind its `persist`s; tickets never wait for each other (R3, R13).
 */
import type { LogEvent } from '../base/log-event.ts';
import type { MemberId } from '../base/member-id.ts';
import type { DurableTicket } from '../ticket/state.ts';
import type { ClientAnswer, RingMessage } from '../wire/message.ts';
import type { HandlerRun, TicketCommit } from './ports.ts';

export type MemberEffect =
  | { readonly kind: 'persist'; readonly ticket: string; readonly record: DurableTicket }
  | {
      readonly kind: 'send';
      readonly ticket: string;
      readonly to: readonly MemberId[];
      readonly message: RingMessage;
      readonly isResend: boolean;
    }
  | {
      readonly kind: 'commit';
      readonly ticket: string;
      readonly sequence: number;
      readonly change: TicketCommit;
    }
  | { readonly kind: 'run-handler'; readonly ticket: string; readonly run: HandlerRun }
  | { readonly kind: 'stop-handler'; readonly ticket: string }
  | AnswerEffect
  | {
      readonly kind: 'store-attribute';
      readonly ticket: string;
      readonly connection: number;
      readonly name: string;
      /** null: remove it. */
      readonly value: string | null;
    }
  | { readonly kind: 'event'; readonly ticket: string | null; readonly event: LogEvent };

export interface AnswerEffect {
  readonly kind: 'answer';
  /** null: depends on no ticket's persist. */
  readonly ticket: string | null;
  readonly connection: number;
  /** null: close without a word. */
  readonly answer: ClientAnswer | null;
  readonly isFinal: boolean;
}
