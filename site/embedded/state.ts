/** Everything the embedded cluster knows, as one immutable value. */
import type { Instant } from '../../core/base/instant.ts';
import type { Cib } from '../../core/cib/model.ts';
import type { TicketChange } from '../../core/cib/patch-ticket.ts';
import type { NodeReference } from '../../core/cib/patch-node.ts';
import { ticketDependents } from '../../core/scheduler/dependents.ts';
import { chainsOf } from '../../core/scheduler/group.ts';
import type { Action } from '../../core/scheduler/plan.ts';
import type { InFlight, Member, ScheduleContext, TicketDoubt } from '../../core/scheduler/scene.ts';
import type { Recurring } from '../../core/transition/recurring.ts';
import type { Walk } from '../../core/transition/walk.ts';
import type { XmlElement } from '../../core/xml/element.ts';
import type { CommitOutcome } from '../../core/member/ports.ts';

export interface EmbeddedState {
  readonly node: NodeReference;
  /** Names this run in transition keys. */
  readonly run: string;
  readonly document: XmlElement;
  /** Always what `document` says. */
  readonly cib: Cib;
  /** Renewals that are not in the document yet, by ticket. */
  readonly renewals: ReadonlyMap<string, TicketChange>;
  /** Every configured primitive with its group, by id, in their order. */
  readonly members: ReadonlyMap<string, Member>;
  /** Which tickets' loss stops a resource. */
  readonly ticketsByResource: ReadonlyMap<string, readonly string[]>;
  /** Per ticket that some constraint names, what its loss stops. */
  readonly dependents: ReadonlyMap<string, readonly (readonly Member[])[]>;
  /** Rises with every change of what the guard's lists are made of. */
  readonly basis: number;
  readonly walk: Walk;
  readonly transition: number;
  readonly underWay: ReadonlyMap<number, Underway>;
  readonly lastCallId: number;
  readonly recurring: Recurring;
  /** How each active resource was configured when it was started or found. */
  readonly startedAs: ReadonlyMap<string, Member>;
  /** Commits of this run, by ticket. */
  readonly grants: ReadonlyMap<string, Grant>;
  readonly doubts: ReadonlyMap<string, TicketDoubt>;
  readonly drains: ReadonlyMap<string, Draining>;
  readonly disk: Disk;
  readonly guard: GuardState;
  /** Set by `stop`. */
  readonly ending: Ending | null;
}

/** An operation under way. */
export interface Underway extends InFlight {
  readonly callId: number;
  /** null: the next turn of a recurring monitor. */
  readonly action: Action | null;
  readonly member: Member;
  readonly transition: number;
}

export interface Grant {
  readonly granted: boolean;
  readonly leaseUntil: Instant | null;
  /** Revision of the document in which `granted` last changed; 0: it was so on disk at start. */
  readonly revision: number;
}

/** A ticket that is not held but not known to be let go of. */
export interface Draining {
  readonly sinceAt: Instant;
  readonly waitingFor: readonly string[];
  /** Something was seen to run, so that the end of it is worth a word. */
  readonly wasActive: boolean;
}

export interface Disk {
  /** Rises with every change of the document. */
  readonly revision: number;
  readonly writtenRevision: number;
  /** The newest revision that was asked to be written. */
  readonly askedRevision: number;
  /** When changes that nobody waits for are to be written; null: there are none. */
  readonly lazyAt: Instant | null;
  readonly isFailing: boolean;
  readonly waiting: readonly WaitingRequest[];
}

/** A request whose answer waits for the disk. */
export type WaitingRequest =
  | {
      readonly kind: 'commit';
      readonly request: number;
      readonly tickets: readonly { readonly ticket: string; readonly revision: number }[];
      /** Of changes that need not wait. */
      readonly settled: readonly CommitOutcome[];
    }
  | { readonly kind: 'attribute'; readonly request: number; readonly revision: number };

export interface GuardState {
  /** False: run without a guard. */
  readonly isWanted: boolean;
  readonly isThere: boolean;
  /** It has gone; when tickets are given away unless it is back by then; null: it is, or was never, there. */
  readonly giveUpAt: Instant | null;
  readonly lastWord: number;
  readonly heardWord: number;
  readonly duties: ReadonlyMap<string, Duty>;
}

/** What the guard has been told of one ticket. */
export interface Duty {
  readonly actAt: Instant;
  readonly isDraining: boolean;
  /** The word with the newest lists; nothing is started under the ticket before it was heard. */
  readonly listWord: number;
  /** `basis` the lists were made from; null: told by a daemon before us, and not known here. */
  readonly basis: number | null;
  /** While draining: when the guard's patience ends whatever we say. */
  readonly limitAt: Instant | null;
}

export interface Ending {
  readonly stopResources: boolean;
  /** Until when a guard is waited for, should there be none who would stop what is left running. */
  readonly guardBy: Instant;
  /** The last write; null while operations are under way. */
  readonly revision: number | null;
  readonly isDone: boolean;
}

/** What is looked up often, made once for each configuration. */
export function indexOf(
  cib: Cib,
): Pick<EmbeddedState, 'members' | 'dependents' | 'ticketsByResource'> {
  const dependents = new Map<string, readonly (readonly Member[])[]>();
  const ticketsByResource = new Map<string, readonly string[]>();
  for (const ticket of new Set(cib.constraints.map((constraint) => constraint.ticket))) {
    const chains = ticketDependents(cib, ticket);
    if (chains.length > 0) dependents.set(ticket, chains);
    for (const { primitive } of chains.flat()) {
      const known = ticketsByResource.get(primitive.id) ?? [];
      ticketsByResource.set(primitive.id, [...known, ticket]);
    }
  }
  const members = chainsOf(cib).flatMap((chain) =>
    chain.members.map((member) => [member.primitive.id, member] as const),
  );
  return { members: new Map(members), dependents, ticketsByResource };
}

/** How the scheduler is asked now. */
export const scheduleContextOf = (state: EmbeddedState, epochMs: number): ScheduleContext => ({
  nowEpochS: epochMs / 1000,
  node: state.node.name,
  inFlight: [...state.underWay.values()],
  doubts: state.doubts,
});

/** Granted, not in standby, and its lease is not over. */
export function isHeldNow(state: EmbeddedState, ticket: string): boolean {
  const known = state.cib.tickets.get(ticket);
  return (
    known !== undefined &&
    known.isGranted &&
    !known.isStandby &&
    state.doubts.get(ticket) !== 'lapsed'
  );
}
