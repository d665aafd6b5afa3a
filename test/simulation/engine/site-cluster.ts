/**
 * A site's cluster. It lives on when the daemon dies; what was handed to it may still be written
 * after that. Writes of one ticket never overtake each other, tickets do not wait for each other.
 */
import type { Instant } from '../../../core/base/instant.ts';
import { err, ok } from '../../../core/base/result.ts';
import type {
  ClusterPort,
  ClusterTicket,
  CommitOutcome,
  TicketCommit,
} from '../../../core/member/ports.ts';
import type { TrueTime } from './events.ts';
import type { Resources } from './resources.ts';

/** How the cluster is at the moment. */
export interface ClusterHealth {
  readonly commitMs: number;
  /** `before`: nothing is written. `after`: written, and yet reported as failed. */
  readonly failure: 'none' | 'before' | 'after';
}

export interface SiteCluster {
  readonly stored: ReadonlyMap<string, ClusterTicket>;
  readonly resources: Resources;
  /** True time at which everything handed over for the ticket so far is written. */
  readonly freeAtMs: (ticket: string) => number;
  /** The port of one run of the daemon. */
  readonly port: (daemon: ClusterDaemon) => ClusterPort;
}

export interface ClusterDaemon {
  /** When the host's boot clock will show that moment, in true time. */
  readonly trueMsOf: (at: Instant) => number;
  /** Comes back to the daemon that asked, if it still lives. */
  readonly reply: (call: () => void) => void;
}

export interface ClusterScene {
  readonly time: TrueTime;
  readonly health: (ticket: string) => ClusterHealth;
  readonly resources: Resources;
  readonly onWrite: (change: TicketCommit, wasGranted: boolean) => void;
}

const failure = { code: 'cib', severity: 'error', message: 'the cluster is down' } as const;

export function createSiteCluster(scene: ClusterScene): SiteCluster {
  const { time, resources } = scene;
  const stored = new Map<string, ClusterTicket>();
  const freeAtMs = new Map<string, number>();
  const inTurn = (ticket: string, call: () => void): void => {
    const { commitMs } = scene.health(ticket);
    const atMs = Math.max(freeAtMs.get(ticket) ?? 0, time.nowMs() + commitMs);
    freeAtMs.set(ticket, atMs);
    time.at(atMs, call);
  };
  const write = (change: TicketCommit, untilMs: number | null): void => {
    const { ticket, granted, owner, expiresEpochSecs, term } = change;
    const before = stored.get(ticket);
    const { standby, attributes } = before ?? unknownTicket;
    stored.set(ticket, { granted, standby, owner, expiresEpochSecs, term, attributes });
    scene.onWrite(change, before?.granted ?? false);
    if (granted) resources.grant(ticket, untilMs);
    else resources.revoke(ticket);
  };
  const commitOne = (
    daemon: ClusterDaemon,
    change: TicketCommit,
    done: (outcomes: readonly CommitOutcome[]) => void,
  ): void => {
    const { ticket, leaseUntil } = change;
    // The lease's end is a moment of this boot, whenever it comes to be written.
    const untilMs = leaseUntil === null ? null : daemon.trueMsOf(leaseUntil);
    inTurn(ticket, () => {
      const fails = scene.health(ticket).failure;
      if (fails !== 'before') write(change, untilMs);
      daemon.reply(() => {
        done([{ ticket, failure: fails === 'none' ? null : failure }]);
      });
    });
  };
  return {
    stored,
    resources,
    freeAtMs: (ticket) => freeAtMs.get(ticket) ?? 0,
    port: (daemon) => ({
      load: (tickets, done) => {
        const first = tickets[0] ?? '';
        time.after(scene.health(first).commitMs, () => {
          const isDown = scene.health(first).failure !== 'none';
          const seen = new Map(stored);
          daemon.reply(() => {
            done(isDown ? err(failure) : ok(seen));
          });
        });
      },
      commit: (changes, done) => {
        for (const change of changes) commitOne(daemon, change, done);
      },
      setAttribute: ({ ticket, name, value }, done) => {
        inTurn(ticket, () => {
          const isDown = scene.health(ticket).failure !== 'none';
          if (!isDown) stored.set(ticket, withAttribute(stored.get(ticket), name, value));
          daemon.reply(() => {
            done(isDown ? failure : null);
          });
        });
      },
    }),
  };
}

const unknownTicket: ClusterTicket = {
  granted: false,
  standby: false,
  owner: null,
  expiresEpochSecs: null,
  term: null,
  attributes: new Map(),
};

function withAttribute(
  before: ClusterTicket | undefined,
  name: string,
  value: string | null,
): ClusterTicket {
  const attributes = new Map(before?.attributes);
  if (value === null) attributes.delete(name);
  else attributes.set(name, value);
  return { ...(before ?? unknownTicket), attributes };
}
