/**
 * A ring in one process under virtual time: the production loop (`run-member`) over a virtual
 * network, virtual disks and virtual clusters. The same seed gives the same run.
 */
import { assert } from '../../core/base/assert.ts';
import { instantOf } from '../../core/base/instant.ts';
import type { MemberId } from '../../core/base/member-id.ts';
import type { Random } from '../../core/base/random.ts';
import { seededRandom } from '../../core/base/random.ts';
import { ok } from '../../core/base/result.ts';
import type { RingConfig, RingMember } from '../../core/config/model.ts';
import type { RunningMember } from '../../core/io/run-member.ts';
import { runMember } from '../../core/io/run-member.ts';
import type {
  ClusterPort,
  ClusterTicket,
  JournalEntry,
  LogEvent,
  MemberPorts,
} from '../../core/member/ports.ts';
import { remember } from '../../core/member/remember.ts';
import type { AuthKey } from '../../core/wire/authentication.ts';
import { decodeAnswer } from '../../core/wire/decode-answer.ts';
import { encodeRequest } from '../../core/wire/encode.ts';
import type { ClientAnswer, ClientRequest, SentAt } from '../../core/wire/message.ts';
import { nextSentAt } from '../../core/wire/sent-at.ts';
import { createTrueTime } from './events.ts';

export interface WorldOptions {
  readonly config: RingConfig;
  readonly seed: number;
  readonly key: AuthKey | null;
  readonly onEvent: (atMs: number, host: string, event: LogEvent) => void;
  readonly onCommit: (atMs: number, host: string, ticket: string, text: string) => void;
  readonly onAnswer: (atMs: number, host: string, answer: ClientAnswer) => void;
}

/** One host: what survives its daemon, and its daemon while it runs. */
export interface Host {
  readonly member: RingMember;
  journal: JournalEntry[];
  readonly cluster: Map<string, ClusterTicket>;
  running: RunningMember | null;
  /** Rises with every start: what an earlier run asked for no longer comes back to it. */
  run: number;
  bootId: string;
  commitMs: number;
  isCommitFailing: boolean;
  isDiskFull: boolean;
  handlerCode: number;
}

export interface World {
  readonly hosts: ReadonlyMap<string, Host>;
  readonly nowMs: () => number;
  readonly runFor: (spanMs: number) => void;
  readonly start: (host: string) => void;
  readonly kill: (host: string) => void;
  readonly request: (host: string, request: ClientRequest) => void;
  /** Datagrams from the first to the second are lost. */
  readonly cut: (from: string, to: string) => void;
  readonly heal: () => void;
}

const EPOCH_MS = Date.UTC(2026, 10, 20, 12, 0, 0);
const LATENCY_MS = 1;
const FSYNC_MS = 1;
const BOOT_OFFSET_MS = 1_000_000;

export function createWorld(options: WorldOptions): World {
  const time = createTrueTime();
  const random = seededRandom(options.seed);
  const hosts = new Map(
    options.config.members.map((member, index) => [
      String.fromCharCode(65 + index),
      newHost(member),
    ]),
  );
  const cuts = new Set<string>();
  const scene: Scene = { options, time, random, hosts, cuts, clientSentAt: { last: null } };
  return {
    hosts,
    nowMs: time.nowMs,
    runFor: (spanMs) => {
      time.runUntil(time.nowMs() + spanMs);
    },
    start: (name) => {
      startHost(scene, name);
    },
    kill: (name) => {
      const host = hostOf(scene, name);
      host.running?.stop();
      host.running = null;
      host.run += 1;
    },
    request: (name, request) => {
      sendRequest(scene, name, request);
    },
    cut: (from, to) => cuts.add(`${from}>${to}`),
    heal: () => {
      cuts.clear();
    },
  };
}

interface Scene {
  readonly options: WorldOptions;
  readonly time: ReturnType<typeof createTrueTime>;
  readonly random: Random;
  readonly hosts: ReadonlyMap<string, Host>;
  readonly cuts: ReadonlySet<string>;
  readonly clientSentAt: { last: SentAt | null };
}

const newHost = (member: RingMember): Host => ({
  member,
  journal: [],
  cluster: new Map(),
  running: null,
  run: 0,
  bootId: 'boot-1',
  commitMs: 2,
  isCommitFailing: false,
  isDiskFull: false,
  handlerCode: 0,
});

function hostOf(scene: Scene, name: string): Host {
  const host = scene.hosts.get(name);
  assert(host !== undefined, `there is a host ${name}`);
  return host;
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
      cluster: host.member.role === 'site' ? host.cluster : null,
    },
  );
}

/** Something that comes back to this run of the host, or not at all. */
function later(scene: Scene, host: Host, afterMs: number, call: () => void): number {
  const { run } = host;
  return scene.time.at(scene.time.nowMs() + afterMs, () => {
    if (host.run === run) call();
  });
}

function portsOf(scene: Scene, name: string): MemberPorts {
  const host = hostOf(scene, name);
  const { time, options } = scene;
  let alarm: number | null = null;
  return {
    clock: {
      now: () => instantOf(time.nowMs() + BOOT_OFFSET_MS),
      epochMs: () => EPOCH_MS + time.nowMs(),
      setAlarm: (at, call) => {
        if (alarm !== null) time.cancel(alarm);
        alarm = null;
        if (at === null) return;
        alarm = later(scene, host, at - BOOT_OFFSET_MS - time.nowMs(), () => {
          alarm = null;
          call();
        });
      },
    },
    random: scene.random,
    datagrams: {
      send: (to, bytes) => {
        carry(scene, name, to, bytes);
      },
    },
    clients: {
      answer: (_connection, bytes) => {
        const answer = decodeAnswer(bytes, options.key);
        assert(answer.ok, 'our answers can be read');
        options.onAnswer(time.nowMs(), name, answer.value.answer);
      },
    },
    journal: {
      append: (entries, done) => {
        later(scene, host, FSYNC_MS, () => {
          if (host.isDiskFull) {
            done({ code: 'journal-write', severity: 'error', message: 'no space left on device' });
            return;
          }
          host.journal.push(...entries);
          done(null);
        });
      },
    },
    cluster: host.member.role === 'site' ? clusterOf(scene, name) : null,
    handlers: {
      start: (_run, done) => {
        later(scene, host, 5, () => {
          const detail = `exit code ${String(host.handlerCode)}`;
          done({ code: host.handlerCode, detail });
        });
      },
      stop: () => undefined,
    },
    log: {
      write: (event) => {
        options.onEvent(time.nowMs(), name, event);
      },
    },
  };
}

function carry(scene: Scene, from: string, to: MemberId, bytes: Uint8Array): void {
  const receiver = [...scene.hosts].find(([, host]) => host.member.id === to);
  if (receiver === undefined) return;
  const [name, host] = receiver;
  const copy = bytes.slice();
  scene.time.at(scene.time.nowMs() + LATENCY_MS, () => {
    if (!scene.cuts.has(`${from}>${name}`)) host.running?.receiveDatagram(copy);
  });
}

function clusterOf(scene: Scene, name: string): ClusterPort {
  const host = hostOf(scene, name);
  const failure = { code: 'cib', severity: 'error', message: 'the cluster is down' } as const;
  return {
    load: (_tickets, done) => {
      later(scene, host, host.commitMs, () => {
        done(ok(host.cluster));
      });
    },
    commit: (changes, done) => {
      later(scene, host, host.commitMs, () => {
        if (!host.isCommitFailing) {
          for (const change of changes) {
            const before = host.cluster.get(change.ticket);
            host.cluster.set(change.ticket, {
              granted: change.granted,
              standby: before?.standby ?? false,
              owner: change.owner,
              expiresEpochSecs: change.expiresEpochSecs,
              term: change.term,
              attributes: before?.attributes ?? new Map(),
            });
            if ((before?.granted ?? false) !== change.granted) {
              const text = change.granted ? 'granted' : 'revoked';
              scene.options.onCommit(scene.time.nowMs(), name, change.ticket, text);
            }
          }
        }
        done(
          changes.map(({ ticket }) => ({ ticket, failure: host.isCommitFailing ? failure : null })),
        );
      });
    },
    setAttribute: ({ ticket, name: attribute, value }, done) => {
      later(scene, host, host.commitMs, () => {
        const before = host.cluster.get(ticket);
        const attributes = new Map(before?.attributes ?? []);
        if (value === null) attributes.delete(attribute);
        else attributes.set(attribute, value);
        host.cluster.set(ticket, {
          granted: false,
          standby: false,
          owner: null,
          expiresEpochSecs: null,
          term: null,
          ...before,
          attributes,
        });
        done(null);
      });
    },
  };
}

let connections = 0;

function sendRequest(scene: Scene, name: string, request: ClientRequest): void {
  const sentAt = nextSentAt(scene.clientSentAt.last, EPOCH_MS + scene.time.nowMs());
  scene.clientSentAt.last = sentAt;
  connections += 1;
  const bytes = encodeRequest(request, sentAt, scene.options.key);
  hostOf(scene, name).running?.receiveRequest(connections, bytes);
}
