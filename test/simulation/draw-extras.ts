/**
 * What is drawn on top of a plan, each from a stream of its own, so that the rest of the plan is
 * what it would be without: clients that hang up, and booth.confs that are rolled out.
 */
import type { Random } from '../../core/base/random.ts';
import { between, chance, pick, skewed, stream } from './engine/streams.ts';
import {
  HOLDER,
  OTHERS,
  type HostPlan,
  type PlanItem,
  type TicketPlan,
  type TicketValues,
} from './plan.ts';

export interface DrawnPlan {
  readonly seed: number;
  readonly hosts: readonly HostPlan[];
  readonly tickets: readonly TicketPlan[];
  readonly items: readonly PlanItem[];
  readonly untilMs: number;
}

/** In half of all seeds some of the clients close their connections early. */
export function withHangUps({ seed, tickets, items }: DrawnPlan): PlanItem[] {
  const random = stream(seed, 'hang-ups');
  if (chance(random, 0.5)) return [...items];
  const spanMs = Math.max(...tickets.map(({ expireMs }) => expireMs));
  return items.map((item) => {
    if (item.kind !== 'grant' && item.kind !== 'revoke') return item;
    const hangsUpAfterMs = skewed(random, 1, 2 * spanMs);
    return chance(random, 0.4) ? { ...item, hangsUpAfterMs } : item;
  });
}

/**
 * In some seeds other values of a ticket are rolled out, member by member, and mostly the first
 * ones again later. The new ones are shorter, so that the bounds of the plan hold for both.
 *
 * Nobody loses its memory in such a seed: who has forgotten what it promised abstains for its own
 * `expire`, and under a leader with a longer one it may have promised more than that.
 */
export function withRollout(plan: DrawnPlan): PlanItem[] {
  const { seed, tickets, items, untilMs } = plan;
  const random = stream(seed, 'rollout');
  const ticket = pick(random, tickets);
  if (ticket.mode === 'manual' || !chance(random, 0.15)) return [...items];
  const rememberedItems = items.filter(({ kind }) => kind !== 'forget' && kind !== 'damage');
  const startMs = between(random, 0, untilMs * 0.7);
  const out = rollOut(random, plan, { ticket, values: drawValues(random, ticket), startMs });
  const back = rollOut(random, plan, {
    ticket,
    values: valuesOf(ticket),
    startMs: startMs + skewed(random, 1000, 4 * ticket.expireMs),
  });
  const all = [...rememberedItems, ...out, ...(chance(random, 0.7) ? back : [])];
  return all.filter(({ atMs }) => atMs < untilMs).sort((a, b) => a.atMs - b.atMs);
}

interface Rollout {
  readonly ticket: TicketPlan;
  readonly values: TicketValues;
  readonly startMs: number;
}

/**
 * In any order, at once or over a few leases, now and then not to everybody. Mostly the holder is
 * cut off for some time between the first and the last of them.
 */
function rollOut(
  random: Random,
  { hosts }: DrawnPlan,
  { ticket, values, startMs }: Rollout,
): PlanItem[] {
  const first = Math.floor(random.next() * hosts.length);
  const inOrder = [...hosts.slice(first), ...hosts.slice(0, first)];
  const paceMs = skewed(random, 100, ticket.expireMs);
  const isWhole = chance(random, 0.8);
  const restarts = inOrder
    .filter(() => isWhole || chance(random, 0.5))
    .map(({ name }, index): PlanItem => ({
      atMs: Math.round(startMs + paceMs * (index + random.next())),
      kind: 'reconfigure',
      host: name,
      ticket: ticket.name,
      values,
      forMs: skewed(random, 50, 2000),
    }));
  const cut: PlanItem = {
    atMs: Math.round(startMs + paceMs * hosts.length * random.next()),
    kind: 'cut',
    from: [HOLDER],
    to: [OTHERS],
    isOneWay: false,
    forMs: Math.round(ticket.expireMs * between(random, 1, 2.5)),
  };
  return chance(random, 0.7) ? [...restarts, cut] : restarts;
}

function drawValues(random: Random, ticket: TicketPlan): TicketValues {
  const share = pick(random, [1, 1.5, 2]);
  const expireMs = Math.round(ticket.expireMs / share);
  // Longer only where the lease is shorter by more than that; shorter, but not than the links allow.
  const timeoutMs = Math.round(ticket.timeoutMs * pick(random, [0.8, 1, share > 1 ? 1.25 : 1]));
  const retries = Math.min(3, ticket.retries);
  return {
    expireMs,
    timeoutMs,
    retries,
    renewalMs: Math.max(Math.floor(expireMs / pick(random, [2, 3])), timeoutMs * (retries + 1) + 1),
    acquireAfterMs: Math.round(ticket.acquireAfterMs / pick(random, [1, 1, 2])),
  };
}

const valuesOf = ({
  expireMs,
  timeoutMs,
  retries,
  renewalMs,
  acquireAfterMs,
}: TicketPlan): TicketValues => ({ expireMs, timeoutMs, retries, renewalMs, acquireAfterMs });
