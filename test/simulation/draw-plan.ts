/** Draws a seed's plan: ring, timings, clocks, and what will befall it (swarm testing). */
import type { Random } from '../../core/base/random.ts';
import { withHangUps, withRollout } from './draw-extras.ts';
import { drawFault, faultKinds } from './draw-faults.ts';
import { recipeNames, recipes, type RecipeName } from './draw-recipe.ts';
import { between, chance, pick, skewed, some, stream } from './engine/streams.ts';
import type { FaultKind, HostPlan, Plan, PlanItem, TicketPlan } from './plan.ts';

/** Bounds the time that a seed with short leases takes. */
const BURSTS_MAX = 40;
const HOUR_MS = 3_600_000;
/** Below MAX_DRIFT together: any two clocks' rates differ by less than 1 %. */
const RATE_SPREAD = 0.0049;

/** The same seed gives the same plan on every machine. */
export function drawPlan(seed: number): Plan {
  const random = stream(seed, 'plan');
  const tickets = drawTickets(random);
  const hosts = drawHosts(random, tickets);
  const endsAtMs = HOUR_MS;
  const faultsUntilMs = endsAtMs - Math.max(...tickets.map(healingMs));
  // A slow way, but one on which an election still comes to an end.
  const drawnOutMs = Math.min(
    ...tickets.map((one) => Math.min(one.expireMs / 40, one.timeoutMs / 5)),
  );
  const kinds = some(random, faultKinds, between(random, 0.1, 0.8));
  const shapes = chance(random, 0.6) ? some(random, recipeNames, 0.5) : [];
  const hasKey = chance(random, 0.25);
  const latencyMs = pick(random, [0.2, 1, 1, 5, 40, drawnOutMs]);
  const journalBytes = pick(random, [4 << 20, 64 << 10, 4 << 10]);
  const untilMs = faultsUntilMs;
  const items = drawItems(random, { tickets, hosts, kinds, shapes, untilMs });
  const drawn = { seed, hosts, tickets, items, untilMs };
  return {
    seed,
    faultKinds: kinds,
    recipes: shapes,
    hosts,
    tickets,
    hasKey,
    latencyMs,
    journalBytes,
    faultsUntilMs,
    endsAtMs,
    items: withRollout({ ...drawn, items: withHangUps(drawn) }),
  };
}

/**
 * How long after the last fault a ticket that was held must have a holder again: an abstention or
 * a promise may have to run out (D), then an election be lost to a lease that was just being given
 * (D) and the drain be waited for; a third D for a holder that gives the ticket away in between.
 */
export const healingMs = ({ expireMs, acquireAfterMs, timeoutMs }: TicketPlan): number =>
  3 * expireMs + 2 * acquireAfterMs + 20 * timeoutMs + 10_000;

function drawTickets(random: Random): TicketPlan[] {
  const count = chance(random, 0.85) ? 1 : pick(random, [2, 3]);
  return ['db', 'web', 'mail'].slice(0, count).map((name) => drawTicket(random, name));
}

function drawTicket(random: Random, name: string): TicketPlan {
  const isDefault = chance(random, 0.1);
  const expireMs = isDefault ? 600_000 : pick(random, [6, 10, 20, 30, 60, 120, 300]) * 1000;
  const retries = isDefault ? 10 : 3;
  const timeoutMs = isDefault ? 5000 : Math.round(expireMs / pick(random, [16, 20, 40, 60]));
  const share = isDefault ? 2 : pick(random, [2, 2, 3]);
  const renewalMs = Math.max(Math.floor(expireMs / share), timeoutMs * (retries + 1) + 1);
  const drainMs = pick(random, [0, 0, expireMs / 10, expireMs / 3, expireMs]);
  return {
    name,
    expireMs,
    timeoutMs,
    retries,
    renewalMs,
    acquireAfterMs: Math.round(drainMs),
    mode: chance(random, 0.06) ? 'manual' : 'automatic',
    hasHandler: chance(random, 0.3),
    prerequisite: chance(random, 0.1) ? pick(random, ['auto', 'manual'] as const) : null,
  };
}

function drawHosts(random: Random, tickets: readonly TicketPlan[]): HostPlan[] {
  const [sites, arbitrators] = pick(random, [
    [2, 1],
    [2, 1],
    [3, 0],
    [2, 0],
    [3, 2],
    [2, 2],
    [2, 3],
    [4, 0],
    [4, 1],
    [5, 0],
    [3, 4],
  ] as const);
  const areClocksSteady = chance(random, 0.2);
  return Array.from({ length: sites + arbitrators }, (_, index) => {
    const rate = 1 + between(random, -RATE_SPREAD, RATE_SPREAD);
    return {
      name: String.fromCharCode(65 + index),
      role: index < sites ? 'site' : 'arbitrator',
      clockRate: areClocksSteady ? 1 : rate,
      wallOffsetMs: Math.round(between(random, -60_000, 60_000)),
      uptimeMs: Math.round(between(random, 60_000, 10_000_000)),
      stopMs: drawStopMs(random, tickets),
    };
  });
}

/** Within `acquire-after` of the ticket, or longer than that. */
function drawStopMs(random: Random, tickets: readonly TicketPlan[]): number {
  const { acquireAfterMs, expireMs } = pick(random, tickets);
  const isWithin = chance(random, 0.7);
  return Math.round(
    isWithin
      ? acquireAfterMs * between(random, 0.3, 0.95)
      : acquireAfterMs + expireMs * between(random, 0.1, 1.5),
  );
}

interface Scope {
  readonly tickets: readonly TicketPlan[];
  readonly hosts: readonly HostPlan[];
  readonly kinds: readonly FaultKind[];
  readonly shapes: readonly RecipeName[];
  readonly untilMs: number;
}

/** Faults and operators come in bursts: most of what breaks rules needs several at once. */
function drawItems(random: Random, scope: Scope): PlanItem[] {
  const { tickets, untilMs } = scope;
  const items: PlanItem[] = tickets.flatMap(({ name }) => beginning(random, scope, name));
  const forgetful = drawForgetful(random, scope.hosts);
  const spanMs = Math.max(...tickets.map(({ expireMs }) => expireMs));
  const most = Math.max(2, Math.min(BURSTS_MAX, Math.round(untilMs / (4 * spanMs))));
  const bursts = 1 + Math.floor(random.next() * most);
  for (let burst = 0; burst < bursts; burst += 1) {
    const startMs = Math.round(between(random, 0, untilMs));
    const widthMs = skewed(random, 1000, 2 * spanMs);
    const faults = scope.kinds.length === 0 ? 0 : 1 + Math.floor(random.next() * 5);
    const atMs = (): number => Math.round(startMs + random.next() * widthMs);
    if (scope.shapes.length > 0 && chance(random, 0.5)) {
      const recipe = recipes[pick(random, scope.shapes)];
      const names = scope.hosts.map(({ name }) => name);
      const sites = sitesOf(scope);
      const recipeSpanMs = pick(random, tickets).expireMs;
      const found = recipe(random, { names, sites, forgetful, spanMs: recipeSpanMs }, startMs);
      items.push(...found);
      if (chance(random, 0.7)) continue;
    }
    for (let fault = 0; fault < faults; fault += 1)
      items.push({ atMs: atMs(), ...drawFault(random, { ...scope, forgetful, spanMs }) });
    while (chance(random, 0.5)) items.push({ atMs: atMs(), ...drawAct(random, scope) });
    // What was revoked in a burst is mostly wanted again before the next one.
    if (chance(random, 0.7)) {
      const { name } = pick(random, tickets);
      const afterMs = Math.round(widthMs + random.next() * 2 * spanMs);
      items.push({ atMs: startMs + afterMs, ...drawGrant(random, scope, name) });
    }
  }
  return items.filter(({ atMs }) => atMs < untilMs).sort((a, b) => a.atMs - b.atMs);
}

/** A minority that loses its memory, again and again; the others never do (R7). */
function drawForgetful(random: Random, hosts: readonly HostPlan[]): string[] {
  const minority = hosts.length - (Math.floor(hosts.length / 2) + 1);
  const count = chance(random, 0.8) ? Math.min(1, minority) : minority;
  const names = hosts.map(({ name }) => name);
  const first = Math.floor(random.next() * names.length);
  return [...names.slice(first), ...names.slice(0, first)].slice(0, count);
}

/** Most sites are ready; the ticket is wanted somewhere. */
function beginning(random: Random, scope: Scope, ticket: string): PlanItem[] {
  const sites = sitesOf(scope);
  const isAsked = scope.tickets.some(({ name, prerequisite }) => name === ticket && prerequisite);
  const ready = (isAsked ? some(random, sites, 0.9) : []).map((host): PlanItem => ({
    atMs: 300,
    kind: 'set-ready',
    host,
    ticket,
    value: 'yes',
  }));
  return [...ready, { atMs: between(random, 500, 1500), ...drawGrant(random, scope, ticket) }];
}

const drawGrant = (random: Random, scope: Scope, ticket: string) =>
  ({
    kind: 'grant',
    host: pick(random, sitesOf(scope)),
    ticket,
    isForced: chance(random, 0.1),
    isWaitingForCommit: chance(random, 0.6),
  }) as const;

function drawAct(random: Random, scope: Scope) {
  const [host, to] = [pick(random, sitesOf(scope)), pick(random, sitesOf(scope))];
  const ticket = pick(random, scope.tickets).name;
  const act = random.next();
  if (act < 0.55) return drawGrant(random, scope, ticket);
  if (act < 0.75) return { kind: 'revoke', host, ticket } as const;
  if (act < 0.97) return { kind: 'move', host, ticket, to } as const;
  return { kind: 'set-ready', host, ticket, value: pick(random, ['yes', 'no']) } as const;
}

const sitesOf = ({ hosts }: Scope): string[] =>
  hosts.filter(({ role }) => role === 'site').map(({ name }) => name);
