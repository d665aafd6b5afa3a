/**
 * The ring that a scenario plays on: the simulator's engine in fair weather, with its faults laid
 * on and lifted by hand, and what a bystander sees of it.
 */
import { assert } from '../../core/base/assert.ts';
import type { MemberId } from '../../core/base/member-id.ts';
import { loadKey, type AuthKey } from '../../core/wire/authentication.ts';
import { decodeAnswer } from '../../core/wire/decode-answer.ts';
import { encodeRequest } from '../../core/wire/encode.ts';
import type { ClientAnswer, ClientRequest, SentAt } from '../../core/wire/message.ts';
import { nextSentAt } from '../../core/wire/sent-at.ts';
import { hand, startDaemon, wallMs } from '../simulation/engine/daemon.ts';
import { HEALTHY_COMMIT_MS } from '../simulation/engine/host.ts';
import { createRing, runUntil, type Ring } from '../simulation/engine/ring.ts';
import type { Observation } from '../simulation/observation.ts';
import type { Fault, HostPlan } from '../simulation/plan.ts';
import { ringConfig } from '../simulation/ring-config.ts';
import { hostOf, strike } from '../simulation/strike.ts';

export interface StageOptions {
  readonly sites: number;
  readonly arbitrators: number;
  readonly hasKey: boolean;
  /** Lines of booth.conf for the ticket `db`. */
  readonly ticketLines: readonly string[];
  readonly onSeen: (line: string) => void;
}

export interface Stage {
  /** A, B, C…: sites first. */
  readonly hosts: readonly string[];
  /** Lets true time pass; 0: only what is due at this moment. */
  readonly run: (spanMs: number) => Promise<void>;
  /** Starts a daemon, after whatever brought it down. */
  readonly start: (host: string) => void;
  /** Starts all of them so that each is there to hear the others' first words. */
  readonly startAll: () => void;
  /** The fault is in force until lifted under that name; an earlier one of the name is over. */
  readonly lay: (name: string, fault: Fault) => void;
  readonly lift: (name: string) => void;
  /** Lifts every fault whose name begins so. */
  readonly liftAll: (prefix: string) => void;
  /** Sends a client's request; where no daemon runs nobody answers. */
  readonly ask: (host: string, request: ClientRequest) => void;
  readonly memberOf: (host: string) => MemberId;
}

/** How a fault is called that keeps a daemon down until the next `start`. */
export const downName = (host: string, why: string): string => `down ${host} ${why}`;

/** As long as nobody lifts it. */
export const UNTIL_LIFTED = { forMs: Infinity } as const;

const host = (name: string, role: HostPlan['role']): HostPlan => ({
  name,
  role,
  clockRate: 1,
  wallOffsetMs: 0,
  uptimeMs: 1_000_000,
  stopMs: 0,
});

/** Opens the ring; none of its daemons runs yet. */
export function openStage(options: StageOptions): Stage {
  const { sites, arbitrators, hasKey, ticketLines, onSeen } = options;
  const hosts = Array.from({ length: sites + arbitrators }, (_, index) =>
    host(String.fromCharCode(65 + index), index < sites ? 'site' : 'arbitrator'),
  );
  const say = (name: string, text: string): void => {
    onSeen(`${(ring.time.nowMs() / 1000).toFixed(3)} ${name} ${text}`);
  };
  const ring: Ring = createRing({
    config: ringConfig(sites, arbitrators, ticketLines),
    seed: 1,
    key: hasKey ? scenarioKey() : null,
    hosts,
    latencyMs: 1,
    journalBytes: 4 << 20,
    observe: (seen) => {
      const text = textOf(seen);
      if ('host' in seen && text !== null) say(seen.host, text);
    },
  });
  ring.deliver = (to, bytes) => {
    hand(ring, to, (running) => {
      running.receiveDatagram(bytes);
    });
  };
  ring.onAnswer = (name, _connection, bytes) => {
    const answer = decodeAnswer(bytes, ring.options.key);
    assert(answer.ok, 'our answers can be read');
    say(name, `ANSWER: ${answerText(answer.value.answer)}`);
  };
  const faults = createFaults(ring);
  const start = (name: string): void => {
    faults.liftAll(downName(name, ''));
    startDaemon(ring, hostOf(ring, name));
  };
  return {
    hosts: hosts.map(({ name }) => name),
    run: (spanMs) => runUntil(ring, ring.time.nowMs() + spanMs),
    start,
    startAll: () => {
      for (const { name, role } of hosts) {
        if (role === 'site') start(name);
        // It has no cluster to read.
        else ring.time.after(HEALTHY_COMMIT_MS, () => start(name));
      }
    },
    ...faults,
    ask: createClient(ring, say),
    memberOf: (name) => hostOf(ring, name).member.id,
  };
}

/** What is in force, by the names given to it. */
function createFaults(ring: Ring): Pick<Stage, 'lay' | 'lift' | 'liftAll'> {
  const inForce = new Map<string, () => void>();
  const lift = (name: string): void => {
    const over = inForce.get(name);
    inForce.delete(name);
    over?.();
  };
  return {
    lay: (name, fault) => {
      lift(name);
      inForce.set(name, strike(ring, fault));
    },
    lift,
    liftAll: (prefix) => {
      for (const name of [...inForce.keys()]) if (name.startsWith(prefix)) lift(name);
    },
  };
}

function createClient(ring: Ring, say: (name: string, text: string) => void): Stage['ask'] {
  let sentAt: SentAt | null = null;
  return (name, request) => {
    const to = hostOf(ring, name);
    if (to.running === null) {
      say(name, 'ANSWER: nobody listens');
      return;
    }
    sentAt = nextSentAt(sentAt, wallMs(to, ring.time.nowMs()));
    const bytes = encodeRequest(request, sentAt, ring.options.key);
    ring.requests += 1;
    const connection = ring.requests;
    hand(ring, to, (running) => {
      running.receiveRequest(connection, bytes);
    });
  };
}

/** Null: nothing that a scenario tells. */
function textOf(seen: Observation): string | null {
  switch (seen.kind) {
    case 'logged': {
      const { level, message } = seen.event;
      if (level === 'debug') return null;
      return level === 'info' ? message : `${level.toUpperCase()}: ${message}`;
    }
    case 'written': {
      const { granted } = seen.change;
      if (granted === seen.wasGranted) return null;
      return `CLUSTER: ${seen.ticket} ${granted ? 'granted' : 'revoked'}`;
    }
    case 'process':
      return seen.what === 'crashed' || seen.what === 'refused'
        ? `DAEMON ${seen.what}: ${seen.why}`
        : null;
    default:
      return null;
  }
}

const answerText = (answer: ClientAnswer): string =>
  answer.form === 'text' ? answer.text.trimEnd().replaceAll('\n', ' / ') : answer.result;

function scenarioKey(): AuthKey {
  const key = loadKey(new TextEncoder().encode('a secret of the scenario'));
  assert(key.ok, 'the key of the scenario is good');
  return key.value;
}
