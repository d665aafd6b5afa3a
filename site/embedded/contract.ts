/**
 * What goes into and comes out of the embedded cluster: plain data. `site/io/run-embedded.ts`
 * performs the effects in their order and feeds what becomes of them back as inputs.
 */
import type { Instant } from '../../core/base/instant.ts';
import type { LogEvent } from '../../core/base/log-event.ts';
import type { Problem } from '../../core/base/problem.ts';
import type { CommitOutcome, TicketCommit } from '../../core/member/ports.ts';
import type { AgentOperation, OperationOutcome } from '../../core/transition/operation.ts';
import type { XmlElement } from '../../core/xml/element.ts';
import type { ClusterChange } from '../cluster/port.ts';

export type EmbeddedInput =
  /** `request` comes back in the effect that settles it. */
  | {
      readonly kind: 'commit';
      readonly request: number;
      readonly changes: readonly TicketCommit[];
    }
  | {
      readonly kind: 'attribute';
      readonly request: number;
      readonly ticket: string;
      readonly name: string;
      /** null removes it. */
      readonly value: string | null;
    }
  /** A write asked for has ended. */
  | { readonly kind: 'written'; readonly revision: number; readonly failure: Problem | null }
  | {
      readonly kind: 'operation-ended';
      readonly callId: number;
      readonly outcome: OperationOutcome;
    }
  /** Somebody else has put another configuration in our file. */
  | { readonly kind: 'configuration'; readonly foreign: XmlElement }
  /** A guard is there and listens; `owed` are the tickets it has from before. */
  | { readonly kind: 'guard-there'; readonly owed: readonly string[] }
  /** It has ended, hangs, or cannot use its watchdog. */
  | { readonly kind: 'guard-gone' }
  /** The guard has taken in every word up to this number. */
  | { readonly kind: 'guard-heard'; readonly word: number }
  /** The guard has run the stop actions of a ticket. */
  | { readonly kind: 'guard-acted'; readonly ticket: string; readonly detail: string }
  /** An operator wants failures of the resource forgotten, and another look at it. */
  | { readonly kind: 'cleanup'; readonly resource: string }
  /** The moment of `nextWakeAt` has come. */
  | { readonly kind: 'wake' }
  | { readonly kind: 'stop'; readonly stopResources: boolean };

export type EmbeddedEffect =
  /** Make the document durable; ends in `written`. A newer one may take its place. */
  | { readonly kind: 'write'; readonly revision: number; readonly document: XmlElement }
  /** Run the agent; ends in `operation-ended`. */
  | { readonly kind: 'run'; readonly callId: number; readonly operation: AgentOperation }
  /** End an operation under way; it still ends in `operation-ended`. */
  | { readonly kind: 'cancel'; readonly callId: number }
  | { readonly kind: 'tell-guard'; readonly words: readonly GuardWord[] }
  | {
      readonly kind: 'settle-commit';
      readonly request: number;
      readonly outcomes: readonly CommitOutcome[];
    }
  | {
      readonly kind: 'settle-attribute';
      readonly request: number;
      readonly failure: Problem | null;
    }
  | { readonly kind: 'change'; readonly change: ClusterChange }
  /** The ring is to give these tickets away: nothing here would stop what runs under them. */
  | { readonly kind: 'give-up'; readonly tickets: readonly string[]; readonly reason: string }
  | { readonly kind: 'log'; readonly event: LogEvent }
  /** The answer to `stop`: nothing is under way any more. */
  | { readonly kind: 'stopped' };

/** What the guard is told (R14), numbered in order. */
export type GuardWord =
  | {
      readonly kind: 'owe';
      readonly word: number;
      readonly ticket: string;
      /** Without a newer word the guard acts at this moment. */
      readonly actAt: Instant;
      /** The daemon is stopping the resources; if it goes away the guard acts at once. */
      readonly isDraining: boolean;
      /** Lists of stop operations: each in order, side by side; null: as told before. */
      readonly stops: readonly (readonly AgentOperation[])[] | null;
    }
  /** Nothing runs under the ticket any more. */
  | { readonly kind: 'clear'; readonly word: number; readonly ticket: string }
  /** The daemon ends in order; a guard that is owed nothing ends too. */
  | { readonly kind: 'farewell'; readonly word: number };

/** When an input is handled. */
export interface Moment {
  readonly now: Instant;
  readonly epochMs: number;
}
