// Judges a run by its evidence alone. Every function returns what was violated, in words; nothing when all is well.
import type { Evidence, OperatorRequest, SiteEvidence } from './evidence.ts';
import { runsOf, tenuresOf, type ResourceRun, type Tenure } from './tenure.ts';

/** Times of files come from a clock that ticks every few milliseconds. */
const GRANULARITY_MS = 10;

/**
 * What the machine may take to run a program that was started in time: it is not the ring's doing. Allowed only where
 * the end of a tenure or a start is seen by an agent's first line, never between two commits.
 */
const LAUNCH_MS = 400;

/** Everything that must hold at every instant. */
export const findViolations = (evidence: Evidence): readonly string[] => [
  ...findDoubleHolders(evidence),
  ...findOverlappingResources(evidence),
  ...findStartsOutOfTurn(evidence),
  ...findBrokenWords(evidence),
  ...findSelfGrants(evidence),
];

/** No two sites have the ticket at once, and between them lies acquire-after. */
export const findDoubleHolders = ({ sites, timings }: Evidence): readonly string[] =>
  pairsOf(sites.flatMap(tenuresOf)).flatMap(([earlier, later]) => {
    const allowedMs = earlier.endedBy === 'guard' ? LAUNCH_MS : GRANULARITY_MS;
    const gapMs = later.fromMs - earlier.toMs;
    if (gapMs >= timings.acquireAfterMs - allowedMs) return [];
    const what = gapMs < 0 ? 'held at two sites' : 'acquire-after was not waited for';
    return [`${what}: ${tenureText(earlier)}, then ${tenureText(later)}, gap ${ms(gapMs)}`];
  });

/** Resources of two sites run at once at most for what stopping took longer than acquire-after. */
export const findOverlappingResources = ({ sites, timings }: Evidence): readonly string[] => {
  const tenures = sites.flatMap(tenuresOf);
  return pairsOf(sites.flatMap(runsOf)).flatMap(([earlier, later]) => {
    const overlapMs = earlier.toMs - later.fromMs;
    if (overlapMs <= 0) return [];
    const end = endOfTenure(tenures, earlier);
    const drainMs = earlier.toMs - (end?.toMs ?? earlier.toMs);
    const allowedMs = end?.endedBy === 'guard' ? LAUNCH_MS : GRANULARITY_MS;
    if (overlapMs <= Math.max(0, drainMs - timings.acquireAfterMs) + allowedMs) return [];
    return [
      `resources ran at two sites for ${ms(overlapMs)}: ${runText(earlier)}, ${runText(later)}; stopping took ${ms(drainMs)}`,
    ];
  });
};

/**
 * Nothing is started while another site has the ticket, or before acquire-after is over. (That the site's own grant
 * is stored already is not asked for: the file follows what the cluster decides.)
 */
export const findStartsOutOfTurn = ({ sites, timings }: Evidence): readonly string[] => {
  const tenures = sites.flatMap(tenuresOf);
  return sites.flatMap(runsOf).flatMap((run) =>
    tenures
      .filter(({ site, fromMs }) => site !== run.site && fromMs <= run.fromMs)
      .filter(({ toMs, endedBy }) => {
        const allowedMs = endedBy === 'guard' ? LAUNCH_MS : GRANULARITY_MS;
        return run.fromMs - toMs < timings.acquireAfterMs - allowedMs;
      })
      .map((other) => `started out of turn: ${runText(run)}, while ${tenureText(other)}`),
  );
};

/** Who is told that a ticket is granted, finds it granted. */
export const findBrokenWords = ({ sites, requests }: Evidence): readonly string[] =>
  requests
    .filter(({ verb, outcome }) => verb === 'grant' && outcome === 'done')
    .filter((request) => !wasGranted(sites, request))
    .map((request) => `told granted, but it never was: ${requestText(request)}`);

/** A ticket an operator was told is revoked is granted, and its resources are started, by an operator only. */
export const findSelfGrants = ({ sites, requests, timings }: Evidence): readonly string[] => {
  const tenures = sites.flatMap(tenuresOf);
  const runs = sites.flatMap(runsOf);
  return requests
    .filter(({ verb, outcome }) => verb === 'revoke' && outcome === 'done')
    .flatMap((revoke) => {
      const grants = requests.filter(({ verb }) => verb === 'grant');
      // One whose end nobody knows may still come into effect.
      const isPending = grants.some(
        (one) =>
          one.beganAtMs < revoke.endedAtMs &&
          revoke.beganAtMs < lastEffectOf(one, timings.expireMs + timings.acquireAfterMs),
      );
      if (isPending) return [];
      const next = grants.find(({ beganAtMs }) => beganAtMs > revoke.endedAtMs);
      const untilMs = next?.beganAtMs ?? Infinity;
      const held = tenures.filter(
        ({ fromMs, toMs }) => fromMs < untilMs && toMs > revoke.endedAtMs + GRANULARITY_MS,
      );
      const started = runs.filter(
        ({ fromMs }) => fromMs < untilMs && fromMs > revoke.endedAtMs + LAUNCH_MS,
      );
      return [...held.map(tenureText), ...started.map(runText)].map(
        (one) => `${one} after ${requestText(revoke)}`,
      );
    });
};

/** Until when a request may still do something. Without an answer: twice the longest a grant can take. */
const lastEffectOf = (request: OperatorRequest, decisionMs: number): number =>
  request.outcome === 'unknown'
    ? Math.max(request.endedAtMs, request.beganAtMs + 2 * decisionMs + 5000)
    : request.endedAtMs;

const wasGranted = (
  sites: readonly SiteEvidence[],
  { site, beganAtMs, endedAtMs }: OperatorRequest,
): boolean =>
  sites
    .filter((one) => one.site === site)
    .flatMap(tenuresOf)
    .some(
      ({ fromMs, toMs }) =>
        fromMs <= endedAtMs + GRANULARITY_MS && toMs >= beganAtMs - GRANULARITY_MS,
    );

/** The tenure under which something ran: the last that began before it ended. */
const endOfTenure = (tenures: readonly Tenure[], run: ResourceRun): Tenure | undefined =>
  tenures.findLast(({ site, fromMs }) => site === run.site && fromMs <= run.toMs);

/** All pairs of spans at two sites, the one that began earlier first. */
const pairsOf = <Span extends { readonly site: string; readonly fromMs: number }>(
  spans: readonly Span[],
): readonly (readonly [Span, Span])[] => {
  const ordered = spans.toSorted((a, b) => a.fromMs - b.fromMs);
  return ordered.flatMap((earlier, index) =>
    ordered
      .slice(index + 1)
      .filter(({ site }) => site !== earlier.site)
      .map((later) => [earlier, later] as const),
  );
};

const ms = (spanMs: number): string => `${spanMs.toFixed(0)} ms`;

/** An instant as the traces print it: seconds of the minute, to the millisecond. */
export const clockText = (atMs: number): string =>
  Number.isFinite(atMs) ? new Date(atMs).toISOString().slice(14, 23) : 'now';

const tenureText = ({ site, fromMs, toMs, endedBy }: Tenure): string =>
  `${site} had it ${clockText(fromMs)} to ${clockText(toMs)} (${endedBy ?? 'still'})`;

const runText = ({ site, resource, fromMs, toMs }: ResourceRun): string =>
  `${resource} at ${site} ${clockText(fromMs)} to ${clockText(toMs)}`;

const requestText = ({ verb, site, beganAtMs, endedAtMs, outcome }: OperatorRequest): string =>
  `${verb} ${site} ${clockText(beganAtMs)} to ${clockText(endedAtMs)} (${outcome})`;
