/**
 * The embedded cluster at work: performs the effects of `site/embedded` in their order and feeds
 * what becomes of them back. Decides nothing.
 */
import { randomBytes } from 'node:crypto';
import type { Instant } from '../../core/base/instant.ts';
import { msBetween } from '../../core/base/instant.ts';
import type { Problem } from '../../core/base/problem.ts';
import type { Result } from '../../core/base/result.ts';
import { err, ok } from '../../core/base/result.ts';
import type { NodeReference } from '../../core/cib/patch-node.ts';
import type { Clock, CommitOutcome, Log } from '../../core/member/ports.ts';
import type { ClusterChange, SiteCluster } from '../cluster/port.ts';
import type { EmbeddedEffect, EmbeddedInput, Moment } from '../embedded/contract.ts';
import { drainOf } from '../embedded/drain.ts';
import type { EmbeddedState } from '../embedded/state.ts';
import type { StepResult } from '../embedded/step.ts';
import { nextWakeAt, startEmbedded, stepEmbedded } from '../embedded/step.ts';
import { storedTickets } from '../embedded/stored-tickets.ts';
import { resourceViews } from '../embedded/views.ts';
import type { RunningAgent } from './agent-process.ts';
import type { CibFile } from './cib-file.ts';
import { openCibFile } from './cib-file.ts';
import type { GuardLink } from './guard-link.ts';
import { linkGuard, takeGuardReports } from './guard-link.ts';
import { operationsPath, reportText } from './guard-protocol.ts';
import type { AgentFolders } from './ocf-agent.ts';
import { runOcfAgent } from './ocf-agent.ts';
import type { OperationRecords } from './operation-record.ts';
import { endNotedOperations, noteOperation, openOperationRecords } from './operation-record.ts';
import { faultOfWatchdog } from './watchdog-device.ts';

export interface EmbeddedOptions {
  /** Holds `cib.xml`, its copies, and what daemon and guard share; one daemon at a time. */
  readonly stateDir: string;
  readonly node: NodeReference;
  readonly agents: AgentFolders;
  readonly clock: Pick<Clock, 'now' | 'epochMs'>;
  readonly log: Log;
  /** null: without a guard, what runs under a ticket outlives a dead daemon. */
  readonly guard: {
    readonly command: readonly string[];
    readonly selfFence: readonly string[] | null;
    /** Watchdog device; null: none. */
    readonly watchdog: string | null;
  } | null;
}

export interface EmbeddedCluster extends SiteCluster {
  /** Forgets the failures of a resource and looks at it again. */
  cleanUp(resource: string): void;
}

/** What an operation left from a daemon that died gets after TERM. */
const ORPHAN_GRACE_MS = 2000;
/** Timers stand still while the host sleeps: none is longer than this. */
const LONGEST_TIMER_MS = 500;

interface Run {
  readonly options: EmbeddedOptions;
  readonly records: OperationRecords;
  readonly agents: Map<number, RunningAgent>;
  readonly commits: Map<number, (outcomes: readonly CommitOutcome[]) => void>;
  readonly attributes: Map<number, (failure: Problem | null) => void>;
  readonly listeners: Set<(change: ClusterChange) => void>;
  readonly giveUps: Set<(tickets: readonly string[], reason: string) => void>;
  readonly stopped: (() => void)[];
  state: EmbeddedState;
  file: CibFile;
  guard: GuardLink | null;
  timer: NodeJS.Timeout | null;
  lastRequest: number;
  isEnded: boolean;
}

/** Opens the state, gets a guard, looks at every resource; the cluster runs when it resolves. */
export async function runEmbedded(
  options: EmbeddedOptions,
): Promise<Result<EmbeddedCluster, Problem>> {
  let run: Run | null = null;
  const opened = await openCibFile({
    folder: options.stateDir,
    node: options.node,
    nowEpochMs: () => options.clock.epochMs(),
    onFinding: (found) => {
      note(options, found);
    },
    onForeignConfiguration: (foreign) => {
      if (run !== null) give(run, { kind: 'configuration', foreign });
    },
  });
  if (!opened.ok) return opened;
  const records = openOperationRecords(operationsPath(options.stateDir));
  await endOrphans(options, records);
  const first = startEmbedded(
    {
      document: opened.value.current(),
      node: options.node,
      run: randomBytes(8).toString('hex'),
      isGuarded: options.guard !== null,
    },
    momentOf(options),
  );
  run = {
    options,
    records,
    agents: new Map(),
    commits: new Map(),
    attributes: new Map(),
    listeners: new Set(),
    giveUps: new Set(),
    stopped: [],
    state: first.state,
    file: opened.value,
    guard: null,
    timer: null,
    lastRequest: 0,
    isEnded: false,
  };
  perform(run, first);
  for (const report of await takeGuardReports(options.stateDir)) logReport(options, report);
  const guarded = await openGuard(run);
  if (!guarded.ok) {
    await end(run);
    return guarded;
  }
  return ok(portOf(run));
}

function portOf(run: Run): EmbeddedCluster {
  const request = (): number => (run.lastRequest += 1);
  return {
    load(tickets, done) {
      const loaded = storedTickets(run.state.cib, tickets);
      setImmediate(() => {
        done(ok(loaded));
      });
    },
    commit(changes, done) {
      const number = request();
      run.commits.set(number, done);
      give(run, { kind: 'commit', request: number, changes });
    },
    setAttribute(change, done) {
      const number = request();
      run.attributes.set(number, done);
      give(run, { kind: 'attribute', request: number, ...change });
    },
    onGivingUp: (listener) => {
      run.giveUps.add(listener);
    },
    resourceStates: () => resourceViews(run.state, run.options.clock.epochMs()),
    drained: (ticket) => drainOf(run.state, ticket, run.options.clock.epochMs()),
    onChange(listener) {
      run.listeners.add(listener);
      return () => run.listeners.delete(listener);
    },
    cleanUp: (resource) => {
      give(run, { kind: 'cleanup', resource });
    },
    stop: ({ stopResources }) =>
      new Promise((resolve) => {
        run.stopped.push(resolve);
        if (run.isEnded) resolve();
        else give(run, { kind: 'stop', stopResources });
      }),
  };
}

function give(run: Run, input: EmbeddedInput): void {
  if (run.isEnded) return;
  perform(run, stepEmbedded(run.state, input, momentOf(run.options)));
}

function perform(run: Run, { state, effects }: StepResult): void {
  run.state = state;
  for (const effect of effects) execute(run, effect);
  setTimer(run);
}

function execute(run: Run, effect: EmbeddedEffect): void {
  switch (effect.kind) {
    case 'write':
      void run.file.write(effect.document).then((written) => {
        const failure = written.ok ? null : written.error;
        give(run, { kind: 'written', revision: effect.revision, failure });
      });
      return;
    case 'run':
      return runOperation(run, effect);
    case 'cancel':
      run.agents.get(effect.callId)?.cancel();
      return;
    case 'tell-guard':
      run.guard?.tell(effect.words);
      return;
    case 'settle-commit':
      return answer(run.commits, effect.request, effect.outcomes);
    case 'settle-attribute':
      return answer(run.attributes, effect.request, effect.failure);
    case 'change':
      setImmediate(() => {
        for (const listener of run.listeners) listener(effect.change);
      });
      return;
    case 'give-up':
      setImmediate(() => {
        for (const listener of run.giveUps) listener(effect.tickets, effect.reason);
      });
      return;
    case 'log':
      run.options.log.write(effect.event);
      return;
    case 'stopped':
      void end(run);
  }
}

/** Never inside the call that asked. */
function answer<T>(waiting: Map<number, (value: T) => void>, request: number, value: T): void {
  const done = waiting.get(request);
  waiting.delete(request);
  if (done !== undefined) {
    setImmediate(() => {
      done(value);
    });
  }
}

function runOperation(
  run: Run,
  { callId, operation }: Extract<EmbeddedEffect, { kind: 'run' }>,
): void {
  let forget = (): void => undefined;
  const agent = runOcfAgent(operation, run.options.agents, (outcome) => {
    forget();
    run.agents.delete(callId);
    give(run, { kind: 'operation-ended', callId, outcome });
  });
  run.agents.set(callId, agent);
  if (agent.pid !== null && operation.action !== 'monitor') {
    const { resource, action } = operation;
    forget = noteOperation(run.records, { pid: agent.pid, resource, action });
  }
}

function setTimer(run: Run): void {
  if (run.timer !== null) clearTimeout(run.timer);
  run.timer = null;
  if (run.isEnded) return;
  const moment = momentOf(run.options);
  const wakeAt = nextWakeAt(run.state, moment);
  if (wakeAt !== null) run.timer = setTimeout(() => ring(run, wakeAt), delayUntil(wakeAt, moment));
}

/** Timers may be early, and long ones are cut into pieces. */
function ring(run: Run, wakeAt: Instant): void {
  run.timer = null;
  if (run.options.clock.now() >= wakeAt) give(run, { kind: 'wake' });
  else setTimer(run);
}

const delayUntil = (wakeAt: Instant, { now }: Moment): number =>
  Math.min(LONGEST_TIMER_MS, Math.max(1, Math.ceil(msBetween(now, wakeAt))));

const momentOf = ({ clock }: EmbeddedOptions): Moment => ({
  now: clock.now(),
  epochMs: clock.epochMs(),
});

async function openGuard(run: Run): Promise<Result<null, Problem>> {
  const { options } = run;
  if (options.guard === null) return ok(null);
  const { command, selfFence, watchdog } = options.guard;
  const unusable = watchdog === null ? null : faultOfWatchdog(watchdog);
  if (unusable !== null) return err(unusable);
  const early: EmbeddedInput[] = [];
  const hear = (input: EmbeddedInput): void => {
    if (run.guard === null) early.push(input);
    else give(run, input);
  };
  const linked = await linkGuard({
    stateDir: options.stateDir,
    command,
    selfFence,
    watchdog,
    folders: options.agents,
    log: options.log,
    onThere: (owed) => {
      hear({ kind: 'guard-there', owed });
    },
    onGone: () => {
      hear({ kind: 'guard-gone' });
    },
    onHeard: (word) => {
      hear({ kind: 'guard-heard', word });
    },
    onActed: (report) => {
      void takeGuardReports(options.stateDir);
      hear({ kind: 'guard-acted', ticket: report.ticket, detail: reportText(report) });
    },
  });
  if (!linked.ok) return linked;
  run.guard = linked.value;
  for (const input of early) give(run, input);
  return ok(null);
}

/** A start that nobody waits for any more must not end after everything has been looked at. */
async function endOrphans(options: EmbeddedOptions, records: OperationRecords): Promise<void> {
  for (const { resource, action } of await endNotedOperations(records, ORPHAN_GRACE_MS)) {
    const message = `${action} of resource ${resource} was still under way from a daemon that died, it was ended`;
    const fields = { resource, action };
    options.log.write({ level: 'warning', event: 'orphan-operation-ended', message, fields });
  }
}

async function end(run: Run): Promise<void> {
  run.isEnded = true;
  if (run.timer !== null) clearTimeout(run.timer);
  run.guard?.close();
  await run.file.close();
  for (const resolve of run.stopped) resolve();
}

const note = (options: EmbeddedOptions, found: Problem): void => {
  const { severity: level, code: event, message, where } = found;
  const fields = where?.file === undefined ? {} : { file: where.file };
  options.log.write({ level, event, message, fields });
};

const logReport = (options: EmbeddedOptions, report: Parameters<typeof reportText>[0]): void => {
  const message = `while no daemon was here, the guard acted for ticket ${report.ticket}: ${reportText(report)}`;
  const fields = { ticket: report.ticket, failed: report.failed };
  options.log.write({ level: 'error', event: 'guard-acted', message, fields });
};
