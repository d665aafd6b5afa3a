/** One member without a loop: bytes in, effects out, both clocks set by the test. */
import { assert } from '../../../core/base/assert.ts';
import { instantOf } from '../../../core/base/instant.ts';
import type { MemberId } from '../../../core/base/member-id.ts';
import { seededRandom } from '../../../core/base/random.ts';
import type { RingConfig, RingMember } from '../../../core/config/model.ts';
import { onClientRequest } from '../../../core/member/client.ts';
import type { MemberEffect } from '../../../core/member/effect.ts';
import type { Member, Moment, Recollection } from '../../../core/member/model.ts';
import { createMember } from '../../../core/member/model.ts';
import type { ClusterTicket } from '../../../core/member/ports.ts';
import { onDatagram } from '../../../core/member/receive.ts';
import { onAlarm, startMember } from '../../../core/member/run-ticket.ts';
import { durableOf, initialState } from '../../../core/ticket/state.ts';
import type { AuthKey } from '../../../core/wire/authentication.ts';
import { encodeRequest, encodeRingMessage } from '../../../core/wire/encode.ts';
import type { ClientAnswer, ClientRequest, RingMessage } from '../../../core/wire/message.ts';
import { ringConfig } from '../../simulation/ring-config.ts';
import { keyOf } from '../wire/keys.ts';

export const key = keyOf('a secret of the desk');

export interface Desk {
  readonly member: Member;
  readonly config: RingConfig;
  readonly id: (host: string) => MemberId;
  /** Moves both clocks on and wakes the member. */
  readonly wait: (spanMs: number) => readonly MemberEffect[];
  readonly hear: (bytes: Uint8Array) => readonly MemberEffect[];
  /** A datagram of that peer, as it would send it now. */
  readonly bytes: (from: string, part: Partial<RingMessage>, agoMs?: number) => Uint8Array;
  readonly ask: (bytes: Uint8Array) => readonly MemberEffect[];
  readonly requestBytes: (request: ClientRequest, agoMs?: number) => Uint8Array;
  readonly moment: () => Moment;
}

export interface DeskOptions {
  readonly self?: string;
  readonly key?: AuthKey | null;
  readonly config?: RingConfig;
  readonly recollection?: Partial<Recollection>;
}

/** Started with a complete memory of nothing. */
export function openDesk(options: DeskOptions = {}): Desk {
  const config = options.config ?? ringConfig(2, 1, ['expire = 10', 'timeout = 1', 'retries = 3']);
  const desKey = options.key === undefined ? key : options.key;
  const hostOf = (host: string): RingMember => {
    const found = config.members[host.charCodeAt(0) - 65];
    assert(found !== undefined, `there is a host ${host}`);
    return found;
  };
  const member = createMember({
    config,
    self: hostOf(options.self ?? 'A'),
    key: desKey,
    random: seededRandom(3),
    formatTime: (epochMs) => new Date(epochMs).toISOString().slice(0, 19).replace('T', ' '),
  });
  let nowMs = 5_000_000;
  const epochMs = Date.UTC(2026, 10, 20, 12) - nowMs;
  const moment = (): Moment => ({ now: instantOf(nowMs), epochMs: epochMs + nowMs });
  const sentAt = (agoMs: number) => {
    const atMs = epochMs + nowMs - agoMs;
    return { secs: Math.floor(atMs / 1000), usecs: (atMs % 1000) * 1000 };
  };
  let connections = 0;
  startMember(member, moment(), {
    tickets: new Map(config.tickets.map(({ name }) => [name, durableOf(initialState)])),
    isSameBoot: true,
    isMemoryComplete: true,
    cluster: new Map(config.tickets.map(({ name }) => [name, idle])),
    ...options.recollection,
  });
  const blank: RingMessage = {
    from: hostOf('B').id,
    command: 'status',
    request: null,
    options: 0,
    reason: 'none',
    result: 'success',
    ticket: config.tickets[0]?.name ?? '',
    leader: null,
    term: 0,
    validFor: 0,
    isMarked: true,
    leaseUnit: 's',
  };
  return {
    member,
    config,
    id: (host) => hostOf(host).id,
    wait: (spanMs) => {
      nowMs += spanMs;
      return onAlarm(member, moment());
    },
    hear: (bytes) => onDatagram(member, moment(), bytes),
    bytes: (from, part, agoMs = 0) =>
      encodeRingMessage({ ...blank, from: hostOf(from).id, ...part }, sentAt(agoMs), desKey),
    ask: (bytes) => {
      connections += 1;
      return onClientRequest(member, moment(), connections, bytes);
    },
    requestBytes: (request, agoMs = 0) => encodeRequest(request, sentAt(agoMs), desKey),
    moment,
  };
}

const idle: ClusterTicket = {
  granted: false,
  standby: false,
  owner: null,
  expiresEpochSecs: null,
  term: null,
  attributes: new Map(),
};

export const answersOf = (effects: readonly MemberEffect[]): readonly (ClientAnswer | null)[] =>
  effects.flatMap((effect) => (effect.kind === 'answer' ? [effect.answer] : []));

/** Results of the answers, texts as they are. */
export const resultsOf = (effects: readonly MemberEffect[]): readonly string[] =>
  answersOf(effects).map((answer) => {
    if (answer === null) return 'closed';
    return answer.form === 'text' ? answer.text : answer.result;
  });

export const sentOf = (effects: readonly MemberEffect[]): readonly RingMessage[] =>
  effects.flatMap((effect) => (effect.kind === 'send' ? [effect.message] : []));

/** Everything about a ticket that must not change by a refused message. */
export const ticketOf = (desk: Desk): unknown => desk.member.tickets.get('db')?.state;
