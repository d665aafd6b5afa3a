/**
 * The embedded cluster: one host's CIB, scheduler and walk as one step function. An input and a
 * moment in; the next state and what to do out. No clock, no file, no process.
 */
import type { Instant } from '../../core/base/instant.ts';
import { after, earliest } from '../../core/base/instant.ts';
import { unreachable } from '../../core/base/assert.ts';
import { ONLINE } from '../../core/cib/empty.ts';
import { withNodeHistoryForgotten } from '../../core/cib/patch-history.ts';
import type { NodeReference } from '../../core/cib/patch-node.ts';
import { withNodeState } from '../../core/cib/patch-node.ts';
import { readCib } from '../../core/cib/read.ts';
import { nextDueAt, noMonitors } from '../../core/transition/recurring.ts';
import { beginWalk, isStopAhead } from '../../core/transition/walk.ts';
import type { XmlElement } from '../../core/xml/element.ts';
import { advance, PARALLEL_MAX, replan } from './advance.ts';
import { commitTickets, storeAttribute, withdrawUnwrittenGrants } from './commit.ts';
import { adoptForeign, cleanUp } from './configuration.ts';
import type { EmbeddedEffect, EmbeddedInput, Moment } from './contract.ts';
import { askForWrite, noteWritten } from './disk.ts';
import { nextLapseAt, updateDoubts } from './doubts.ts';
import { giveUpUnguarded, nextGiveUpAt } from './unguarded.ts';
import { updateDrains } from './drain.ts';
import { missGuard, nextSignAt, updateDuties, welcomeGuard } from './duty.ts';
import { beginEnding, endUnguarded, finishEnding, nextUnguardedEndAt } from './ending.ts';
import { noteOutcome } from './outcome.ts';
import type { EmbeddedState } from './state.ts';
import { indexOf } from './state.ts';
import type { Turn } from './turn.ts';
import { beginTurn, changeStatus, log } from './turn.ts';

export interface StepResult {
  readonly state: EmbeddedState;
  /** To be performed in this order. */
  readonly effects: readonly EmbeddedEffect[];
}

export interface EmbeddedStart {
  /** As found on disk. */
  readonly document: XmlElement;
  readonly node: NodeReference;
  /** Names this run; no `:` in it. */
  readonly run: string;
  readonly isGuarded: boolean;
}

/**
 * The first step. Nothing recorded of this host is believed: every resource is looked at, what runs
 * is adopted, and what runs without its ticket is stopped.
 */
export function startEmbedded(start: EmbeddedStart, moment: Moment): StepResult {
  const { cib } = readCib(start.document);
  const turn = beginTurn(
    {
      node: start.node,
      run: start.run,
      document: start.document,
      cib,
      renewals: new Map(),
      ...indexOf(cib),
      basis: 0,
      walk: beginWalk({ resources: [], actions: [], expired: [], recheckAtEpochS: null }),
      transition: 0,
      underWay: new Map(),
      lastCallId: 0,
      recurring: noMonitors,
      startedAs: new Map(),
      grants: new Map(),
      doubts: new Map(),
      drains: new Map(),
      disk: {
        revision: 0,
        writtenRevision: 0,
        askedRevision: 0,
        lazyAt: null,
        isFailing: false,
        waiting: [],
      },
      guard: {
        isWanted: start.isGuarded,
        isThere: false,
        giveUpAt: null,
        lastWord: 0,
        heardWord: 0,
        duties: new Map(),
      },
      ending: null,
    },
    moment,
  );
  const forgotten = withNodeHistoryForgotten(start.document, start.node);
  changeStatus(turn, withNodeState(forgotten, start.node, ONLINE));
  turn.state = { ...turn.state, cib: readCib(turn.state.document).cib };
  turn.isPlanStale = true;
  turn.staleDrains = 'all';
  warnOfOtherNode(turn);
  return settle(turn);
}

/** Handles one input; a lease that ran out meanwhile counts as lost first. */
export function stepEmbedded(
  state: EmbeddedState,
  input: EmbeddedInput,
  moment: Moment,
): StepResult {
  const turn = beginTurn(state, moment);
  updateDoubts(turn);
  take(turn, input);
  return settle(turn);
}

/** When the next `wake` is due; null when only other inputs can change anything. */
export function nextWakeAt(state: EmbeddedState, moment: Moment): Instant | null {
  if (state.ending?.isDone === true) return null;
  const busy = new Set([...state.underWay.values()].map(({ resource }) => resource));
  const isWaiting = (resource: string): boolean =>
    state.ending !== null ||
    state.underWay.size >= PARALLEL_MAX ||
    busy.has(resource) ||
    isStopAhead(state.walk, resource);
  const { recheckAtEpochS } = state.walk.transition;
  const recheckAt =
    recheckAtEpochS === null
      ? null
      : after(moment.now, Math.max(0, recheckAtEpochS * 1000 - moment.epochMs));
  return earliest([
    nextDueAt(state.recurring, isWaiting),
    nextLapseAt(state),
    nextSignAt(state),
    nextGiveUpAt(state),
    nextUnguardedEndAt(state),
    state.disk.lazyAt,
    recheckAt,
  ]);
}

function take(turn: Turn, input: EmbeddedInput): void {
  switch (input.kind) {
    case 'commit':
      return commitTickets(turn, input.request, input.changes);
    case 'attribute':
      return storeAttribute(turn, input.request, input);
    case 'written':
      if (input.failure !== null) withdrawUnwrittenGrants(turn, input.revision);
      return noteWritten(turn, input.revision, input.failure);
    case 'operation-ended':
      return noteOutcome(turn, input.callId, input.outcome);
    case 'configuration':
      return adoptForeign(turn, input.foreign);
    case 'guard-there':
      return welcomeGuard(turn, input.owed);
    case 'guard-gone':
      return missGuard(turn);
    case 'guard-heard':
      turn.state = { ...turn.state, guard: { ...turn.state.guard, heardWord: input.word } };
      return;
    case 'guard-acted':
      return noteGuardActed(turn, input.ticket, input.detail);
    case 'cleanup':
      return cleanUp(turn, input.resource);
    case 'wake':
      return recheck(turn);
    case 'stop':
      return beginEnding(turn, input.stopResources);
    default:
      return unreachable(input);
  }
}

/** Attributes of another node, standby for example, do not concern this host. */
function warnOfOtherNode(turn: Turn): void {
  const names = turn.state.cib.nodes.map(({ name }) => name);
  const { name } = turn.state.node;
  if (names.length === 0 || names.includes(name)) return;
  const message = `this host is node "${name}", which the configuration does not name: it names ${names.join(', ')}`;
  log(turn, 'warning', 'node-not-configured', { message });
}

/** Brings everything that follows from the input up to date, in the order in which it follows. */
function settle(turn: Turn): StepResult {
  updateDoubts(turn);
  endUnguarded(turn);
  replan(turn);
  updateDrains(turn);
  updateDuties(turn);
  giveUpUnguarded(turn);
  advance(turn);
  finishEnding(turn);
  askForWrite(turn);
  return { state: turn.state, effects: turn.effects };
}

/** A failure may have grown old by now. */
function recheck(turn: Turn): void {
  const { recheckAtEpochS } = turn.state.walk.transition;
  if (recheckAtEpochS !== null && recheckAtEpochS * 1000 <= turn.moment.epochMs) {
    turn.isPlanStale = true;
  }
}

/** What the guard stopped is not what we think it is any more: look again. */
function noteGuardActed(turn: Turn, ticket: string, detail: string): void {
  log(turn, 'error', 'guard-acted', {
    message: `the guard stopped the resources of ticket ${ticket}: ${detail}`,
    fields: { ticket },
  });
  for (const member of (turn.state.dependents.get(ticket) ?? []).flat()) {
    cleanUp(turn, member.primitive.id);
  }
}
