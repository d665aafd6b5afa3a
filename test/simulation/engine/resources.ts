/**
 * What runs under a ticket at one site: started when the cluster has the ticket granted, and given
 * time to stop when the grant is taken away or the lease that came with it ends (R14: the guard).
 */
import type { Due, TrueTime } from './events.ts';

export type ResourceState = 'stopped' | 'running' | 'stopping';

export interface Resources {
  readonly state: (ticket: string) => ResourceState;
  /** True time at which what stops will have stopped; null: it does not stop at the moment. */
  readonly stoppedAtMs: (ticket: string) => number | null;
  /** True time at which the guard stops what runs; null: no lease ends it. */
  readonly guardedUntilMs: (ticket: string) => number | null;
  /** The cluster has it granted from now on, `untilMs` as the guard is told. */
  readonly grant: (ticket: string, untilMs: number | null) => void;
  readonly revoke: (ticket: string) => void;
}

export interface ResourcesScene {
  readonly time: TrueTime;
  /** How long the ticket's resources take to stop here. */
  readonly stopMs: (ticket: string) => number;
  readonly onChange: (ticket: string, state: ResourceState, why: string) => void;
}

interface Run {
  state: ResourceState;
  stoppedAtMs: number | null;
  guardedUntilMs: number | null;
  guard: Due | null;
}

export function createResources({ time, stopMs, onChange }: ResourcesScene): Resources {
  const runs = new Map<string, Run>();
  const runOf = (ticket: string): Run => {
    const found = runs.get(ticket);
    if (found !== undefined) return found;
    const run: Run = { state: 'stopped', stoppedAtMs: null, guardedUntilMs: null, guard: null };
    runs.set(ticket, run);
    return run;
  };
  const become = (ticket: string, run: Run, state: ResourceState, why: string): void => {
    if (run.state === state) return;
    run.state = state;
    onChange(ticket, state, why);
  };
  const beginStop = (ticket: string, run: Run, why: string): void => {
    if (run.state !== 'running') return;
    const endsAtMs = time.nowMs() + stopMs(ticket);
    run.stoppedAtMs = endsAtMs;
    become(ticket, run, 'stopping', why);
    time.at(endsAtMs, () => {
      // Granted again meanwhile: it runs on, or stops anew.
      if (run.stoppedAtMs !== endsAtMs) return;
      run.stoppedAtMs = null;
      become(ticket, run, 'stopped', 'its stop is done');
    });
  };
  return {
    state: (ticket) => runOf(ticket).state,
    stoppedAtMs: (ticket) => runOf(ticket).stoppedAtMs,
    guardedUntilMs: (ticket) => runOf(ticket).guardedUntilMs,
    grant: (ticket, untilMs) => {
      const run = runOf(ticket);
      run.guardedUntilMs = untilMs;
      if (run.guard !== null) time.cancel(run.guard);
      run.guard = null;
      // A write that took longer than its lease starts nothing.
      if (untilMs !== null && untilMs <= time.nowMs())
        return beginStop(ticket, run, 'its lease is over');
      run.stoppedAtMs = null;
      become(ticket, run, 'running', 'granted');
      if (untilMs === null) return;
      run.guard = time.at(untilMs, () => {
        beginStop(ticket, run, 'the guard: its lease is over');
      });
    },
    revoke: (ticket) => {
      const run = runOf(ticket);
      run.guardedUntilMs = null;
      if (run.guard !== null) time.cancel(run.guard);
      run.guard = null;
      beginStop(ticket, run, 'revoked');
    },
  };
}
