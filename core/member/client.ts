/** Clients' requests over TCP (booth-protocol section 4; R17). */
import { msBetween } from '../base/instant.ts';
import type { LogEvent } from '../base/log-event.ts';
import { decodeRequest, authFailedAnswer, unknownTicketAnswer } from '../wire/decode-request.ts';
import { judgeFreshness } from '../wire/freshness.ts';
import type { ClientAnswer, ClientRequest, RefusalReason } from '../wire/message.ts';
import type { ResultCode, SentAt } from '../wire/message.ts';
import { microsecondsOf } from '../wire/sent-at.ts';
import { attributeListText, judgeAttributeName } from './attribute.ts';
import type { AnswerEffect, MemberEffect } from './effect.ts';
import { listText, peersText } from './list-text.ts';
import type { ListView } from './list-text.ts';
import type { Member, Moment, TicketSlot } from './model.ts';
import { stepTicket } from './run-ticket.ts';

/** More requests than this waiting for their outcome are refused. */
const PENDING_REQUESTS_MAX = 1024;

type GrantOrRevoke = Extract<ClientRequest, { command: 'grant' | 'revoke-request' }>;
type AttributeRequest = Extract<ClientRequest, { attribute: string }>;

interface Call {
  readonly member: Member;
  readonly moment: Moment;
  readonly connection: number;
}

/** One whole request; without an answer (malformed beyond recognition) the connection closes. */
export function onClientRequest(
  member: Member,
  moment: Moment,
  connection: number,
  bytes: Uint8Array,
): readonly MemberEffect[] {
  const call = { member, moment, connection };
  const opened = decodeRequest(bytes, member.setup.key);
  if (!opened.ok) {
    const { reason, answer } = opened.error;
    return [...refuseClient(call, reason), finalAnswer(call, answer)];
  }
  const { request, sentAt, mac } = opened.value;
  if (mac !== null) {
    const { maxTimeSkewSecs } = member.setup.config;
    const { verdict, memory } = judgeFreshness(
      member.clientFreshness,
      { sentAt, mac },
      moment.epochMs,
      maxTimeSkewSecs,
    );
    member.clientFreshness = memory;
    const reason = verdict ?? (mayBeForgotten(call, request, sentAt) ? 'too-old' : null);
    if (reason !== null)
      return [...refuseClient(call, reason), finalAnswer(call, authFailedAnswer)];
  }
  return serve(call, request);
}

/**
 * The packet time of a C client may lie up to a second behind the moment it was sent
 * (booth-protocol 3.2); as much again for clocks that are not quite together.
 */
const BEFORE_START_MS = 2000;
const readOnly: ReadonlySet<string> = new Set(['list', 'peers', 'attr-get', 'attr-list']);

/**
 * What this daemon has seen it forgets when it ends. So that a recorded grant does not count again
 * after a restart, a request that changes something must not be older than this daemon. Ages are
 * compared, not times: a wall clock set back after the start keeps no client out.
 *
 * Differs from booth: booth takes every request of the last `maxtimeskew` seconds, as often as it comes.
 */
function mayBeForgotten({ member, moment }: Call, request: ClientRequest, sentAt: SentAt): boolean {
  if (readOnly.has(request.command) || member.servesSince === null) return false;
  const ageMs = moment.epochMs - microsecondsOf(sentAt) / 1000;
  return ageMs > msBetween(member.servesSince, moment.now) + BEFORE_START_MS;
}

export interface StoredAttribute {
  readonly connection: number;
  readonly ticket: string;
  readonly name: string;
  readonly value: string | null;
  readonly failure: string | null;
}

/** The cluster answered to a stored or removed attribute; only then is it remembered here. */
export function onAttributeStored(
  member: Member,
  moment: Moment,
  stored: StoredAttribute,
): readonly MemberEffect[] {
  const { connection, ticket, name, value, failure } = stored;
  const answer = headerAnswer(failure === null ? 'success' : 'failed');
  const done: MemberEffect = { kind: 'answer', ticket: null, connection, answer, isFinal: true };
  if (failure !== null) {
    const text = `the cluster did not store the attribute ${name}: ${failure}`;
    return [event(ticket, 'error', 'attribute-not-stored', text), done];
  }
  const attributes = member.tickets.get(ticket)?.attributes;
  if (value === null) attributes?.delete(name);
  else attributes?.set(name, { value, setEpochMs: moment.epochMs });
  return [done];
}

function serve(call: Call, request: ClientRequest): readonly MemberEffect[] {
  switch (request.command) {
    case 'list':
      return [textAnswer(call, 'result-list', listText(listedTickets(call), viewOf(call)))];
    case 'peers':
      return [
        textAnswer(call, 'result-list', peersText([...call.member.peers.values()], viewOf(call))),
      ];
    case 'grant':
    case 'revoke-request':
      return decideTicket(call, request);
    case 'attr-set':
    case 'attr-get':
    case 'attr-delete':
    case 'attr-list':
      return serveAttribute(call, request);
  }
}

function decideTicket(call: Call, request: GrantOrRevoke): readonly MemberEffect[] {
  const { member, moment, connection } = call;
  if (!member.tickets.has(request.ticket)) return [finalAnswer(call, unknownTicketAnswer)];
  if (member.requests.size >= PENDING_REQUESTS_MAX)
    return [finalAnswer(call, headerAnswer('failed'))];
  const id = member.nextRequest;
  member.nextRequest += 1;
  member.requests.set(id, { connection, ticket: request.ticket });
  return stepTicket(
    member,
    moment,
    request.ticket,
    request.command === 'grant'
      ? {
          kind: 'grant',
          request: id,
          isForced: request.options.isImmediate,
          isWaitingForCommit: request.options.isWaitingForCommit,
        }
      : { kind: 'revoke', request: id },
  );
}

function serveAttribute(call: Call, request: AttributeRequest): readonly MemberEffect[] {
  const slot = call.member.tickets.get(request.ticket);
  if (slot === undefined) return [finalAnswer(call, invalidArgument)];
  const { attributes } = slot;
  const stored = attributes.get(request.attribute);
  switch (request.command) {
    case 'attr-list':
      return [
        textAnswer(call, 'attr-list', attributeListText(attributes, call.member.setup.formatTime)),
      ];
    case 'attr-get':
      return stored === undefined
        ? [finalAnswer(call, headerAnswer('no-attribute'))]
        : [textAnswer(call, 'attr-get', `${stored.value}\n`)];
    case 'attr-set':
      return setAttribute(call, slot, request);
    case 'attr-delete':
      if (stored === undefined) return [finalAnswer(call, headerAnswer('no-attribute'))];
      return [storeAttribute(call, request, null)];
  }
}

function setAttribute(
  call: Call,
  slot: TicketSlot,
  request: AttributeRequest,
): readonly MemberEffect[] {
  const { ticket, attribute, value } = request;
  const isSite = call.member.setup.self.role === 'site';
  const obstacle = isSite
    ? judgeAttributeName(attribute, slot.attributes)
    : 'this is an arbitrator, it stores no attributes; name a site';
  if (obstacle !== null)
    return [
      event(ticket, 'warning', 'attribute-refused', obstacle),
      finalAnswer(call, invalidArgument),
    ];
  return [storeAttribute(call, request, value)];
}

const storeAttribute = (
  { connection }: Call,
  { ticket, attribute }: AttributeRequest,
  value: string | null,
): MemberEffect => ({ kind: 'store-attribute', ticket, connection, name: attribute, value });

function refuseClient({ member }: Call, reason: RefusalReason): readonly MemberEffect[] {
  const count = (member.strangers.get(reason) ?? 0) + 1;
  member.strangers.set(reason, count);
  if ((count & (count - 1)) !== 0) return [];
  const text = `a client's request was refused: ${reason} (${String(count)} so far)`;
  return [event(null, 'warning', 'request-refused', text)];
}

const event = (
  ticket: string | null,
  level: LogEvent['level'],
  name: string,
  message: string,
): MemberEffect => ({
  kind: 'event',
  ticket,
  event: { level, event: name, message, fields: ticket === null ? {} : { ticket } },
});

const listedTickets = ({ member }: Call) => [...member.tickets.values()];

const viewOf = ({ member, moment }: Call): ListView => ({
  ...moment,
  self: member.setup.self.id,
  members: member.setup.config.members,
  formatTime: member.setup.formatTime,
});

const headerAnswer = (result: ResultCode): ClientAnswer => ({ form: 'header', result });

const invalidArgument: ClientAnswer = headerAnswer('invalid-argument');

const finalAnswer = ({ connection }: Call, answer: ClientAnswer | null): AnswerEffect => ({
  kind: 'answer',
  ticket: null,
  connection,
  answer,
  isFinal: true,
});

const textAnswer = (
  call: Call,
  command: 'result-list' | 'attr-get' | 'attr-list',
  text: string,
): AnswerEffect => finalAnswer(call, { form: 'text', command, text });
