// A host in memory: agents that answer what they are told, a disk, a guard, a clock that is moved.
import type { Instant } from '../../../core/base/instant.ts';
import { after, instantOf } from '../../../core/base/instant.ts';
import type { LogEvent } from '../../../core/base/log-event.ts';
import type { Problem } from '../../../core/base/problem.ts';
import { problem } from '../../../core/base/problem.ts';
import type { CommitOutcome, TicketCommit } from '../../../core/member/ports.ts';
import type { AgentOperation, OperationOutcome } from '../../../core/transition/operation.ts';
import type { XmlElement } from '../../../core/xml/element.ts';
import type { ClusterChange } from '../../../site/cluster/port.ts';
import type {
  EmbeddedEffect,
  EmbeddedInput,
  GuardWord,
  Moment,
} from '../../../site/embedded/contract.ts';
import type { EmbeddedState } from '../../../site/embedded/state.ts';
import type { StepResult } from '../../../site/embedded/step.ts';
import { nextWakeAt, startEmbedded, stepEmbedded } from '../../../site/embedded/step.ts';

const START_EPOCH_MS = 1_800_000_000_000;

export interface Host {
  state: EmbeddedState;
  now: Instant;
  /** Agents' actions in the order they began, `start web`; monitors are left out. */
  readonly calls: string[];
  readonly changes: ClusterChange[];
  readonly logs: LogEvent[];
  readonly words: GuardWord[];
  /** Tickets the ring was asked to give away, call by call. */
  readonly givenUp: (readonly string[])[];
  readonly commits: Map<number, readonly CommitOutcome[]>;
  readonly attributes: Map<number, Problem | null>;
  /** What is really running. */
  readonly running: Set<string>;
  /** Operations that have not ended because their `action resource` is in `hanging`. */
  readonly pending: Map<number, AgentOperation>;
  readonly hanging: Set<string>;
  /** Return codes of `action resource` that are not what they should be. */
  readonly answers: Map<string, number>;
  /** Documents on disk, oldest first. */
  readonly disk: XmlElement[];
  diskFailure: boolean;
  /** Writes that have not ended while the disk is slow. */
  readonly writes: EmbeddedEffect[];
  isDiskSlow: boolean;
  /** False: words are not confirmed. */
  isGuardListening: boolean;
  isStopped: boolean;
  /** What is still to follow, in order. */
  readonly queue: (() => void)[];
  isBusy: boolean;
}

export interface HostOptions {
  readonly running?: readonly string[];
  readonly isGuarded?: boolean;
  readonly hanging?: readonly string[];
  readonly answers?: Readonly<Record<string, number>>;
}

/** Boots a host on the document; all that follows at once has happened when it returns. */
export function boot(document: XmlElement, options: HostOptions = {}): Host {
  const now = instantOf(10_000);
  const isGuarded = options.isGuarded ?? false;
  const first = startEmbedded(
    { document, node: { id: '1', name: 'alpha' }, run: 'run1', isGuarded },
    momentOf(now),
  );
  const host: Host = {
    state: first.state,
    now,
    calls: [],
    changes: [],
    logs: [],
    words: [],
    givenUp: [],
    commits: new Map(),
    attributes: new Map(),
    running: new Set(options.running),
    pending: new Map(),
    hanging: new Set(options.hanging),
    answers: new Map(Object.entries(options.answers ?? {})),
    disk: [document],
    diskFailure: false,
    writes: [],
    isDiskSlow: false,
    isGuardListening: true,
    isStopped: false,
    queue: [],
    isBusy: false,
  };
  perform(host, first);
  return host;
}

/** One input, and everything that follows from it. */
export function give(host: Host, input: EmbeddedInput): void {
  perform(host, stepEmbedded(host.state, input, momentOf(host.now)));
}

/** Lets time pass, waking the cluster whenever it wants. */
export function pass(host: Host, spanMs: number): void {
  const until = after(host.now, spanMs);
  for (let turns = 0; turns < 10_000; turns += 1) {
    const wakeAt = nextWakeAt(host.state, momentOf(host.now));
    if (wakeAt === null || wakeAt > until) break;
    host.now = wakeAt > host.now ? wakeAt : host.now;
    give(host, { kind: 'wake' });
    if (turns === 9_999) throw new Error('the cluster never sleeps');
  }
  host.now = until;
}

/** Ends an operation that hangs. */
export function finish(host: Host, what: string): void {
  host.hanging.delete(what);
  const found = [...host.pending].find(([, operation]) => nameOf(operation) === what);
  if (found === undefined) throw new Error(`${what} is not under way`);
  end(host, found[0], found[1]);
}

let requests = 0;

/** Commits one ticket; returns the number of the request. */
export function commit(
  host: Host,
  ticket: string,
  granted: boolean,
  changes: Partial<TicketCommit> = {},
): number {
  requests += 1;
  const change: TicketCommit = {
    ticket,
    granted,
    owner: granted ? 42 : -1,
    expiresEpochSecs: 1_800_000_060,
    term: 3,
    configName: 'booth',
    leaseUntil: null,
    ...changes,
  };
  give(host, { kind: 'commit', request: requests, changes: [change] });
  return requests;
}

/** Lets the slow disk end all it has been given. */
export function finishWrites(host: Host): void {
  host.isDiskSlow = false;
  for (const effect of host.writes.splice(0)) write(host, effect);
}

const momentOf = (now: Instant): Moment => ({ now, epochMs: START_EPOCH_MS + now });

const nameOf = ({ action, resource }: AgentOperation): string => `${action} ${resource}`;

function perform(host: Host, { state, effects }: StepResult): void {
  host.state = state;
  const inputs = host.queue;
  for (const effect of effects) {
    switch (effect.kind) {
      case 'run':
        begin(host, effect.callId, effect.operation, inputs);
        break;
      case 'cancel':
        cancel(host, effect.callId, inputs);
        break;
      case 'write':
        inputs.push(() => {
          if (host.isDiskSlow) host.writes.push(effect);
          else write(host, effect);
        });
        break;
      case 'tell-guard':
        host.words.push(...effect.words);
        inputs.push(() => confirmWords(host, effect.words));
        break;
      default:
        observe(host, effect);
    }
  }
  if (host.isBusy) return;
  host.isBusy = true;
  for (let next = inputs.shift(); next !== undefined; next = inputs.shift()) next();
  host.isBusy = false;
}

function observe(host: Host, effect: EmbeddedEffect): void {
  if (effect.kind === 'settle-commit') host.commits.set(effect.request, effect.outcomes);
  if (effect.kind === 'settle-attribute') host.attributes.set(effect.request, effect.failure);
  if (effect.kind === 'give-up') host.givenUp.push(effect.tickets);
  if (effect.kind === 'change') host.changes.push(effect.change);
  if (effect.kind === 'log') host.logs.push(effect.event);
  if (effect.kind === 'stopped') host.isStopped = true;
}

function confirmWords(host: Host, words: readonly GuardWord[]): void {
  const last = words.at(-1);
  if (host.isGuardListening && last !== undefined)
    give(host, { kind: 'guard-heard', word: last.word });
}

function begin(
  host: Host,
  callId: number,
  operation: AgentOperation,
  inputs: (() => void)[],
): void {
  if (operation.action !== 'monitor') host.calls.push(nameOf(operation));
  host.pending.set(callId, operation);
  if (!host.hanging.has(nameOf(operation))) inputs.push(() => end(host, callId, operation));
}

function cancel(host: Host, callId: number, inputs: (() => void)[]): void {
  if (!host.pending.has(callId)) return;
  inputs.push(() => settleOperation(host, callId, { status: 'cancelled', returnCode: 1 }));
}

function end(host: Host, callId: number, operation: AgentOperation): void {
  if (!host.pending.has(callId)) return;
  const { action, resource } = operation;
  const told = host.answers.get(nameOf(operation));
  if (told === undefined && action === 'start') host.running.add(resource);
  if (told === undefined && action === 'stop') host.running.delete(resource);
  const truth = action === 'monitor' && !host.running.has(resource) ? 7 : 0;
  settleOperation(host, callId, { status: 'done', returnCode: told ?? truth });
}

function settleOperation(
  host: Host,
  callId: number,
  outcome: Pick<OperationOutcome, 'status' | 'returnCode'>,
): void {
  host.pending.delete(callId);
  const full = { ...outcome, exitReason: '', output: '', execMs: 5 };
  give(host, { kind: 'operation-ended', callId, outcome: full });
}

function write(host: Host, effect: EmbeddedEffect): void {
  if (effect.kind !== 'write') return;
  const failure = host.diskFailure ? problem('cib-file-write', 'no space left on device') : null;
  if (failure === null) host.disk.push(effect.document);
  give(host, { kind: 'written', revision: effect.revision, failure });
}
