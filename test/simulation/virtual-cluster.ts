/**
 * A virtual site cluster. It lives on when the daemon dies, writes one thing after the other, and
 * what was handed to it may still be written after the daemon's death. A guard stops what runs
 * under a ticket when the lease that came with the last grant ends (R14), as every real site's
 * cluster does by its own means.
 */
import { ok } from '../../core/base/result.ts';
import type {
  ClusterPort,
  ClusterTicket,
  CommitOutcome,
  TicketCommit,
} from '../../core/member/ports.ts';
import type { Instant } from '../../core/base/instant.ts';
import type { TrueTime } from './events.ts';

export interface VirtualCluster {
  readonly stored: Map<string, ClusterTicket>;
  commitMs: number;
  isFailing: boolean;
  /** True time at which the guard stops what runs under the ticket; absent: never. */
  readonly guardedUntilMs: Map<string, number>;
  /** True time at which everything handed over so far is written. */
  freeAtMs: number;
}

export const newCluster = (): VirtualCluster => ({
  stored: new Map(),
  commitMs: 2,
  isFailing: false,
  guardedUntilMs: new Map(),
  freeAtMs: 0,
});

/** Whether anything can run under the ticket at this moment of true time. */
export function isRunning(cluster: VirtualCluster, ticket: string, nowMs: number): boolean {
  if (cluster.stored.get(ticket)?.granted !== true) return false;
  return nowMs < (cluster.guardedUntilMs.get(ticket) ?? Infinity);
}

export interface ClusterScene {
  readonly time: TrueTime;
  readonly cluster: VirtualCluster;
  /** When the host's clock will show that moment, in true time. */
  readonly trueMsOf: (at: Instant) => number;
  /** Comes back to the daemon that asked, if it still lives. */
  readonly reply: (call: () => void) => void;
  readonly onWrite: (change: TicketCommit, wasGranted: boolean) => void;
}

const failure = { code: 'cib', severity: 'error', message: 'the cluster is down' } as const;

/** The port of one daemon to its site's cluster. */
export function clusterPort(scene: ClusterScene): ClusterPort {
  const { time, cluster } = scene;
  /** Writes of one cluster never overtake each other. */
  const inTurn = (call: () => void): void => {
    cluster.freeAtMs = Math.max(cluster.freeAtMs, time.nowMs() + cluster.commitMs);
    time.at(cluster.freeAtMs, call);
  };
  return {
    load: (_tickets, done) => {
      inTurn(() => {
        scene.reply(() => {
          done(ok(cluster.stored));
        });
      });
    },
    commit: (changes, done) => {
      // The lease's end is a moment of this boot, whenever it comes to be written.
      const writes = changes.map((change) => ({
        change,
        guardedUntilMs: change.leaseUntil === null ? null : scene.trueMsOf(change.leaseUntil),
      }));
      inTurn(() => {
        const outcomes = writes.map(({ change, guardedUntilMs }): CommitOutcome => {
          if (!cluster.isFailing) write(scene, change, guardedUntilMs);
          return { ticket: change.ticket, failure: cluster.isFailing ? failure : null };
        });
        scene.reply(() => {
          done(outcomes);
        });
      });
    },
    setAttribute: ({ ticket, name, value }, done) => {
      inTurn(() => {
        if (!cluster.isFailing) setAttribute(cluster, ticket, name, value);
        const outcome = cluster.isFailing ? failure : null;
        scene.reply(() => {
          done(outcome);
        });
      });
    },
  };
}

function write(scene: ClusterScene, change: TicketCommit, guardedUntilMs: number | null): void {
  const { cluster } = scene;
  const { ticket, granted } = change;
  const before = cluster.stored.get(ticket);
  cluster.stored.set(ticket, {
    granted,
    standby: before?.standby ?? false,
    owner: change.owner,
    expiresEpochSecs: change.expiresEpochSecs,
    term: change.term,
    attributes: before?.attributes ?? new Map(),
  });
  if (guardedUntilMs === null) cluster.guardedUntilMs.delete(ticket);
  else cluster.guardedUntilMs.set(ticket, guardedUntilMs);
  scene.onWrite(change, before?.granted ?? false);
}

function setAttribute(
  cluster: VirtualCluster,
  ticket: string,
  name: string,
  value: string | null,
): void {
  const before = cluster.stored.get(ticket);
  const attributes = new Map(before?.attributes ?? []);
  if (value === null) attributes.delete(name);
  else attributes.set(name, value);
  cluster.stored.set(ticket, {
    granted: false,
    standby: false,
    owner: null,
    expiresEpochSecs: null,
    term: null,
    ...before,
    attributes,
  });
}
