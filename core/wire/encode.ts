/**
 * Messages to bytes, exactly as booth lays them out (booth-protocol 2). With a key a message is
 * signed; without one its time is sent as 0, whatever the caller gives.
 */
import { NO_MEMBER_ON_WIRE, type MemberId } from '../base/member-id.ts';
import { unreachable } from '../base/assert.ts';
import { sign, type AuthKey } from './authentication.ts';
import { answerCommands, clientCommands, reasons, resultCodes, ringCommands } from './codes.ts';
import { writeHeader } from './header.ts';
import {
  ATTRIBUTE,
  ATTRIBUTE_MESSAGE_BYTES,
  HEADER_BYTES,
  NAME_FIELD_BYTES,
  OPTION_IMMEDIATE,
  OPTION_WAIT,
  OPTION_WAIT_FOR_COMMIT,
  OPT_AUTHENTICATED,
  OPT_MARKED,
  OPT_MILLISECONDS,
  TICKET,
  TICKET_MESSAGE_BYTES,
  TRAILER_BYTES,
  VALUE_FIELD_BYTES,
  viewOf,
} from './layout.ts';
import type { ClientAnswer, ClientOptions, ClientRequest } from './message.ts';
import type { ResultCode, RingMessage, SentAt } from './message.ts';
import { bytesOfText, writeText } from './text-field.ts';

/** What a header says besides what follows from the message's size and the key. */
interface Content {
  readonly from: MemberId;
  readonly command: number;
  readonly request: number;
  readonly options: number;
  readonly reason: number;
  readonly result: number;
  /** Bits of `opts` besides that for the key. */
  readonly marks: number;
}

/** What most messages leave zero. */
const plain = { request: 0, options: 0, reason: 0, result: 0, marks: 0 } as const;

/** Who sends, when, and signing with what: a server answering its clients. */
export interface Sender {
  readonly from: MemberId;
  readonly sentAt: SentAt;
  /** null: no authentication. */
  readonly key: AuthKey | null;
}

/** A datagram: 124 bytes, or 152 with a key. The ticket name has at most 63 bytes. */
export function encodeRingMessage(
  message: RingMessage,
  sentAt: SentAt,
  key: AuthKey | null,
): Uint8Array {
  const content: Content = {
    from: message.from,
    command: ringCommands.codeOf(message.command),
    request: message.request === null ? 0 : ringCommands.codeOf(message.request),
    options: message.options,
    reason: reasons.codeOf(message.reason),
    result: resultCodes.codeOf(message.result),
    marks: marksOf(message),
  };
  return assemble(TICKET_MESSAGE_BYTES, content, { sentAt, key }, (bytes) => {
    writeTicket(bytes, message);
  });
}

const marksOf = ({ isMarked, leaseUnit }: RingMessage): number =>
  (isMarked ? OPT_MARKED : 0) | (isMarked && leaseUnit === 'ms' ? OPT_MILLISECONDS : 0);

/**
 * A client's request. Names must fit (`fitsName`, `fitsValue`).
 *
 * Differs from booth: without authentication the stock client sends 28 zero bytes after list,
 * peers, attr-get and attr-list requests that their length field does not count; we do not.
 */
export function encodeRequest(
  request: ClientRequest,
  sentAt: SentAt,
  key: AuthKey | null,
): Uint8Array {
  const content: Content = {
    ...plain,
    from: request.from,
    command: clientCommands.codeOf(request.command),
    options: 'options' in request ? optionBits(request.options) : 0,
  };
  const sizeBytes = 'attribute' in request ? ATTRIBUTE_MESSAGE_BYTES : TICKET_MESSAGE_BYTES;
  return assemble(sizeBytes, content, { sentAt, key }, (bytes) => {
    if ('ticket' in request) writeName(bytes, TICKET.name, request.ticket);
    if ('attribute' in request) {
      writeName(bytes, ATTRIBUTE.name, request.attribute);
      const field = { offset: ATTRIBUTE.value, sizeBytes: VALUE_FIELD_BYTES };
      writeText(bytes, field, request.value);
    }
  });
}

/**
 * A server's answer. Of a text answer only the header is covered by the HMAC, which stands
 * between the two (2.5); that is booth's format and cannot be changed by one side.
 */
export function encodeAnswer(answer: ClientAnswer, sender: Sender): Uint8Array {
  const { from } = sender;
  switch (answer.form) {
    case 'header':
      return assemble(HEADER_BYTES, resultContent(from, answer.result), sender);
    case 'ticket':
      return assemble(TICKET_MESSAGE_BYTES, resultContent(from, answer.result), sender, (bytes) => {
        writeTicket(bytes, answer);
      });
    case 'text': {
      const content = { ...plain, from, command: answerCommands.codeOf(answer.command) };
      return assemble(HEADER_BYTES, content, { ...sender, text: bytesOfText(answer.text) });
    }
    default:
      return unreachable(answer);
  }
}

const resultContent = (from: MemberId, result: ResultCode): Content => ({
  ...plain,
  from,
  command: answerCommands.codeOf('result'),
  result: resultCodes.codeOf(result),
});

/** Header, payload, trailer if there is a key, text if there is one. */
function assemble(
  coveredBytes: number,
  content: Content,
  envelope: { readonly sentAt: SentAt; readonly key: AuthKey | null; readonly text?: Uint8Array },
  writePayload?: (bytes: Uint8Array) => void,
): Uint8Array {
  const { key, text } = envelope;
  const textOffset = coveredBytes + (key === null ? 0 : TRAILER_BYTES);
  const bytes = new Uint8Array(textOffset + (text?.length ?? 0));
  const { marks, ...fields } = content;
  writeHeader(bytes, {
    ...fields,
    opts: (key === null ? 0 : OPT_AUTHENTICATED) | marks,
    sentAt: key === null ? { secs: 0, usecs: 0 } : envelope.sentAt,
    length: bytes.length,
  });
  writePayload?.(bytes);
  if (key !== null) sign(bytes, key, coveredBytes);
  if (text !== undefined) bytes.set(text, textOffset);
  return bytes;
}

function writeTicket(
  bytes: Uint8Array,
  payload: {
    readonly ticket: string;
    readonly leader: MemberId | null;
    readonly term: number;
    readonly validFor: number;
  },
): void {
  const view = viewOf(bytes);
  writeName(bytes, TICKET.name, payload.ticket);
  view.setUint32(TICKET.leader, payload.leader ?? NO_MEMBER_ON_WIRE);
  view.setUint32(TICKET.term, payload.term);
  view.setUint32(TICKET.validFor, payload.validFor);
}

function writeName(bytes: Uint8Array, offset: number, name: string): void {
  writeText(bytes, { offset, sizeBytes: NAME_FIELD_BYTES }, name);
}

const optionBits = (options: ClientOptions): number =>
  (options.isImmediate ? OPTION_IMMEDIATE : 0) |
  (options.isWaiting ? OPTION_WAIT : 0) |
  (options.isWaitingForCommit ? OPTION_WAIT_FOR_COMMIT : 0);
