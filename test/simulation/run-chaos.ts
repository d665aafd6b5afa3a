/**
 * One seeded run: a drawn ring lives through drawn faults for a while, then everything is healed
 * and it must come to rest. Safety is judged all the time, liveness after the healing.
 */
import { assert } from '../../core/base/assert.ts';
import type { Random } from '../../core/base/random.ts';
import { seededRandom } from '../../core/base/random.ts';
import type { RingConfig, TicketConfig } from '../../core/config/model.ts';
import type { ClientAnswer, ClientRequest } from '../../core/wire/message.ts';
import type { Checker } from './checker.ts';
import { createChecker } from './checker.ts';
import { fairWeather } from './network.ts';
import { ringConfig } from './ring-config.ts';
import { isRunning } from './virtual-cluster.ts';
import type { Client, Host, World } from './world.ts';
import { createWorld } from './world.ts';

export interface ChaosResult {
  readonly violations: readonly string[];
  /** What happened, for people; empty unless asked for. */
  readonly trace: readonly string[];
  /** How often each fault struck and each thing was seen, so that a test can demand them. */
  readonly counts: ReadonlyMap<string, number>;
}

const CHAOS_MS = 90_000;
const STEP_MS_MAX = 2500;

type Verb = 'grant' | 'revoke';

type Fault = (chaos: Chaos, name: string, host: Host) => void;

interface Chaos {
  readonly world: World;
  readonly random: Random;
  readonly checker: Checker;
  readonly ticket: TicketConfig;
  readonly counts: Map<string, number>;
  readonly trace: string[];
  readonly names: readonly string[];
  readonly sites: readonly string[];
  readonly operator: Operator;
  /** Each run draws its own mix; the others never strike. */
  readonly faults: readonly string[];
  forgetful: string | null;
}

/** What the one operator of the ring has asked for and been told. */
interface Operator {
  readonly pending: Map<
    number,
    { readonly host: string; readonly run: number; readonly verb: Verb; readonly atMs: number }
  >;
  /** The last thing that was surely done: held, or granted nowhere; null: not sure. */
  belief: 'held' | 'revoked' | null;
  /** A grant asked for after a revoke may win over it, however late the revoke is answered. */
  grantAskedAtMs: number;
}

/** Runs one seed; `isTraced` keeps a readable account. */
export function runChaos(seed: number, isTraced = false): ChaosResult {
  const random = seededRandom(seed);
  const config = drawRing(random);
  const trace: string[] = [];
  const note = (atMs: number, host: string, text: string): void => {
    if (isTraced) trace.push(`${(atMs / 1000).toFixed(3)} ${host} ${text}`);
  };
  const checker = createChecker(() => world);
  const ends: Ended = { call: () => undefined };
  const world = createWorld(
    {
      config,
      seed,
      key: null,
      onEvent: (atMs, host, { message }) => {
        note(atMs, host, message);
      },
      onWrite: checker.onWrite,
      onCommit: (atMs, host, _ticket, text) => {
        note(atMs, host, `CLUSTER ${text}`);
      },
      onAnswer: (atMs, host, answer, client) => {
        note(atMs, host, `ANSWER ${answerResult(answer)} to ${String(client.connection)}`);
        ends.call(host, answer, client);
      },
      onSend: (atMs, host, _to, bytes) => {
        checker.onSend(atMs, host, bytes);
      },
    },
    config.members.map(() => 1 + (random.next() - 0.5) * 0.009),
  );
  const chaos = openChaos({ world, random, checker, trace, config });
  ends.call = (host, answer, client) => {
    heed(chaos, host, answer, client);
  };
  rage(chaos, note);
  heal(chaos, note);
  return { violations: checker.violations, trace, counts: chaos.counts };
}

interface Ended {
  call: (host: string, answer: ClientAnswer, client: Client) => void;
}

function openChaos({
  world,
  random,
  checker,
  trace,
  config,
}: Pick<Chaos, 'world' | 'random' | 'checker' | 'trace'> & { config: RingConfig }): Chaos {
  const ticket = config.tickets[0];
  assert(ticket !== undefined, 'the ring has its ticket');
  const names = [...world.hosts.keys()];
  return {
    world,
    random,
    checker,
    ticket,
    trace,
    names,
    sites: names.filter((name) => world.hosts.get(name)?.member.role === 'site'),
    counts: new Map(),
    operator: { pending: new Map(), belief: null, grantAskedAtMs: 0 },
    faults: [...faults.keys()].filter(() => random.next() < 0.5),
    forgetful: null,
  };
}

function drawRing(random: Random): RingConfig {
  const [sites, arbitrators] = pick(random, [
    [2, 1],
    [3, 0],
    [3, 2],
    [2, 3],
    [5, 0],
  ] as const);
  const expire = pick(random, [6, 10, 20]);
  const lines = [
    `expire = ${String(expire)}`,
    `timeout = ${String(expire * 50)}ms`,
    `retries = 3`,
    `renewal-freq = ${String(Math.floor((expire * 1000) / pick(random, [2, 3, 4])))}ms`,
    `acquire-after = ${String(pick(random, [0, 0, 2]))}`,
  ];
  return ringConfig(sites, arbitrators, lines);
}

function rage(chaos: Chaos, note: (atMs: number, host: string, text: string) => void): void {
  const { world, random, names } = chaos;
  for (const name of names) world.start(name);
  world.runFor(500);
  ask(chaos, pick(random, chaos.sites), 'grant');
  while (world.nowMs() < CHAOS_MS) {
    world.runFor(random.next() ** 2 * STEP_MS_MAX);
    if (random.next() < 0.25) ask(chaos, pick(random, chaos.sites), 'grant');
    else if (random.next() < 0.15) ask(chaos, pick(random, chaos.sites), 'revoke');
    if (chaos.faults.length === 0) continue;
    const kind = pick(random, chaos.faults);
    const name = pick(random, names);
    const host = world.hosts.get(name);
    const strike = faults.get(kind);
    assert(host !== undefined && strike !== undefined, 'drawn from what there is');
    note(world.nowMs(), name, `FAULT ${kind}`);
    count(chaos, kind);
    strike(chaos, name, host);
  }
}

const faults: ReadonlyMap<string, Fault> = new Map<string, Fault>([
  [
    'weather',
    ({ world, random }) => {
      world.network.weather = {
        latencyMs: 1 + random.next() * 20,
        jitterMs: random.next() < 0.5 ? 0 : random.next() * 8000,
        lossRate: random.next() < 0.5 ? 0 : random.next() * 0.5,
        doubleRate: random.next() * 0.3,
      };
    },
  ],
  [
    'fair-weather',
    ({ world }) => {
      world.network.weather = fairWeather;
    },
  ],
  [
    'cut-off',
    ({ world, names }, name) => {
      for (const other of names) {
        world.network.cut(name, other);
        world.network.cut(other, name);
      }
    },
  ],
  [
    'one-way-cut',
    ({ world, random, names }, name) => {
      world.network.cut(name, pick(random, names));
    },
  ],
  [
    'mended-cuts',
    ({ world }) => {
      world.network.heal();
    },
  ],
  ['kill', die],
  [
    'kill-and-start',
    (chaos, name, host) => {
      die(chaos, name, host);
      comeUp(chaos, name);
    },
  ],
  [
    'start-all',
    ({ names, ...rest }) => {
      for (const name of names) comeUp({ names, ...rest }, name);
    },
  ],
  [
    'reboot',
    (chaos, name) => {
      chaos.checker.excuse(name);
      chaos.world.reboot(name);
      if (chaos.random.next() < 0.7) comeUp(chaos, name);
    },
  ],
  ['forget', forget],
  [
    'pause',
    ({ world, checker, random }, name, host) => {
      if (host.running === null) return;
      checker.excuse(name);
      world.pause(name);
      const { run } = host;
      world.after(random.next() * 15_000, () => {
        checker.excuse(name);
        if (host.run === run) world.resume(name);
      });
    },
  ],
  [
    'slow-commits',
    ({ checker, random }, name, { cluster }) => {
      checker.excuse(name);
      cluster.commitMs = pick(random, [2, 20, 500, 4000]);
    },
  ],
  [
    'failing-commits',
    ({ checker }, name, { cluster }) => {
      checker.excuse(name);
      cluster.isFailing = !cluster.isFailing;
    },
  ],
  [
    'slow-disk',
    ({ random }, _name, host) => {
      host.fsyncMs = pick(random, [1, 10, 300, 3000]);
    },
  ],
  [
    'full-disk',
    (_chaos, _name, host) => {
      host.isDiskFull = !host.isDiskFull;
    },
  ],
]);

function die({ world, checker }: Chaos, name: string, host: Host): void {
  if (host.running === null) return;
  checker.excuse(name);
  world.kill(name);
}

function comeUp({ world, checker }: Chaos, name: string): void {
  if (world.hosts.get(name)?.running !== null) return;
  checker.excuse(name);
  world.start(name);
}

/** At most one member of the ring ever loses its journal, and then again and again. */
function forget(chaos: Chaos, name: string, host: Host): void {
  chaos.forgetful ??= name;
  if (chaos.forgetful !== name) return;
  die(chaos, name, host);
  chaos.checker.forgotten(name);
  host.journal = [];
  comeUp(chaos, name);
}

/** Everything works again: the ring must come to rest as its operator last had it. */
function heal(chaos: Chaos, note: (atMs: number, host: string, text: string) => void): void {
  const { world, names, operator, ticket } = chaos;
  note(world.nowMs(), '*', 'HEALED');
  world.network.heal();
  world.network.weather = fairWeather;
  for (const name of names) {
    const host = world.hosts.get(name);
    if (host === undefined) continue;
    Object.assign(host, { isDiskFull: false, fsyncMs: 1 });
    Object.assign(host.cluster, { isFailing: false, commitMs: 2 });
    chaos.checker.excuse(name);
    world.resume(name);
    comeUp(chaos, name);
  }
  world.runFor(3 * ticket.expireMs + 2 * ticket.acquireAfterMs + 10_000);
  const holders = chaos.sites.filter((name) => {
    const host = world.hosts.get(name);
    return host !== undefined && isRunning(host.cluster, 'db', world.nowMs());
  });
  const { belief } = operator;
  count(chaos, `ended ${belief ?? 'unsure'}`);
  if (belief === 'held' && holders.length !== 1)
    chaos.checker.report(`after healing it is held at ${String(holders.length)} sites`);
  checkAgreement(chaos, holders);
}

/** At rest every member names the same holder. */
function checkAgreement({ world, names, checker }: Chaos, holders: readonly string[]): void {
  const holder = holders[0];
  if (holder === undefined) return;
  const id = world.hosts.get(holder)?.member.id;
  for (const name of names) {
    const slot = world.hosts.get(name)?.running?.member.tickets.get('db');
    const known = slot?.state.holder;
    if (known?.kind !== 'member' || known.id !== id)
      checker.report(`after healing ${name} does not know that ${holder} holds it`);
  }
}

function ask(chaos: Chaos, name: string, verb: Verb): void {
  const { world, operator, checker } = chaos;
  const host = world.hosts.get(name);
  if (host?.running === null || host === undefined) return;
  count(chaos, verb);
  operator.belief = null;
  if (verb === 'grant') checker.granting();
  const options = { isImmediate: false, isWaiting: true, isWaitingForCommit: true };
  const request: ClientRequest = {
    command: verb === 'grant' ? 'grant' : 'revoke-request',
    from: host.member.id,
    ticket: 'db',
    options,
  };
  const { run } = host;
  chaos.trace.push(`${(world.nowMs() / 1000).toFixed(3)} ${name} OPERATOR ${verb}`);
  const entry = { host: name, run, verb, atMs: world.nowMs() };
  if (verb === 'grant') operator.grantAskedAtMs = world.nowMs();
  // The answer may come inside the call.
  operator.pending.set(world.nextConnection(), entry);
  world.request(name, request);
}

/** The operator reads an answer. */
function heed(chaos: Chaos, _host: string, answer: ClientAnswer, client: Client): void {
  const { operator, world, checker } = chaos;
  const asked = operator.pending.get(client.connection);
  if (asked === undefined || !client.isFinal) return;
  operator.pending.delete(client.connection);
  for (const [connection, { host, run }] of operator.pending)
    if (world.hosts.get(host)?.run !== run) operator.pending.delete(connection);
  const result = answerResult(answer);
  count(chaos, `${asked.verb} ${result}`);
  if (result === 'redirect' && answer.form === 'ticket') {
    const holder = chaos.names.find((name) => world.hosts.get(name)?.member.id === answer.leader);
    if (holder !== undefined)
      world.after(1, () => {
        ask(chaos, holder, 'revoke');
      });
    return;
  }
  if (operator.pending.size > 0 || result !== 'success') return;
  if (asked.verb === 'revoke' && asked.atMs <= operator.grantAskedAtMs) return;
  operator.belief = asked.verb === 'grant' ? 'held' : 'revoked';
  if (asked.verb === 'revoke') checker.revoked();
}

const answerResult = (answer: ClientAnswer): string =>
  answer.form === 'text' ? 'text' : answer.result;

function count({ counts }: Chaos, what: string): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

function pick<T>(random: Random, from: readonly T[]): T {
  const picked = from[Math.floor(random.next() * from.length)];
  assert(picked !== undefined, 'there is something to pick from');
  return picked;
}
