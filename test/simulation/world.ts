/**
 * A ring in one process under virtual time: the production loop (`run-member`) over a virtual
 * network, virtual disks, virtual clusters and clocks of different rates. The same seed gives the
 * same run.
 */
import { assert } from '../../core/base/assert.ts';
import { instantOf } from '../../core/base/instant.ts';
import type { MemberId } from '../../core/base/member-id.ts';
import type { Random } from '../../core/base/random.ts';
import { seededRandom } from '../../core/base/random.ts';
import type { RingConfig, RingMember } from '../../core/config/model.ts';
import type { RunningMember } from '../../core/io/run-member.ts';
import { runMember } from '../../core/io/run-member.ts';
import type {
  Clock,
  Handlers,
  Journal,
  JournalEntry,
  LogEvent,
  MemberPorts,
  TicketCommit,
} from '../../core/member/ports.ts';
import { remember } from '../../core/member/remember.ts';
import type { AuthKey } from '../../core/wire/authentication.ts';
import { decodeAnswer } from '../../core/wire/decode-answer.ts';
import { encodeRequest } from '../../core/wire/encode.ts';
import type { ClientAnswer, ClientRequest, SentAt } from '../../core/wire/message.ts';
import { nextSentAt } from '../../core/wire/sent-at.ts';
import type { TrueTime } from './events.ts';
import { createTrueTime } from './events.ts';
import type { Network } from './network.ts';
import { createNetwork } from './network.ts';
import type { VirtualCluster } from './virtual-cluster.ts';
import { clusterPort, newCluster } from './virtual-cluster.ts';

export interface WorldOptions {
  readonly config: RingConfig;
  readonly seed: number;
  readonly key: AuthKey | null;
  readonly onEvent?: (atMs: number, host: string, event: LogEvent) => void;
  /** The cluster's ticket became granted or revoked. */
  readonly onCommit?: (atMs: number, host: string, ticket: string, text: string) => void;
  /** Everything written to a cluster, renewals included. */
  readonly onWrite?: (atMs: number, host: string, change: TicketCommit) => void;
  readonly onAnswer?: (atMs: number, host: string, answer: ClientAnswer, client: Client) => void;
  /** Every datagram as it leaves its host. */
  readonly onSend?: (atMs: number, host: string, to: MemberId, bytes: Uint8Array) => void;
}

export interface Client {
  readonly connection: number;
  readonly isFinal: boolean;
}

/** One host: what survives its daemon, and its daemon while it runs. */
export interface Host {
  readonly member: RingMember;
  journal: JournalEntry[];
  readonly cluster: VirtualCluster;
  running: RunningMember | null;
  /** Rises with every start: what an earlier run asked for no longer comes back to it. */
  run: number;
  bootId: string;
  isDiskFull: boolean;
  fsyncMs: number;
  handlerCode: number;
  handlerMs: number;
  /** Milliseconds of this host's clocks per true millisecond. */
  readonly clockRate: number;
  /** True time at which the boot clock showed 0. */
  bootedAtMs: number;
  /** While set, nothing reaches the daemon: it waits here, in order. */
  paused: (() => void)[] | null;
}

export interface World {
  readonly hosts: ReadonlyMap<string, Host>;
  readonly network: Network;
  readonly nowMs: () => number;
  readonly runFor: (spanMs: number) => void;
  /** Runs `call` when that much true time has passed. */
  readonly after: (spanMs: number, call: () => void) => void;
  readonly start: (host: string) => void;
  readonly kill: (host: string) => void;
  /** Stops the daemon's process for a while (SIGSTOP, a suspended machine). */
  readonly pause: (host: string) => void;
  readonly resume: (host: string) => void;
  /** Kills the daemon and restarts the host's boot clock; its cluster goes on (other nodes). */
  readonly reboot: (host: string) => void;
  /** Sends a client's request. */
  readonly request: (host: string, request: ClientRequest) => void;
  /** The number that names the next request's connection in `onAnswer`. */
  readonly nextConnection: () => number;
}

const EPOCH_MS = Date.UTC(2026, 10, 20, 12, 0, 0);
const BOOT_OFFSET_MS = 1_000_000;
/** More than the arithmetic of a clock's rate loses, so that no alarm comes too early for ever. */
const ROUNDING_MS = 1e-5;

interface Scene {
  readonly options: WorldOptions;
  readonly time: TrueTime;
  readonly random: Random;
  readonly hosts: ReadonlyMap<string, Host>;
  readonly network: Network;
  clientSentAt: SentAt | null;
  connections: number;
}

/** A ring of hosts A, B, C…, none of them started; `rates` are their clocks', 1 by default. */
export function createWorld(options: WorldOptions, rates: readonly number[] = []): World {
  const time = createTrueTime();
  const random = seededRandom(options.seed);
  const hosts = new Map(
    options.config.members.map((member, index) => [
      String.fromCharCode(65 + index),
      newHost(member, rates[index] ?? 1),
    ]),
  );
  const ends = [...hosts].map(([name, host]) => {
    const receive = (bytes: Uint8Array): void => {
      reach(host, () => host.running?.receiveDatagram(bytes));
    };
    return [name, { id: host.member.id, receive }] as const;
  });
  const network = createNetwork(time, random, new Map(ends));
  const scene: Scene = {
    options,
    time,
    random,
    hosts,
    network,
    clientSentAt: null,
    connections: 0,
  };
  const named =
    (call: (host: Host) => void) =>
    (name: string): void => {
      call(hostOf(scene, name));
    };
  return {
    hosts,
    network,
    nowMs: time.nowMs,
    runFor: (spanMs) => {
      time.runUntil(time.nowMs() + spanMs);
    },
    after: (spanMs, call) => {
      time.at(time.nowMs() + spanMs, call);
    },
    start: (name) => {
      startHost(scene, name);
    },
    kill: named(kill),
    pause: named((host) => (host.paused ??= [])),
    resume: named(resume),
    reboot: named((host) => {
      kill(host);
      host.bootId = `${host.bootId}+`;
      host.bootedAtMs = time.nowMs();
    }),
    request: (name, request) => {
      sendRequest(scene, name, request);
    },
    nextConnection: () => scene.connections + 1,
  };
}

const newHost = (member: RingMember, clockRate: number): Host => ({
  member,
  journal: [],
  cluster: newCluster(),
  running: null,
  run: 0,
  bootId: 'boot-1',
  isDiskFull: false,
  fsyncMs: 1,
  handlerCode: 0,
  handlerMs: 5,
  clockRate,
  bootedAtMs: -BOOT_OFFSET_MS,
  paused: null,
});

function hostOf(scene: Scene, name: string): Host {
  const host = scene.hosts.get(name);
  assert(host !== undefined, `there is a host ${name}`);
  return host;
}

function kill(host: Host): void {
  host.running?.stop();
  host.running = null;
  host.paused = null;
  host.run += 1;
}

function resume(host: Host): void {
  const waiting = host.paused ?? [];
  host.paused = null;
  for (const call of waiting) call();
}

/** Hands something to the daemon, now or when it is no longer paused. */
function reach(host: Host, call: () => void): void {
  const { run } = host;
  if (host.paused === null) call();
  else
    host.paused.push(() => {
      if (host.run === run) call();
    });
}

function startHost(scene: Scene, name: string): void {
  const host = hostOf(scene, name);
  assert(host.running === null, `${name} is not running yet`);
  const { config, key } = scene.options;
  const remembered = remember(host.journal, host.bootId);
  host.running = runMember(
    {
      setup: {
        config,
        self: host.member,
        key,
        random: seededRandom(scene.random.nextU32()),
        formatTime: (epochMs) => new Date(epochMs).toISOString().slice(0, 19).replace('T', ' '),
      },
      ports: portsOf(scene, name),
      bootId: host.bootId,
      defer: (afterMs, call) => {
        later(scene, host, afterMs, call);
      },
    },
    {
      tickets: remembered?.tickets ?? new Map(),
      isSameBoot: remembered?.isSameBoot ?? false,
      isMemoryComplete: remembered !== null,
      cluster: host.member.role === 'site' ? host.cluster.stored : null,
    },
  );
}

/** Something that comes back to this run of the host, or not at all. */
function later(scene: Scene, host: Host, afterMs: number, call: () => void): number {
  const { run } = host;
  return scene.time.at(scene.time.nowMs() + afterMs, () => {
    if (host.run === run) reach(host, call);
  });
}

function portsOf(scene: Scene, name: string): MemberPorts {
  const host = hostOf(scene, name);
  const { time, options } = scene;
  return {
    clock: clockOf(scene, host),
    random: scene.random,
    datagrams: {
      send: (to, bytes) => {
        options.onSend?.(time.nowMs(), name, to, bytes);
        scene.network.send(name, to, bytes);
      },
    },
    clients: {
      answer: (connection, bytes, isFinal) => {
        const answer = decodeAnswer(bytes, options.key);
        assert(answer.ok, 'our answers can be read');
        options.onAnswer?.(time.nowMs(), name, answer.value.answer, { connection, isFinal });
      },
    },
    journal: journalOf(scene, host),
    cluster: host.member.role === 'site' ? clusterOf(scene, name) : null,
    handlers: handlersOf(scene, host),
    log: {
      write: (event) => options.onEvent?.(time.nowMs(), name, event),
    },
  };
}

function clockOf(scene: Scene, host: Host): Clock {
  const { time } = scene;
  let alarm: number | null = null;
  return {
    now: () => instantOf((time.nowMs() - host.bootedAtMs) * host.clockRate),
    epochMs: () => EPOCH_MS + time.nowMs(),
    setAlarm: (at, call) => {
      if (alarm !== null) time.cancel(alarm);
      alarm = null;
      if (at === null) return;
      const waitMs = trueMsOf(host, at) - time.nowMs() + ROUNDING_MS;
      alarm = later(scene, host, waitMs, () => {
        alarm = null;
        call();
      });
    },
  };
}

const trueMsOf = (host: Host, at: number): number => at / host.clockRate + host.bootedAtMs;

function journalOf(scene: Scene, host: Host): Journal {
  const failure = {
    code: 'journal-write',
    severity: 'error',
    message: 'no space left on device',
  } as const;
  let freeAtMs = 0;
  return {
    append: (entries, done) => {
      freeAtMs = Math.max(freeAtMs, scene.time.nowMs() + host.fsyncMs);
      const { run } = host;
      scene.time.at(freeAtMs, () => {
        // A crash loses what was not on disk yet; a pause does not keep the disk from writing.
        if (host.run !== run) return;
        const isWritten = !host.isDiskFull;
        if (isWritten) host.journal.push(...entries);
        reach(host, () => {
          done(isWritten ? null : failure);
        });
      });
    },
  };
}

function handlersOf(scene: Scene, host: Host): Handlers {
  const stops = new Map<string, () => void>();
  return {
    start: ({ ticket }, done) => {
      const handle = later(scene, host, host.handlerMs, () => {
        stops.delete(ticket);
        done({ code: host.handlerCode, detail: `exit code ${String(host.handlerCode)}` });
      });
      stops.set(ticket, () => {
        scene.time.cancel(handle);
        stops.delete(ticket);
        later(scene, host, 1, () => {
          done({ code: null, detail: 'ended by a signal' });
        });
      });
    },
    stop: (ticket) => {
      stops.get(ticket)?.();
    },
  };
}

function clusterOf(scene: Scene, name: string) {
  const host = hostOf(scene, name);
  const { options, time } = scene;
  const { run } = host;
  return clusterPort({
    time,
    cluster: host.cluster,
    trueMsOf: (at) => trueMsOf(host, at),
    reply: (call) => {
      if (host.run === run) reach(host, call);
    },
    onWrite: (change, wasGranted) => {
      options.onWrite?.(time.nowMs(), name, change);
      if (wasGranted !== change.granted)
        options.onCommit?.(
          time.nowMs(),
          name,
          change.ticket,
          change.granted ? 'granted' : 'revoked',
        );
    },
  });
}

function sendRequest(scene: Scene, name: string, request: ClientRequest): void {
  const sentAt = nextSentAt(scene.clientSentAt, EPOCH_MS + scene.time.nowMs());
  scene.clientSentAt = sentAt;
  scene.connections += 1;
  const connection = scene.connections;
  const bytes = encodeRequest(request, sentAt, scene.options.key);
  const host = hostOf(scene, name);
  reach(host, () => host.running?.receiveRequest(connection, bytes));
}
