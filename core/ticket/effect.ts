/**
 * What a step wants done, in order. Contract of the order (R3): whatever stands behind a
 * `persist` leaves the process only after that record is on disk; if it cannot be written, all
 * that stands behind it is dropped. The exceptions are what takes a right away: `commit` of a
 * revoke, `stop-handler` and `event` never wait.
 */
import type { Instant } from '../base/instant.ts';
import type { LogEvent } from '../base/log-event.ts';
import type { MemberId } from '../base/member-id.ts';
import type { Reason, ResultCode, RingCommand } from '../wire/message.ts';
import type { DurableTicket } from './state.ts';

export type TicketEffect =
  | { readonly kind: 'persist'; readonly record: DurableTicket }
  | {
      readonly kind: 'send';
      readonly to: readonly MemberId[];
      readonly message: OutgoingMessage;
      /** Repeated to those who alone have not answered, as `peers` counts it (booth-protocol 6.4). */
      readonly isResend: boolean;
    }
  | CommitEffect
  | { readonly kind: 'run-handler'; readonly leaseUntil: Instant | null }
  | { readonly kind: 'stop-handler' }
  | {
      readonly kind: 'answer';
      readonly request: number;
      readonly result: ResultCode;
      readonly isFinal: boolean;
      readonly leader: MemberId | null;
    }
  | { readonly kind: 'event'; readonly event: LogEvent }
  /** Counts a refused message of a member under its reason. */
  | {
      readonly kind: 'refused';
      readonly from: MemberId;
      readonly reason: 'leader-is-not-sender' | 'lease-too-long' | 'not-a-site' | 'term-jump';
    };

export interface CommitEffect {
  readonly kind: 'commit';
  readonly sequence: number;
  readonly granted: boolean;
  /** Member id, 0 no leader known, -1 nobody. */
  readonly owner: number;
  readonly term: number;
  readonly leaseUntil: Instant | null;
}

/** A message to be sent; sender, ticket name, unit and mark are filled in by the member. */
export interface OutgoingMessage {
  readonly command: RingCommand;
  readonly request: RingCommand | null;
  readonly options: number;
  readonly reason: Reason;
  readonly result: ResultCode;
  readonly leader: MemberId | null;
  readonly term: number;
  readonly validForMs: number;
}
