/**
 * Requests of clients to typed values, at the server (booth-protocol 2.5, 4). Total: whatever the
 * bytes are, the outcome is a request, or a reason and the answer that booth gives to it.
 */
import { memberIdOf, type MemberId } from '../base/member-id.ts';
import { err, ok, type Result } from '../base/result.ts';
import { verify, type AuthKey } from './authentication.ts';
import { clientCommands } from './codes.ts';
import { judgeMagicAndVersion, readHeader, type Header } from './header.ts';
import {
  ATTRIBUTE,
  ATTRIBUTE_MESSAGE_BYTES,
  HEADER_BYTES,
  MAX_REQUEST_BYTES,
  OPTION_IMMEDIATE,
  OPTION_WAIT,
  OPTION_WAIT_FOR_COMMIT,
  TICKET,
  TICKET_MESSAGE_BYTES,
  TRAILER_BYTES,
} from './layout.ts';
import type { ClientAnswer, ClientOptions, ClientRequest } from './message.ts';
import type { RefusalReason, SentAt } from './message.ts';
import { readAttributeName, readAttributeValue, readTicketName } from './text-field.ts';

/** A request that passed authentication, or needed none. */
export interface OpenedRequest {
  readonly request: ClientRequest;
  readonly sentAt: SentAt;
  /** Hexadecimal, for `judgeFreshness`; null without authentication. */
  readonly mac: string | null;
}

/** Why a request was refused, and what to tell the client; null: close without an answer. */
export interface RequestRefusal {
  readonly reason: RefusalReason;
  /** As claimed; null when not even that could be read. */
  readonly from: MemberId | null;
  readonly answer: ClientAnswer | null;
}

type AttributeCommand = Extract<ClientRequest, { attribute: string }>['command'];

/** The answer to every failure of authentication, freshness included; sent with our own HMAC. */
export const authFailedAnswer: ClientAnswer = { form: 'header', result: 'auth-failed' };

const invalidArgument: ClientAnswer = { form: 'header', result: 'invalid-argument' };

const noAttribute: ClientAnswer = { form: 'header', result: 'no-attribute' };

/** The answer to grant and revoke of an unknown ticket: the whole payload is zero (2.7). */
export const unknownTicketAnswer: ClientAnswer = {
  form: 'ticket',
  result: 'invalid-argument',
  ticket: '',
  leader: memberIdOf(0),
  term: 0,
  validFor: 0,
};

/**
 * Decodes and authenticates one request. Bytes after header.length are ignored (the stock client
 * sends 28 surplus ones, 2.5); `from` may be anything. With a key the request must carry a valid
 * HMAC; freshness is judged apart.
 *
 * Differs from booth: a set without a name, or with a name or value that does not fit its field, is
 * not UTF-8 or could not stand in a CIB, is answered `invalid-argument` and not passed on (9.4.3).
 */
export function decodeRequest(
  bytes: Uint8Array,
  key: AuthKey | null,
): Result<OpenedRequest, RequestRefusal> {
  const form = judgeForm(bytes);
  if (form !== null) return err({ reason: form, from: null, answer: null });
  const header = readHeader(bytes);
  const { from, sentAt } = header;
  const counted = bytes.subarray(0, header.length);
  const mac = key === null ? ok(null) : authenticate(counted, key);
  if (!mac.ok) return err({ reason: mac.error, from, answer: authFailedAnswer });
  // Without a key nobody knows whether the end is a trailer; booth takes it for payload then, too.
  const payload = key === null ? counted : counted.subarray(0, counted.length - TRAILER_BYTES);
  const request = readRequest(payload, header);
  return request.ok ? ok({ request: request.value, sentAt, mac: mac.value }) : request;
}

function judgeForm(bytes: Uint8Array): RefusalReason | null {
  if (bytes.length < HEADER_BYTES) return 'too-short';
  const foreign = judgeMagicAndVersion(bytes);
  if (foreign !== null) return foreign;
  const { length } = readHeader(bytes);
  if (length > MAX_REQUEST_BYTES) return 'too-long';
  return length < HEADER_BYTES || length > bytes.length ? 'bad-length' : null;
}

function authenticate(counted: Uint8Array, key: AuthKey): Result<string, RefusalReason> {
  const trailerOffset = counted.length - TRAILER_BYTES;
  return trailerOffset < HEADER_BYTES
    ? err('not-authenticated')
    : verify(counted, key, trailerOffset);
}

function readRequest(payload: Uint8Array, header: Header): Result<ClientRequest, RequestRefusal> {
  const { from } = header;
  const command = clientCommands.nameOf(header.command);
  switch (command) {
    case null:
      return err({ reason: 'unknown-command', from, answer: invalidArgument });
    case 'list':
    case 'peers':
      return ok({ command, from });
    case 'grant':
    case 'revoke-request': {
      const ticket = readTicket(payload, TICKET_MESSAGE_BYTES);
      return ticket === null
        ? err({ reason: 'bad-ticket-name', from, answer: unknownTicketAnswer })
        : ok({ command, from, ticket, options: optionsOf(header.options) });
    }
    default:
      return readAttributeRequest(payload, command, from);
  }
}

function readAttributeRequest(
  payload: Uint8Array,
  command: AttributeCommand,
  from: MemberId,
): Result<ClientRequest, RequestRefusal> {
  const ticket = readTicket(payload, ATTRIBUTE_MESSAGE_BYTES);
  if (ticket === null) return err({ reason: 'bad-ticket-name', from, answer: invalidArgument });
  const attribute = command === 'attr-list' ? '' : readAttributeName(payload, ATTRIBUTE.name);
  const value = command === 'attr-set' ? readAttributeValue(payload, ATTRIBUTE.value) : '';
  const isNameless = command === 'attr-set' && attribute === '';
  if (attribute !== null && value !== null && !isNameless) {
    return ok({ command, from, ticket, attribute, value });
  }
  const answer = command === 'attr-set' ? invalidArgument : noAttribute;
  return err({ reason: 'bad-attribute', from, answer });
}

/** null when the payload is not whole, or the name is empty or not printable. */
function readTicket(payload: Uint8Array, neededBytes: number): string | null {
  if (payload.length < neededBytes) return null;
  const ticket = readTicketName(payload, TICKET.name);
  return ticket === '' ? null : ticket;
}

/** Bits without a meaning are ignored, as booth does. */
const optionsOf = (bits: number): ClientOptions => ({
  isImmediate: (bits & OPTION_IMMEDIATE) !== 0,
  isWaiting: (bits & OPTION_WAIT) !== 0,
  isWaitingForCommit: (bits & OPTION_WAIT_FOR_COMMIT) !== 0,
});
