/**
 * What can be seen of a run from outside: what leaves a host, what the clusters have stored, what
 * operators asked for and were told. Checkers and the trace see these and nothing else.
 */
import type { LogEvent, TicketCommit } from '../../core/member/ports.ts';
import type { ResultCode, RingMessage } from '../../core/wire/message.ts';
import type { ResourceState } from './engine/resources.ts';
import type { PlanItem } from './plan.ts';

export type Observation =
  /** A datagram leaves its host. */
  | {
      readonly kind: 'sent';
      readonly host: string;
      readonly to: string;
      readonly message: RingMessage;
    }
  /** It reaches the host's socket; the process may be stopped. */
  | {
      readonly kind: 'arrived';
      readonly host: string;
      readonly from: string;
      readonly message: RingMessage;
    }
  /** It met a cut. */
  | {
      readonly kind: 'lost';
      readonly host: string;
      readonly from: string;
      readonly message: RingMessage;
    }
  /** Stored in the site's cluster, renewals included. */
  | {
      readonly kind: 'written';
      readonly host: string;
      readonly ticket: string;
      readonly change: TicketCommit;
      readonly wasGranted: boolean;
    }
  /** What runs under the ticket at a site. */
  | {
      readonly kind: 'resource';
      readonly host: string;
      readonly ticket: string;
      readonly state: ResourceState;
      readonly why: string;
    }
  | ({ readonly kind: 'asked' } & Asked)
  /** The client closes its connection before it has its answer. */
  | ({ readonly kind: 'hung-up' } & Asked)
  /** What the member says to a request. `result` null: it closes the connection without a word. */
  | ({
      readonly kind: 'answered';
      readonly result: ResultCode | null;
      readonly isFinal: boolean;
      /** False: its client had hung up by then. */
      readonly isHeard: boolean;
      /** True time of the question. */
      readonly askedAtMs: number;
    } & Asked)
  | {
      readonly kind: 'process';
      readonly host: string;
      readonly what: ProcessChange;
      readonly why: string;
    }
  /** The host's memory was lost or damaged: what it said before binds it no longer (R7). */
  | { readonly kind: 'forgot'; readonly host: string }
  | { readonly kind: 'fault'; readonly item: PlanItem; readonly isOver: boolean }
  | { readonly kind: 'logged'; readonly host: string; readonly event: LogEvent }
  /** What a member answers to `list`. */
  | { readonly kind: 'listed'; readonly host: string; readonly text: string }
  /** Nothing ails anybody any more. */
  | { readonly kind: 'healed' }
  /** The run is over: what must be so in the end is so now, or never. */
  | { readonly kind: 'ended' };

export type ProcessChange =
  'starting' | 'started' | 'refused' | 'ended' | 'stopped' | 'continued' | 'crashed';

/** A request of an operator. */
export interface Asked {
  readonly host: string;
  readonly ticket: string;
  readonly verb: 'grant' | 'revoke';
  readonly isForced: boolean;
  /** Names the request in its answers. */
  readonly request: number;
}

export type Observe = (seen: Observation) => void;
