/** Everything that can happen to a ticket. */
import type { MemberId } from '../base/member-id.ts';
import type { Reason, ResultCode, RingCommand } from '../wire/message.ts';
import type { DurableTicket } from './state.ts';

export type TicketInput =
  | StartInput
  | { readonly kind: 'message'; readonly message: PeerMessage }
  /** The moment the last step asked to be woken at has come, or the loop just looks in. */
  | { readonly kind: 'wake' }
  | {
      readonly kind: 'grant';
      readonly request: number;
      readonly isForced: boolean;
      readonly isWaitingForCommit: boolean;
    }
  | { readonly kind: 'revoke'; readonly request: number }
  /** The cluster here can no longer answer for what it has granted (R14). */
  | { readonly kind: 'give-up'; readonly reason: string }
  | { readonly kind: 'handler-exited'; readonly isSuccess: boolean; readonly detail: string }
  | {
      readonly kind: 'committed';
      readonly sequence: number;
      readonly failure: string | null;
    };

export interface StartInput {
  readonly kind: 'start';
  /** What the journal remembers; null: nothing. */
  readonly durable: DurableTicket | null;
  /** False: what is remembered is a part; more may have been promised (R7). */
  readonly isMemoryComplete: boolean;
  /** The journal was written since this host booted, so its instants still mean something. */
  readonly isSameBoot: boolean;
  /** What the cluster has stored; null: not known, so it is revoked there to be sure. */
  readonly cluster: StoredTicket | null;
}

/** What a site's cluster has stored of the ticket. */
export interface StoredTicket {
  readonly granted: boolean;
  readonly owner: number | null;
  readonly term: number | null;
}

/** A checked, authentic message of another member about this ticket. */
export interface PeerMessage {
  readonly from: MemberId;
  readonly command: RingCommand;
  readonly request: RingCommand | null;
  readonly options: number;
  readonly reason: Reason;
  readonly result: ResultCode;
  readonly leader: MemberId | null;
  readonly term: number;
  readonly validForMs: number;
  readonly isMarked: boolean;
}
