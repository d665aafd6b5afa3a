/**
 * What the guard is owed (R14). While a ticket with a lease is held: the end of the lease and what
 * to stop then. While a lost ticket is being let go of: a moment a little ahead that is moved on as
 * long as this daemon is at it, but not for ever. When nothing runs under it any more: nothing.
 */
import type { Instant } from '../../core/base/instant.ts';
import { after, earlier, earliest, later } from '../../core/base/instant.ts';
import type { AgentOperation } from '../../core/transition/operation.ts';
import type { GuardWord } from './contract.ts';
import { operationOf } from './operations.ts';
import type { Duty, EmbeddedState } from './state.ts';
import { isHeldNow } from './state.ts';
import { GUARD_GRACE_MS } from './unguarded.ts';
import type { Turn } from './turn.ts';
import { emit } from './turn.ts';

/** How long the guard waits for a sign of a daemon that is stopping resources. */
export const DRAIN_PATIENCE_MS = 3000;
/** How often a daemon that is stopping resources gives one. */
export const DRAIN_SIGN_MS = 1000;
/** On top of all stop timeouts in a row, before stopping counts as failed. */
const DRAIN_SLACK_MS = 2000;

interface Wanted {
  readonly actAt: Instant;
  readonly isDraining: boolean;
  readonly limitAt: Instant | null;
}

/** Tells the guard what has changed, in one message. */
export function updateDuties(turn: Turn): void {
  const { state } = turn;
  if (!state.guard.isWanted || !state.guard.isThere) return;
  const words: GuardWord[] = [];
  const duties = new Map(state.guard.duties);
  let word = state.guard.lastWord;
  for (const ticket of new Set([...state.dependents.keys(), ...duties.keys()])) {
    const told = duties.get(ticket);
    const wanted = wantedFor(state, ticket, turn.moment.now);
    if (wanted === null) {
      if (told === undefined) continue;
      words.push({ kind: 'clear', word: (word += 1), ticket });
      duties.delete(ticket);
    } else if (isNews(state, told, wanted)) {
      const isListNew = told === undefined || told.basis !== state.basis;
      const { actAt, isDraining } = wanted;
      const stops = isListNew ? stopsOf(state, ticket) : null;
      words.push({ kind: 'owe', word: (word += 1), ticket, actAt, isDraining, stops });
      const listWord = isListNew ? word : told.listWord;
      duties.set(ticket, { ...wanted, listWord, basis: state.basis });
    }
  }
  if (words.length === 0) return;
  turn.state = { ...state, guard: { ...state.guard, lastWord: word, duties } };
  emit(turn, { kind: 'tell-guard', words });
}

/**
 * A guard that has just come is told everything again. What it owes from before us stands until
 * its ticket is committed or let go of; what it owes of tickets nothing depends on is cleared.
 */
export function welcomeGuard(turn: Turn, owed: readonly string[]): void {
  const { state } = turn;
  const duties = new Map<string, Duty>(owed.map((ticket) => [ticket, inherited(turn.moment.now)]));
  for (const [ticket, duty] of state.guard.duties) {
    duties.set(ticket, { ...duty, basis: UNTOLD, listWord: UNHEARD });
  }
  turn.state = {
    ...state,
    guard: {
      ...state.guard,
      isThere: true,
      giveUpAt: null,
      heardWord: state.guard.lastWord,
      duties,
    },
  };
}

/** Without a guard its duties are untold; what a daemon before us told is lost with it. */
export function missGuard(turn: Turn): void {
  const { guard } = turn.state;
  const told = [...guard.duties].filter(([, { basis }]) => basis !== null);
  const giveUpAt = guard.giveUpAt ?? after(turn.moment.now, GUARD_GRACE_MS);
  const gone = { ...guard, isThere: false, giveUpAt, duties: new Map(told) };
  turn.state = { ...turn.state, guard: gone };
}

/** When the guard must next hear from us about a ticket that is being let go of. */
export const nextSignAt = (state: EmbeddedState): Instant | null =>
  !state.guard.isThere
    ? null
    : earliest(
        [...state.guard.duties.values()].map(({ actAt, isDraining, limitAt }) =>
          isDraining && limitAt !== null && actAt < limitAt
            ? after(actAt, DRAIN_SIGN_MS - DRAIN_PATIENCE_MS)
            : null,
        ),
      );

/** Null: nothing is owed. */
function wantedFor(state: EmbeddedState, ticket: string, now: Instant): Wanted | null {
  const told = state.guard.duties.get(ticket);
  if (isHeldNow(state, ticket)) {
    const grant = state.grants.get(ticket);
    if (grant === undefined) return told ?? null;
    if (grant.leaseUntil === null) return null;
    return { actAt: grant.leaseUntil, isDraining: false, limitAt: null };
  }
  const draining = state.drains.get(ticket);
  if (draining === undefined || told === undefined) return null;
  const limitAt = told.limitAt ?? drainLimitAt(state, ticket, draining.sinceAt);
  const signAt = earlier(after(now, DRAIN_PATIENCE_MS), limitAt);
  return { actAt: later(told.actAt, signAt), isDraining: true, limitAt };
}

/** While draining, a moment moved by less than a sign's distance is no news. */
function isNews(state: EmbeddedState, told: Duty | undefined, wanted: Wanted): boolean {
  if (told === undefined || told.isDraining !== wanted.isDraining) return true;
  if (told.basis !== null && told.basis !== state.basis) return true;
  if (!wanted.isDraining) return wanted.actAt !== told.actAt;
  const isLast = wanted.actAt === wanted.limitAt && wanted.actAt > told.actAt;
  return isLast || wanted.actAt - told.actAt >= DRAIN_SIGN_MS;
}

/** By when all stops must have ended, were those of each list run one after the other. */
function drainLimitAt(state: EmbeddedState, ticket: string, sinceAt: Instant): Instant {
  const spans = stopsOf(state, ticket).map((stops) =>
    stops.reduce((sumMs, { timeoutMs }) => sumMs + timeoutMs, 0),
  );
  return after(sinceAt, Math.max(0, ...spans) + DRAIN_SLACK_MS);
}

/** Stop operations of all that depends on the ticket, each list last started first. */
const stopsOf = (state: EmbeddedState, ticket: string): readonly (readonly AgentOperation[])[] =>
  (state.dependents.get(ticket) ?? []).map((chain) =>
    chain
      .toReversed()
      .map((member) => operationOf(state, member, { operation: 'stop', intervalMs: 0 })),
  );

/** A basis no list was ever made from. */
const UNTOLD = -1;
/** A word no guard has taken in: nothing is started before it has heard another one. */
const UNHEARD = Number.MAX_SAFE_INTEGER;

/** Its moment is not known here, and need not be. */
const inherited = (now: Instant): Duty => ({
  actAt: now,
  isDraining: false,
  limitAt: null,
  listWord: UNHEARD,
  basis: null,
});
