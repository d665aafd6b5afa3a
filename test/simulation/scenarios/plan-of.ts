/** A small ring in good order, for directed plans: sites A and B, arbitrator C, the ticket db. */
import type { HostPlan, Plan, PlanItem, TicketPlan } from '../plan.ts';

export const LEASE_MS = 60_000;
/** The first grant is asked for then; renewals follow every half lease. */
export const GRANTED_AT_MS = 1000;

export interface PlanParts {
  readonly items: readonly PlanItem[];
  readonly ticket?: Partial<TicketPlan>;
  /** More tickets like the first one. */
  readonly others?: readonly string[];
  readonly hosts?: readonly HostPlan[];
  readonly hasKey?: boolean;
  readonly journalBytes?: number;
  /** Faults are over by then; as long again is given to come to rest. Default: 6 leases. */
  readonly faultsUntilMs?: number;
}

export function planOf(parts: PlanParts): Plan {
  const { items, hosts = ringOfThree, hasKey = false, faultsUntilMs = 6 * LEASE_MS } = parts;
  const ticket: TicketPlan = { ...plainTicket, ...parts.ticket };
  const others = (parts.others ?? []).map((name) => ({ ...ticket, name }));
  return {
    seed: 1,
    faultKinds: [],
    recipes: [],
    hosts,
    tickets: [ticket, ...others],
    hasKey,
    latencyMs: 1,
    journalBytes: parts.journalBytes ?? 4 << 20,
    faultsUntilMs,
    endsAtMs: 2 * faultsUntilMs,
    items: [...items].sort((a, b) => a.atMs - b.atMs),
  };
}

export const host = (name: string, role: HostPlan['role'], clockRate = 1): HostPlan => ({
  name,
  role,
  clockRate,
  wallOffsetMs: 0,
  uptimeMs: 1_000_000,
  stopMs: 0,
});

export const ringOfThree = [host('A', 'site'), host('B', 'site'), host('C', 'arbitrator')];

const plainTicket: TicketPlan = {
  name: 'db',
  expireMs: LEASE_MS,
  timeoutMs: 2000,
  retries: 3,
  renewalMs: LEASE_MS / 2,
  acquireAfterMs: 0,
  mode: 'automatic',
  hasHandler: false,
  prerequisite: null,
};

export const grant = (site: string, atMs = GRANTED_AT_MS, ticket = 'db'): PlanItem => ({
  atMs,
  kind: 'grant',
  host: site,
  ticket,
  isForced: false,
  isWaitingForCommit: true,
});

export const revoke = (site: string, atMs: number, ticket = 'db'): PlanItem => ({
  atMs,
  kind: 'revoke',
  host: site,
  ticket,
});

/** Nothing gets from one to the other, nor back. */
export const cut = (from: string, to: string, atMs: number, forMs: number): PlanItem => ({
  atMs,
  kind: 'cut',
  from: [...from],
  to: [...to],
  isOneWay: false,
  forMs,
});

/** Nothing gets from one to the other; the way back is open. */
export const mute = (from: string, to: string, atMs: number, forMs: number): PlanItem => ({
  atMs,
  kind: 'cut',
  from: [...from],
  to: [...to],
  isOneWay: true,
  forMs,
});

/** What these hosts send takes that much longer. */
export const slowLinks = (
  from: string,
  latencyMs: number,
  atMs: number,
  forMs: number,
): PlanItem => ({
  atMs,
  kind: 'weather',
  hosts: [...from],
  latencyMs,
  jitterMs: 0,
  lossRate: 0,
  doubleRate: 0,
  forMs,
});
