/** A member of the ring that the test plays itself: it knows the key and answers what it likes. */
import { assert } from '../../core/base/assert.ts';
import type { MemberId } from '../../core/base/member-id.ts';
import { bootId } from '../../core/io/boot-clock.ts';
import { encodeEntries, encodeHeader } from '../../core/io/journal-format.ts';
import { bootEntry, ticketEntry } from '../../core/member/remember.ts';
import { initialDurable } from '../../core/ticket/state.ts';
import { openDatagram } from '../../core/wire/decode-datagram.ts';
import { encodeRingMessage } from '../../core/wire/encode.ts';
import type { RingMessage } from '../../core/wire/message.ts';
import { waitUntil } from '../support/wait-until.ts';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { idOfAddress, stateDirOf, TICKET, type Ring } from './member-process.ts';
import { openPeer, sentNow, type RawPeer } from './raw-client.ts';

export interface ForgedPeer {
  readonly id: MemberId;
  readonly peer: RawPeer;
  /** The bytes of a message of this moment from this member. */
  bytes(message: Partial<RingMessage> & Pick<RingMessage, 'command'>): Uint8Array;
  say(to: string, message: Partial<RingMessage> & Pick<RingMessage, 'command'>): Promise<void>;
  /** Every message that came so far, opened; what does not open is a failure of the sender. */
  heard(): readonly RingMessage[];
  /** Answers every message from now on; what the rule gives null for stays unanswered. */
  answer(
    rule: (message: RingMessage) => (Partial<RingMessage> & Pick<RingMessage, 'command'>) | null,
  ): void;
  /**
   * Asks the member something that it must answer, and waits for that answer: whatever was sent
   * to it before has been dealt with then.
   */
  settle(to: string, ticket?: string): Promise<RingMessage>;
  close(): Promise<void>;
}

let nonce = 0x0100_0000;

export async function playMember(ring: Ring, member: number): Promise<ForgedPeer> {
  const peer = await openPeer(ring.addressOf(member), ring.port);
  const id = ring.idOf(member);
  const bytes: ForgedPeer['bytes'] = (message) =>
    encodeRingMessage(
      {
        from: id,
        request: null,
        options: 0,
        reason: 'none',
        result: 'success',
        ticket: TICKET,
        leader: null,
        term: 0,
        validFor: 0,
        isMarked: true,
        leaseUnit: 's',
        ...message,
      },
      sentNow(),
      ring.key,
    );
  const opened: RingMessage[] = [];
  const heard = (): readonly RingMessage[] => {
    for (const datagram of peer.received().slice(opened.length)) {
      const found = openDatagram(datagram, ring.key);
      assert(found.ok, `members send what opens, not ${found.ok ? '' : found.error.reason}`);
      opened.push(found.value.message);
    }
    return opened;
  };
  const say: ForgedPeer['say'] = (to, message) => peer.send(to, bytes(message));
  return {
    id,
    peer,
    bytes,
    say,
    heard,
    answer: (rule) => {
      peer.onDatagram((datagram) => {
        const found = openDatagram(datagram, ring.key);
        const reply = found.ok ? rule(found.value.message) : null;
        const to = ring.addresses.find(
          (address) => idOfAddress(address) === (found.ok && found.value.message.from),
        );
        if (reply !== null && to !== undefined) void say(to, reply);
      });
    },
    settle: async (to, ticket = TICKET) => {
      nonce += 1;
      const own = nonce;
      await say(to, { command: 'status', options: own, ticket });
      return waitUntil(
        `${to} to answer`,
        () => heard().find((one) => one.command === 'my-index' && one.options === own),
        { everyMs: 1 },
      );
    },
    close: peer.close,
  };
}

/** A journal that forgot nothing and knows of no promise: its member votes from the start. */
export const blankJournal = (tickets: readonly string[] = [TICKET]): Buffer =>
  Buffer.concat([
    encodeHeader({ isComplete: true }),
    encodeEntries(1, [
      bootEntry(bootId(), Date.now()),
      ...tickets.map((ticket) => ticketEntry(ticket, initialDurable)),
    ]),
  ]);

/** Gives members that memory before their first start. */
export function giveMemory(ring: Ring, members: readonly number[]): void {
  for (const member of members) {
    const stateDir = stateDirOf({ folder: ring.folder, address: ring.addressOf(member) });
    mkdirSync(stateDir, { mode: 0o700 });
    writeFileSync(join(stateDir, 'journal'), blankJournal());
  }
}

/** Follows, votes for and obeys whoever asks: what a healthy member without a past would say. */
export const obey = (
  message: RingMessage,
): (Partial<RingMessage> & Pick<RingMessage, 'command'>) | null => {
  const { options, term, from, command } = message;
  switch (command) {
    case 'status':
      return { command: 'my-index', request: command, options };
    case 'req-vote':
      return { command: 'vote-for', request: command, options, term, leader: from };
    case 'heartbeat':
    case 'update':
      return {
        command: 'ack',
        request: command,
        options,
        term,
        leader: from,
        validFor: message.validFor,
      };
    case 'revoke':
      return { command: 'ack', request: command, options, term };
    default:
      return null;
  }
};
