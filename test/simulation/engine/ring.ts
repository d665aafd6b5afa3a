/**
 * A ring in one process under virtual time: the production loop (`run-member`) and the production
 * journal over virtual networks, disks, clusters and clocks. The same seed gives the same run.
 */
import { assert } from '../../../core/base/assert.ts';
import type { MemberId } from '../../../core/base/member-id.ts';
import type { RingConfig } from '../../../core/config/model.ts';
import type { AuthKey } from '../../../core/wire/authentication.ts';
import { decodeDatagram } from '../../../core/wire/decode-datagram.ts';
import type { RingMessage } from '../../../core/wire/message.ts';
import type { Observe } from '../observation.ts';
import type { HostPlan } from '../plan.ts';
import { createDisk } from './disk.ts';
import type { TrueTime } from './events.ts';
import { createTrueTime } from './events.ts';
import type { Host } from './host.ts';
import { HEALTHY_COMMIT_MS, HEALTHY_FSYNC_MS, commitFailure, hasAilment, worst } from './host.ts';
import type { Links } from './links.ts';
import { createLinks } from './links.ts';
import { createResources } from './resources.ts';
import { createSiteCluster } from './site-cluster.ts';

export interface RingOptions {
  readonly config: RingConfig;
  readonly seed: number;
  readonly key: AuthKey | null;
  /** In the order of the configuration. */
  readonly hosts: readonly HostPlan[];
  readonly latencyMs: number;
  /** The journal is rewritten when it is longer than this. */
  readonly journalBytes: number;
  readonly observe: Observe;
}

/** What the parts of a running ring share. */
export interface Ring {
  readonly options: RingOptions;
  readonly time: TrueTime;
  readonly hosts: ReadonlyMap<string, Host>;
  readonly links: Links;
  readonly observe: Observe;
  /** Somebody's promises were settled: continuations must run before time goes on. */
  isSettling: boolean;
  /** Requests so far; each has its number. */
  requests: number;
  /** Hands a datagram to the process of a host. */
  deliver: (host: Host, bytes: Uint8Array) => void;
  onAnswer: (host: string, connection: number, bytes: Uint8Array, isFinal: boolean) => void;
}

/** Lets time pass up to `untilMs`, doing what falls due and what follows from it. */
export async function runUntil(
  ring: Ring,
  untilMs: number,
  isOver: () => boolean = () => false,
): Promise<void> {
  const { time } = ring;
  for (;;) {
    if (ring.isSettling) {
      // From a continuation Node comes to its ticks only when no other continuation is left; a
      // tick asked for outside of one would come before them.
      await Promise.resolve();
      await new Promise<void>((resolve) => {
        process.nextTick(resolve);
      });
      ring.isSettling = false;
    }
    if (isOver() || !time.doNext(untilMs)) return;
  }
}

/** A ring of hosts, none of them started. */
export function createRing(options: RingOptions): Ring {
  const { config, seed, observe, latencyMs } = options;
  const time = createTrueTime();
  const nameOf = new Map<MemberId, string>(
    config.members.map(({ id }, index) => [id, options.hosts[index]?.name ?? '']),
  );
  // What the checkers and the receiver see of a datagram is decoded once.
  const decoded = new WeakMap<Uint8Array, RingMessage>();
  const messageOf = (bytes: Uint8Array): RingMessage => {
    const known = decoded.get(bytes);
    if (known !== undefined) return known;
    const datagram = decodeDatagram(bytes);
    assert(datagram.ok, 'members send well-formed datagrams');
    decoded.set(bytes, datagram.value.message);
    return datagram.value.message;
  };
  const links = createLinks({
    time,
    seed,
    nameOf,
    baseLatencyMs: latencyMs,
    onSent: (host, to, bytes) => {
      observe({ kind: 'sent', host, to, message: messageOf(bytes) });
    },
    deliver: (from, to, bytes) => {
      const host = ring.hosts.get(to);
      // Nobody listens there.
      if (host?.running === undefined || host.running === null) return;
      observe({ kind: 'arrived', host: to, from, message: messageOf(bytes) });
      ring.deliver(host, bytes);
    },
    onLost: (from, to, bytes) => {
      observe({ kind: 'lost', host: to, from, message: messageOf(bytes) });
    },
  });
  const ring: Ring = {
    options,
    time,
    hosts: new Map(options.hosts.map((plan, index) => [plan.name, newHost(index, plan)])),
    links,
    observe,
    isSettling: false,
    requests: 0,
    deliver: () => undefined,
    onAnswer: () => undefined,
  };
  return ring;

  function newHost(index: number, plan: HostPlan): Host {
    const { name } = plan;
    const member = config.members[index];
    assert(member !== undefined, 'there is a host for every member');
    const host: Host = {
      name,
      member,
      config,
      disk: createDisk({
        time,
        health: () => ({
          fsyncMs: worst(host, 'fsyncMs', HEALTHY_FSYNC_MS),
          isFull: hasAilment(host, 'isDiskFull'),
          isFailing: hasAilment(host, 'isDiskFailing'),
        }),
        onSettled: () => {
          ring.isSettling = true;
        },
      }),
      cluster: member.role === 'site' ? newCluster(() => host, plan) : null,
      clock: {
        rate: plan.clockRate,
        bootedAtMs: -plan.uptimeMs,
        wallOffsetMs: plan.wallOffsetMs,
      },
      ailments: new Set(),
      running: null,
      isUp: false,
      run: 0,
      bootId: 'boot-1',
      paused: null,
      downs: 0,
      pauses: 0,
    };
    return host;
  }

  function newCluster(hostOf: () => Host, { name, stopMs }: HostPlan) {
    const resources = createResources({
      time,
      stopMs: () => stopMs,
      onChange: (ticket, state, why) => {
        observe({ kind: 'resource', host: name, ticket, state, why });
      },
    });
    return createSiteCluster({
      time,
      resources,
      health: (ticket) => ({
        commitMs: worst(hostOf(), 'commitMs', HEALTHY_COMMIT_MS, ticket),
        failure: commitFailure(hostOf(), ticket),
      }),
      onWrite: (change, wasGranted) => {
        observe({ kind: 'written', host: name, ticket: change.ticket, change, wasGranted });
      },
    });
  }
}
