/**
 * booth's messages as typed values. Bytes become these once, in `decode`, and bytes again in
 * `encode`; everything between speaks in these words (booth-protocol sections 2 and 4).
 */
import type { MemberId } from '../base/member-id.ts';
import type { LeaseUnit } from './valid-for.ts';

/** Messages between members, over UDP. */
export type RingCommand =
  | 'status'
  | 'my-index'
  | 'req-vote'
  | 'vote-for'
  | 'heartbeat'
  | 'ack'
  | 'update'
  | 'revoke'
  | 'rejected';

/** What a client may ask for, over TCP. */
export type ClientCommand =
  | 'list'
  | 'peers'
  | 'grant'
  | 'revoke-request'
  | 'attr-set'
  | 'attr-get'
  | 'attr-delete'
  | 'attr-list';

/** Why an election, revoke or step-down happens. Resends of C daemons carry `none`. */
export type Reason =
  'none' | 'admin' | 'ticket-lost' | 'reacquire' | 'step-down' | 'local-fail' | 'split';

/** Result codes in answers to clients and in `rejected`. */
export type ResultCode =
  | 'success'
  | 'async'
  | 'sync-success'
  | 'sync-fail'
  | 'busy'
  | 'more'
  | 'pending'
  | 'overgrant'
  | 'ticket-idle'
  | 'redirect'
  | 'invalid-argument'
  | 'failed'
  | 'auth-failed'
  | 'handler-failed'
  | 'prerequisite-failed'
  | 'no-attribute'
  | 'term-outdated'
  | 'term-still-valid'
  | 'you-are-outdated';

/** A message from one member to another about one ticket. */
export interface RingMessage {
  readonly from: MemberId;
  readonly command: RingCommand;
  /** In replies: the command replied to. */
  readonly request: RingCommand | null;
  /**
   * booth leaves this 0 between members. A geobooth member puts a number there that a marked
   * receiver repeats in its reply, so that a late reply is never taken for a fresh one.
   */
  readonly options: number;
  readonly reason: Reason;
  readonly result: ResultCode;
  /** Ticket name, 1…63 bytes. */
  readonly ticket: string;
  /** The leader field; null for 0xFFFFFFFF. Its meaning depends on the command (2.7). */
  readonly leader: MemberId | null;
  /** 32-bit unsigned. */
  readonly term: number;
  /** The remaining lease as it stands on the wire; its unit is the configuration's (2.6). */
  readonly validFor: number;
  /** The sender keeps rules R1 and R2: bit 8 of `opts`, which C daemons ignore. */
  readonly isMarked: boolean;
  /**
   * The unit of `validFor` in the sender's configuration, which may be older or newer than ours:
   * bit 9 of `opts`, only in marked messages; null: the message does not say.
   */
  readonly leaseUnit: LeaseUnit | null;
}

/** When a message was sent, by its sender's wall clock (3.2); both 0 without authentication. */
export interface SentAt {
  readonly secs: number;
  readonly usecs: number;
}

/** Bits of `options` in client requests (2.8). */
export interface ClientOptions {
  /** `-F`. */
  readonly isImmediate: boolean;
  /** `-w`. */
  readonly isWaiting: boolean;
  /** `-C`. */
  readonly isWaitingForCommit: boolean;
}

/** A client's request, over TCP. */
export type ClientRequest =
  | { readonly command: 'list' | 'peers'; readonly from: MemberId }
  | {
      readonly command: 'grant' | 'revoke-request';
      readonly from: MemberId;
      readonly ticket: string;
      readonly options: ClientOptions;
    }
  | {
      readonly command: 'attr-set' | 'attr-get' | 'attr-delete' | 'attr-list';
      readonly from: MemberId;
      readonly ticket: string;
      /** Empty where the command takes none. At most 63 bytes. */
      readonly attribute: string;
      /** At most 127 bytes. */
      readonly value: string;
    };

/** An answer to a client. Which form fits which request: section 2.5. */
export type ClientAnswer =
  | { readonly form: 'header'; readonly result: ResultCode }
  | {
      readonly form: 'ticket';
      readonly result: ResultCode;
      readonly ticket: string;
      /** null is 0xFFFFFFFF; for an unknown ticket the whole payload is zero. */
      readonly leader: MemberId | null;
      readonly term: number;
      readonly validFor: number;
    }
  | {
      readonly form: 'text';
      readonly command: 'result-list' | 'attr-get' | 'attr-list';
      readonly text: string;
    };

/** Why bytes were refused; counted per peer and reason, and named in logs. */
export type RefusalReason =
  | 'too-short'
  | 'too-long'
  | 'bad-magic'
  | 'bad-version'
  | 'bad-length'
  | 'unknown-command'
  | 'unknown-code'
  | 'bad-ticket-name'
  | 'attribute-over-udp'
  | 'bad-attribute'
  | 'unknown-sender'
  | 'own-id'
  | 'not-authenticated'
  | 'bad-hash-id'
  | 'bad-mac'
  | 'too-old'
  | 'from-the-future'
  | 'replayed'
  | 'unknown-ticket'
  | 'unknown-leader'
  | 'not-a-site'
  | 'leader-is-not-sender'
  | 'lease-too-long'
  | 'term-jump';
