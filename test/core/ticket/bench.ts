/**
 * One ticket machine on the workbench: three members (this one and two peers), a clock moved by
 * hand, inputs given one by one, effects looked at. No loop, no network.
 */
import { assert } from '../../../core/base/assert.ts';
import { parseAddress } from '../../../core/base/address.ts';
import { instantOf } from '../../../core/base/instant.ts';
import { memberIdOfAddress, type MemberId } from '../../../core/base/member-id.ts';
import { seededRandom } from '../../../core/base/random.ts';
import type { MemberRole } from '../../../core/base/role.ts';
import type { RingMember, TicketConfig } from '../../../core/config/model.ts';
import type { TicketContext } from '../../../core/ticket/context.ts';
import type { CommitEffect, OutgoingMessage, TicketEffect } from '../../../core/ticket/effect.ts';
import type { PeerMessage, StoredTicket, TicketInput } from '../../../core/ticket/input.ts';
import type { DurableTicket, TicketState } from '../../../core/ticket/state.ts';
import { durableOf, initialState } from '../../../core/ticket/state.ts';
import { step } from '../../../core/ticket/step.ts';

const memberAt = (role: MemberRole, host: number): RingMember => {
  const address = parseAddress(`192.0.2.${String(host)}`);
  assert(address !== null, 'a documentation address');
  return { id: memberIdOfAddress(address), role, address, port: 9929 };
};

export const [A, B, C] = [memberAt('site', 11), memberAt('site', 12), memberAt('arbitrator', 13)];
export const D_MS = 10_000;

export const ticketConfig: TicketConfig = {
  name: 'db',
  expireMs: D_MS,
  timeoutMs: 1000,
  retries: 3,
  renewalMs: 5000,
  acquireAfterMs: 0,
  mode: 'automatic',
  handler: null,
  prerequisites: [],
  weights: [],
};

export interface BenchOptions {
  readonly self?: RingMember;
  readonly members?: readonly RingMember[];
  readonly config?: Partial<TicketConfig>;
  readonly unmarked?: readonly RingMember[];
  readonly attributes?: ReadonlyMap<string, string>;
  readonly commitMarginMs?: number;
}

export interface Bench {
  readonly state: () => TicketState;
  /** Effects of the last input. */
  readonly effects: () => readonly TicketEffect[];
  readonly give: (input: TicketInput) => readonly TicketEffect[];
  readonly hear: (from: RingMember, part: HeardPart) => readonly TicketEffect[];
  /** Lets time pass, waking the machine whenever it asked for it. */
  readonly wait: (spanMs: number) => readonly TicketEffect[];
  /** Lets time pass without a wake, as for a process that was paused. */
  readonly pause: (spanMs: number) => void;
  readonly breakJournal: (isUsable: boolean) => void;
  readonly nowMs: () => number;
}

type HeardPart = Pick<PeerMessage, 'command'> & Partial<PeerMessage>;

export function bench(options: BenchOptions = {}): Bench {
  const members = options.members ?? [A, B, C];
  const self = options.self ?? A;
  const unmarked = new Set((options.unmarked ?? []).map(({ id }) => id));
  const random = seededRandom(7);
  let nowMs = 1_000_000;
  let isJournalUsable = true;
  let state = initialState;
  let effects: readonly TicketEffect[] = [];
  let wakeAt: number | null = null;
  const context = (): TicketContext => ({
    now: instantOf(nowMs),
    random,
    config: { ...ticketConfig, ...options.config },
    self,
    members,
    markedPeers: new Set(members.map(({ id }) => id).filter((id) => !unmarked.has(id))),
    isJournalUsable,
    attributes: options.attributes ?? new Map(),
    commitMarginMs: options.commitMarginMs ?? 100,
  });
  const give = (input: TicketInput): readonly TicketEffect[] => {
    const result = step(state, input, context());
    state = result.state;
    effects = result.effects;
    wakeAt = result.wakeAt;
    return effects;
  };
  return {
    state: () => state,
    effects: () => effects,
    give,
    hear: (from, part) =>
      give({
        kind: 'message',
        message: {
          from: from.id,
          request: null,
          options: 0,
          reason: 'none',
          result: 'success',
          leader: null,
          term: 0,
          validForMs: 0,
          isMarked: !unmarked.has(from.id),
          ...part,
        },
      }),
    wait: (spanMs) => {
      const untilMs = nowMs + spanMs;
      const seen: TicketEffect[] = [];
      for (let turns = 0; wakeAt !== null && wakeAt <= untilMs; turns += 1) {
        assert(turns < 10_000, 'the machine does not wake itself for ever');
        nowMs = Math.max(nowMs, wakeAt);
        seen.push(...give({ kind: 'wake' }));
      }
      nowMs = untilMs;
      effects = seen;
      return seen;
    },
    pause: (spanMs) => {
      nowMs += spanMs;
    },
    breakJournal: (isUsable) => {
      isJournalUsable = isUsable;
    },
    nowMs: () => nowMs,
  };
}

/** Starts with a memory of nothing that is known to be complete, every peer having answered. */
export function startFresh(
  on: Bench,
  durable?: Partial<DurableTicket>,
  cluster?: StoredTicket,
): void {
  on.give({
    kind: 'start',
    durable: { ...durableOf(initialState), ...durable },
    isSameBoot: true,
    isMemoryComplete: true,
    cluster: cluster ?? { granted: false, owner: null, term: null },
  });
}

export const sent = (effects: readonly TicketEffect[], command?: string): OutgoingMessage[] =>
  effects.flatMap((effect) =>
    effect.kind === 'send' && (command === undefined || effect.message.command === command)
      ? [effect.message]
      : [],
  );

export const commits = (effects: readonly TicketEffect[]): CommitEffect[] =>
  effects.flatMap((effect) => (effect.kind === 'commit' ? [effect] : []));

export const answers = (effects: readonly TicketEffect[]): string[] =>
  effects.flatMap((effect) => (effect.kind === 'answer' ? [effect.result] : []));

export const isBefore = (
  effects: readonly TicketEffect[],
  first: (effect: TicketEffect) => boolean,
  second: (effect: TicketEffect) => boolean,
): boolean => {
  const [a, b] = [effects.findIndex(first), effects.findIndex(second)];
  return a >= 0 && b >= 0 && a < b;
};

/** Confirms the newest commit as the cluster would. */
export const confirm = (on: Bench, failure: string | null = null): readonly TicketEffect[] =>
  on.give({ kind: 'committed', sequence: on.state().commit.sequence, failure });

/** Answers the running round as peers that agree do. */
export function ackRound(on: Bench, peers: readonly RingMember[]): readonly TicketEffect[] {
  return peers.flatMap((peer) => {
    const { round, term } = on.state();
    if (round === null) return [];
    return on.hear(peer, {
      command: 'ack',
      request: round.command,
      options: round.nonce,
      leader: round.command === 'revoke' ? null : A.id,
      term,
    });
  });
}

/** Votes for this member in the running election. */
export const voteFor = (
  on: Bench,
  peer: RingMember,
  candidate: MemberId = A.id,
): readonly TicketEffect[] =>
  on.hear(peer, {
    command: 'vote-for',
    request: 'req-vote',
    leader: candidate,
    term: on.state().election?.term ?? on.state().term,
  });

/** Granted here by an operator, committed, every member having answered. */
export function granted(options: BenchOptions = {}): Bench {
  const on = bench(options);
  startFresh(on);
  on.give({ kind: 'grant', request: 1, isForced: false, isWaitingForCommit: false });
  const peers = (options.members ?? [A, B, C]).filter(({ id }) => id !== A.id);
  for (const peer of peers) voteFor(on, peer);
  ackRound(on, peers);
  confirm(on);
  return on;
}

/** Following B, whose heartbeat of that term has just been acked. */
export function following(options: BenchOptions = {}, term = 3): Bench {
  const on = bench(options);
  startFresh(on);
  on.hear(B, { command: 'heartbeat', leader: B.id, term, validForMs: D_MS, options: 9 });
  return on;
}

/** A grant by force: no site is waited for. */
export const forced = {
  kind: 'grant',
  request: 1,
  isForced: true,
  isWaitingForCommit: true,
} as const;

/** Elected by C, its first heartbeat not acked by anybody. */
export function electedOnly(options: BenchOptions = {}): Bench {
  const on = bench(options);
  startFresh(on);
  on.give(forced);
  voteFor(on, C);
  assert(on.state().role === 'leader', 'C and this member are a quorum');
  return on;
}

export const heartbeat = (from: RingMember, term: number, validForMs = D_MS) =>
  ({ command: 'heartbeat', leader: from.id, term, validForMs, options: 9 }) as const;

export const voteRequest = (from: RingMember, term: number, part = {}) =>
  ({ command: 'req-vote', leader: from.id, term, reason: 'ticket-lost', ...part }) as const;
