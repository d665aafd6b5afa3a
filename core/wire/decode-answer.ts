/**
 * Answers of servers to typed values, at the client (booth-protocol 2.5, 4). Total: whatever the
 * bytes are, the outcome is an answer or a reason.
 */
import type { MemberId } from '../base/member-id.ts';
import { err, ok, type Result } from '../base/result.ts';
import { verify, type AuthKey } from './authentication.ts';
import { answerCommands, resultCodes } from './codes.ts';
import { judgeMagicAndVersion, leaderOf, readHeader, type Header } from './header.ts';
import {
  HEADER_BYTES,
  MAX_ANSWER_BYTES,
  TICKET,
  TICKET_MESSAGE_BYTES,
  TRAILER_BYTES,
  viewOf,
} from './layout.ts';
import type { ClientAnswer, RefusalReason, SentAt } from './message.ts';
import { readRestText, readTicketName } from './text-field.ts';

/** An answer that passed authentication, or needed none. */
export interface OpenedAnswer {
  readonly answer: ClientAnswer;
  /** The answering member, as it says. */
  readonly from: MemberId;
  readonly sentAt: SentAt;
  /** Hexadecimal; null without authentication. */
  readonly mac: string | null;
}

/**
 * Decodes and authenticates one whole answer (what the answer stream yields). With a key it must
 * carry a valid HMAC. The text of text answers is never covered by it: whoever shows that text
 * must not trust it further than the network.
 */
export function decodeAnswer(
  bytes: Uint8Array,
  key: AuthKey | null,
): Result<OpenedAnswer, RefusalReason> {
  const form = judgeForm(bytes);
  if (form !== null) return err(form);
  const header = readHeader(bytes);
  const command = answerCommands.nameOf(header.command);
  if (command === null) return err('unknown-command');
  const isText = command !== 'result';
  const trailerBytes = key === null ? 0 : TRAILER_BYTES;
  const trailerOffset = isText ? HEADER_BYTES : bytes.length - trailerBytes;
  if (trailerOffset < HEADER_BYTES) return err('not-authenticated');
  const mac = key === null ? ok(null) : verify(bytes, key, trailerOffset);
  if (!mac.ok) return mac;
  const answer = isText
    ? readText(command, header, bytes.subarray(HEADER_BYTES + trailerBytes))
    : readResult(bytes.subarray(0, trailerOffset), header);
  const { from, sentAt } = header;
  return answer.ok ? ok({ answer: answer.value, from, sentAt, mac: mac.value }) : answer;
}

function judgeForm(bytes: Uint8Array): RefusalReason | null {
  if (bytes.length < HEADER_BYTES) return 'too-short';
  if (bytes.length > MAX_ANSWER_BYTES) return 'too-long';
  const foreign = judgeMagicAndVersion(bytes);
  if (foreign !== null) return foreign;
  return readHeader(bytes).length === bytes.length ? null : 'bad-length';
}

function readText(
  command: Extract<ClientAnswer, { form: 'text' }>['command'],
  header: Header,
  text: Uint8Array,
): Result<ClientAnswer, RefusalReason> {
  if (resultCodes.nameOf(header.result) !== 'success') return err('unknown-code');
  return ok({ form: 'text', command, text: readRestText(text) });
}

/** Sizes between the two forms are taken as the shorter one, as a keyless client must (2.5). */
function readResult(covered: Uint8Array, header: Header): Result<ClientAnswer, RefusalReason> {
  const result = resultCodes.nameOf(header.result);
  if (result === null) return err('unknown-code');
  if (covered.length < TICKET_MESSAGE_BYTES) return ok({ form: 'header', result });
  const ticket = readTicketName(covered, TICKET.name);
  if (ticket === null) return err('bad-ticket-name');
  const view = viewOf(covered);
  return ok({
    form: 'ticket',
    result,
    ticket,
    leader: leaderOf(view.getUint32(TICKET.leader)),
    term: view.getUint32(TICKET.term),
    validFor: view.getUint32(TICKET.validFor),
  });
}
