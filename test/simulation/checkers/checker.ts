/**
 * What judges a run. A checker sees observations and the sites' clusters in true time, and knows
 * nothing of how a member decides.
 */
import { assert } from '../../../core/base/assert.ts';
import { journalPath } from '../../../core/io/journal.ts';
import { STATE_DIR } from '../engine/daemon.ts';
import type { Host } from '../engine/host.ts';
import type { ResourceState } from '../engine/resources.ts';
import type { Ring } from '../engine/ring.ts';
import type { Observation } from '../observation.ts';
import type { TicketConfig } from '../../../core/config/model.ts';
import type { Plan, TicketPlan } from '../plan.ts';

export interface Violation {
  readonly atMs: number;
  /** The checker that says so. */
  readonly checker: string;
  readonly text: string;
}

/** A violation as a line of the trace. */
export const violationLine = ({ atMs, checker, text }: Violation): string =>
  `${(atMs / 1000).toFixed(3).padStart(8)} VIOLATION (${checker}): ${text}`;

export interface Checker {
  /** Told of everything, in the order in which it happens. */
  readonly observe: (seen: Observation) => void;
}

/** A checker before its run; `name` goes into its violations. */
export interface CheckerKind {
  readonly name: string;
  readonly create: (scene: CheckScene) => Checker;
}

export interface CheckScene {
  readonly plan: Plan;
  readonly nowMs: () => number;
  /** Looks again when that much true time has passed. */
  readonly after: (spanMs: number, call: () => void) => void;
  readonly report: (text: string) => void;
  /** In the order of booth.conf. */
  readonly hosts: readonly ObservedHost[];
  /** The ticket's values in the booth.conf that the host's daemon was last started with. */
  readonly valuesOf: (
    host: string,
    ticket: string,
  ) => Pick<TicketConfig, 'expireMs' | 'acquireAfterMs'>;
}

/** What can be seen of a host from outside. */
export interface ObservedHost {
  readonly name: string;
  readonly memberId: number;
  readonly isSite: boolean;
  readonly stopMs: number;
  /** The daemon serves and is not stopped. */
  readonly isServing: () => boolean;
  /** Some fault of the host itself, its disk or its cluster is in force; of that ticket, if given. */
  readonly isAiling: (ticket?: string) => boolean;
  readonly isGranted: (ticket: string) => boolean;
  readonly resource: (ticket: string) => ResourceState;
  readonly guardedUntilMs: (ticket: string) => number | null;
  /** The journal as it would be found if the power failed now. */
  readonly durableJournal: () => Uint8Array | null;
  /** True time at which its cluster has written all that it was told of the ticket so far. */
  readonly busyUntilMs: (ticket: string) => number;
}

export const checkScene = (ring: Ring, plan: Plan, report: (text: string) => void): CheckScene => ({
  plan,
  nowMs: ring.time.nowMs,
  after: (spanMs, call) => void ring.time.after(spanMs, call),
  report,
  hosts: [...ring.hosts.values()].map((host, index) =>
    observed(host, plan.hosts[index]?.stopMs ?? 0),
  ),
  valuesOf: (host, ticket) => {
    const tickets = ring.hosts.get(host)?.config.tickets;
    const found = tickets?.find(({ name }) => name === ticket);
    assert(found !== undefined, `${host} has a ticket ${ticket}`);
    return found;
  },
});

const observed = (host: Host, stopMs: number): ObservedHost => ({
  name: host.name,
  memberId: host.member.id,
  isSite: host.cluster !== null,
  stopMs,
  isServing: () => host.running !== null && host.paused === null,
  isAiling: (ticket) =>
    [...host.ailments].some((one) => (one.ticket ?? ticket) === ticket || ticket === undefined),
  isGranted: (ticket) => host.cluster?.stored.get(ticket)?.granted === true,
  resource: (ticket) => host.cluster?.resources.state(ticket) ?? 'stopped',
  guardedUntilMs: (ticket) => host.cluster?.resources.guardedUntilMs(ticket) ?? null,
  durableJournal: () => host.disk.durableContent(journalPath(STATE_DIR)),
  busyUntilMs: (ticket) => host.cluster?.freeAtMs(ticket) ?? 0,
});

export const automaticTickets = ({ tickets }: Plan): TicketPlan[] =>
  tickets.filter(({ mode }) => mode === 'automatic');
