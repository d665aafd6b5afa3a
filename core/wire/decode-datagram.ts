/**
 * Datagrams of other members to messages (booth-protocol 2, 6.5 and 9.1). Total: whatever the
 * bytes are, the outcome is a message or a reason.
 */
import { NO_MEMBER_ON_WIRE, type MemberId } from '../base/member-id.ts';
import { err, ok, type Result } from '../base/result.ts';
import { verify, type AuthKey } from './authentication.ts';
import { reasons, resultCodes, ringCommands } from './codes.ts';
import { judgeMagicAndVersion, leaderOf, readHeader, type Header } from './header.ts';
import {
  HEADER_BYTES,
  MAX_REQUEST_BYTES,
  OPT_ATTRIBUTE,
  OPT_MARKED,
  OPT_MILLISECONDS,
  TICKET,
  TICKET_MESSAGE_BYTES,
  TRAILER_BYTES,
  viewOf,
} from './layout.ts';
import type { RefusalReason, RingMessage, SentAt } from './message.ts';
import { readTicketName } from './text-field.ts';

/** Why a datagram was refused, and whom it claims to be from, for counting; null: nobody. */
export interface Refusal {
  readonly reason: RefusalReason;
  readonly from: MemberId | null;
}

/** A well-formed datagram; not yet authenticated. */
export interface Datagram {
  readonly message: RingMessage;
  readonly sentAt: SentAt;
  readonly opts: number;
  /** Where the trailer lies if there is room for one: the last 28 bytes. */
  readonly trailerOffset: number | null;
}

/** A datagram that passed authentication, or needed none. */
export interface OpenedDatagram {
  readonly message: RingMessage;
  readonly sentAt: SentAt;
  /** Hexadecimal, for `judgeFreshness`; null without authentication. */
  readonly mac: string | null;
}

/**
 * Decodes a datagram without authenticating it. `from` is any number but 0xFFFFFFFF; whether it
 * is a member, the ticket configured, the leader a member, is the receiver's to check.
 *
 * Longer datagrams than a message needs (up to 1024 bytes) are accepted if their length field
 * agrees, as booth does: a member without authfile thereby understands one that has one (2.5).
 * With authentication nothing is lost, for the HMAC covers every byte before the trailer.
 *
 * Differs from booth: a datagram too short for a ticket is refused (booth reads stale memory).
 * Differs from booth: one from an id that no member can have is dropped before anything else.
 * Differs from booth: unknown request, reason and result codes are refused.
 */
export function decodeDatagram(bytes: Uint8Array): Result<Datagram, Refusal> {
  const header = readDatagramHeader(bytes);
  if (!header.ok) return header;
  const message = readRingMessage(bytes, header.value);
  if (!message.ok) return message;
  const { sentAt, opts } = header.value;
  const trailerOffset = bytes.length - TRAILER_BYTES;
  const hasTrailer = trailerOffset >= TICKET_MESSAGE_BYTES;
  return ok({
    message: message.value,
    sentAt,
    opts,
    trailerOffset: hasTrailer ? trailerOffset : null,
  });
}

/**
 * Decodes and authenticates in booth's order (6.5): form, then HMAC, then content, so that a
 * forger learns nothing and is counted as one. With a key every datagram must carry a valid HMAC;
 * with null none is looked at. Freshness is judged apart.
 */
export function openDatagram(
  bytes: Uint8Array,
  key: AuthKey | null,
): Result<OpenedDatagram, Refusal> {
  const header = readDatagramHeader(bytes);
  if (!header.ok) return header;
  const { from, sentAt } = header.value;
  const mac = key === null ? ok(null) : authenticate(bytes, key);
  if (!mac.ok) return err({ reason: mac.error, from });
  const message = readRingMessage(bytes, header.value);
  return message.ok ? ok({ message: message.value, sentAt, mac: mac.value }) : message;
}

function authenticate(bytes: Uint8Array, key: AuthKey): Result<string, RefusalReason> {
  const trailerOffset = bytes.length - TRAILER_BYTES;
  if (trailerOffset < TICKET_MESSAGE_BYTES) return err('not-authenticated');
  return verify(bytes, key, trailerOffset);
}

function readDatagramHeader(bytes: Uint8Array): Result<Header, Refusal> {
  if (bytes.length < HEADER_BYTES) return err({ reason: 'too-short', from: null });
  const header = readHeader(bytes);
  const { from } = header;
  if (Number(from) === NO_MEMBER_ON_WIRE) return err({ reason: 'unknown-sender', from: null });
  if (bytes.length > MAX_REQUEST_BYTES) return err({ reason: 'too-long', from });
  const foreign = judgeMagicAndVersion(bytes);
  if (foreign !== null) return err({ reason: foreign, from });
  if (header.length !== bytes.length) return err({ reason: 'bad-length', from });
  if (bytes.length < TICKET_MESSAGE_BYTES) return err({ reason: 'too-short', from });
  return ok(header);
}

function readMark(opts: number): Pick<RingMessage, 'isMarked' | 'leaseUnit'> {
  if ((opts & OPT_MARKED) === 0) return { isMarked: false, leaseUnit: null };
  return { isMarked: true, leaseUnit: (opts & OPT_MILLISECONDS) === 0 ? 's' : 'ms' };
}

function readRingMessage(bytes: Uint8Array, header: Header): Result<RingMessage, Refusal> {
  const { from } = header;
  const refuse = (reason: RefusalReason): Result<RingMessage, Refusal> => err({ reason, from });
  if ((header.opts & OPT_ATTRIBUTE) !== 0) return refuse('attribute-over-udp');
  const command = ringCommands.nameOf(header.command);
  if (command === null) return refuse('unknown-command');
  const request = header.request === 0 ? null : ringCommands.nameOf(header.request);
  const reason = reasons.nameOf(header.reason);
  const result = resultCodes.nameOf(header.result);
  if ((request === null && header.request !== 0) || reason === null || result === null) {
    return refuse('unknown-code');
  }
  const ticket = readTicketName(bytes, TICKET.name);
  if (ticket === null || ticket === '') return refuse('bad-ticket-name');
  const view = viewOf(bytes);
  return ok({
    from,
    command,
    request,
    options: header.options,
    reason,
    result,
    ticket,
    leader: leaderOf(view.getUint32(TICKET.leader)),
    term: view.getUint32(TICKET.term),
    validFor: view.getUint32(TICKET.validFor),
    ...readMark(header.opts),
  });
}
