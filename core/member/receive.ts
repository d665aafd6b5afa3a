/** A datagram's way from bytes to its ticket. */
import { openDatagram } from '../wire/decode-datagram.ts';
import { judgeFreshness } from '../wire/freshness.ts';
import type { RingMessage } from '../wire/message.ts';
import { msOfValidFor } from '../wire/valid-for.ts';
import type { MemberEffect } from './effect.ts';
import type { Member, Moment } from './model.ts';
import { refuse } from './refusal.ts';
import { stepTicket } from './run-ticket.ts';

/** Checks a datagram (booth-protocol 6.5) and hands it to its ticket; counts what is refused. */
export function onDatagram(
  member: Member,
  moment: Moment,
  bytes: Uint8Array,
): readonly MemberEffect[] {
  const { key, config, self } = member.setup;
  const opened = openDatagram(bytes, key);
  const from = opened.ok ? opened.value.message.from : opened.error.from;
  const peer = from === null ? undefined : member.peers.get(from);
  if (peer === undefined || from === null) {
    const reason = !opened.ok && from === null ? opened.error.reason : 'unknown-sender';
    return refuse(member, null, from === self.id ? 'own-id' : reason);
  }
  const seen = {
    ...peer,
    received: peer.received + 1,
    lastReceivedEpochMs: moment.epochMs,
  };
  member.peers.set(from, seen);
  if (!opened.ok) return refuse(member, from, opened.error.reason);
  const { message, sentAt, mac } = opened.value;
  let { freshness } = seen;
  if (mac !== null) {
    const { maxTimeSkewSecs } = config;
    const judged = judgeFreshness(freshness, { sentAt, mac }, moment.epochMs, maxTimeSkewSecs);
    if (judged.verdict !== null) return refuse(member, from, judged.verdict);
    freshness = judged.memory;
  }
  // Only now: a replayed packet must not change what its sender is taken for.
  member.peers.set(from, { ...seen, freshness, isMarked: message.isMarked });
  return deliver(member, moment, message);
}

function deliver(member: Member, moment: Moment, message: RingMessage): readonly MemberEffect[] {
  const { config } = member.setup;
  if (!member.tickets.has(message.ticket)) return refuse(member, message.from, 'unknown-ticket');
  const { leader } = message;
  if (leader !== null && !config.members.some(({ id }) => id === leader))
    return refuse(member, message.from, 'unknown-leader');
  const { ticket, validFor, leaseUnit, ...rest } = message;
  // While a new booth.conf is rolled out the units may differ, and a promise must not be short (R2).
  const validForMs = msOfValidFor(validFor, leaseUnit ?? config.leaseUnit);
  return stepTicket(member, moment, ticket, {
    kind: 'message',
    message: { ...rest, validForMs },
  });
}
