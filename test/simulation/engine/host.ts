/** One host of the ring: what survives its daemon, the daemon while it runs, and what ails both. */
import type { Instant } from '../../../core/base/instant.ts';
import type { RingConfig, RingMember } from '../../../core/config/model.ts';
import type { RunningMember } from '../../../core/io/run-member.ts';
import type { Disk } from './disk.ts';
import type { SiteCluster } from './site-cluster.ts';

export interface Host {
  readonly name: string;
  readonly member: RingMember;
  /** What its daemon reads when it starts next. */
  config: RingConfig;
  readonly disk: Disk;
  /** null at an arbitrator. */
  readonly cluster: SiteCluster | null;
  readonly clock: HostClock;
  /** What ails it now; each fault adds one and takes it away again. */
  readonly ailments: Set<Ailment>;
  running: RunningMember | null;
  /** The process exists, perhaps still opening its journal. */
  isUp: boolean;
  /** Rises with every start and end: what an earlier run asked for no longer comes back to it. */
  run: number;
  bootId: string;
  /** While set nothing reaches the process: it waits here, in order. */
  paused: (() => void)[] | null;
  /** Faults that keep it down at the moment. */
  downs: number;
  /** Faults that keep this run of it stopped at the moment. */
  pauses: number;
}

export interface HostClock {
  /** Milliseconds of this host's clocks per true millisecond. */
  readonly rate: number;
  /** True time at which the boot clock showed 0. */
  bootedAtMs: number;
  /** What the wall clock shows too much, in milliseconds. */
  wallOffsetMs: number;
}

/** One trouble of a host; absent parts are healthy. */
export interface Ailment {
  readonly fsyncMs?: number;
  readonly isDiskFull?: boolean;
  readonly isDiskFailing?: boolean;
  readonly commitMs?: number;
  readonly commitFailure?: 'before' | 'after';
  /** Commits of that ticket only. */
  readonly ticket?: string;
  readonly handlerCode?: number;
  readonly handlerMs?: number;
}

export const HEALTHY_FSYNC_MS = 1;
export const HEALTHY_COMMIT_MS = 2;
export const HEALTHY_HANDLER_MS = 5;

/** The worst of a number that its ailments say, else what is healthy. */
export function worst(
  host: Host,
  field: 'fsyncMs' | 'commitMs' | 'handlerMs' | 'handlerCode',
  healthy: number,
  ticket?: string,
): number {
  let found = healthy;
  for (const ailment of host.ailments) {
    if (ailment.ticket !== undefined && ailment.ticket !== ticket) continue;
    found = Math.max(found, ailment[field] ?? healthy);
  }
  return found;
}

export function commitFailure(host: Host, ticket: string): 'none' | 'before' | 'after' {
  for (const ailment of host.ailments) {
    if (ailment.commitFailure === undefined) continue;
    if (ailment.ticket === undefined || ailment.ticket === ticket) return ailment.commitFailure;
  }
  return 'none';
}

export const hasAilment = (host: Host, field: 'isDiskFull' | 'isDiskFailing'): boolean =>
  host.ailments.size > 0 && [...host.ailments].some((ailment) => ailment[field] === true);

export const bootMs = ({ clock }: Host, trueMs: number): number =>
  (trueMs - clock.bootedAtMs) * clock.rate;

export const trueMsOf = ({ clock }: Host, at: Instant): number =>
  at / clock.rate + clock.bootedAtMs;

/** Hands something to the process of that run, now or when it is no longer stopped. */
export function reach(host: Host, run: number, call: () => void): void {
  if (host.run !== run) return;
  if (host.paused === null) call();
  else
    host.paused.push(() => {
      if (host.run === run) call();
    });
}
