/**
 * What the scheduler answers: for every primitive what is and what shall be, and the actions that
 * lead there with their order. Pure data; `core/transition` walks it.
 */
export interface Transition {
  /** Every primitive, in the order of the configuration; orphans last. */
  readonly resources: readonly ResourcePlan[];
  /** Actions that can run; each stands after all it waits for. */
  readonly actions: readonly Action[];
  /** Resources whose failures are older than their failure-timeout: their counts are to be cleared. */
  readonly expired: readonly string[];
  /** When a failure will expire and the answer will be another one; null when none will. */
  readonly recheckAtEpochS: number | null;
}

export interface Action {
  /** `RESOURCE_OPERATION_INTERVALms`; unique in a transition. */
  readonly key: string;
  readonly kind: 'probe' | 'start' | 'stop' | 'monitor' | 'cancel';
  readonly resource: string;
  readonly operation: 'start' | 'stop' | 'monitor';
  /** 0 for what does not recur. */
  readonly intervalMs: number;
  /** Keys of actions of the same transition that must have succeeded before. */
  readonly after: readonly string[];
  /** For people: why this is done. */
  readonly reason: string;
}

export interface ResourcePlan {
  readonly resource: string;
  readonly group: string | null;
  readonly now: Role;
  readonly next: 'stopped' | 'started';
  readonly isFailed: boolean;
  /** It must be left alone: is-managed, maintenance, a failed stop, a ticket with policy freeze. */
  readonly isManaged: boolean;
  /** Left alone because of a failure, until it is cleaned up. */
  readonly isBlocked: boolean;
  /** As in a transition summary; null: it stays as it is. */
  readonly verb: 'Start' | 'Stop' | 'Restart' | 'Recover' | null;
  /** The verb is wanted but something it depends on cannot happen. */
  readonly isVerbBlocked: boolean;
  readonly reason: string;
}

/** `unknown`: never looked. `starting` and `stopping`: an operation is under way. */
export type Role = 'unknown' | 'stopped' | 'starting' | 'started' | 'stopping';

/** True when there may be something to stop. */
export const isActive = (role: Role): boolean =>
  role === 'started' || role === 'starting' || role === 'stopping';
