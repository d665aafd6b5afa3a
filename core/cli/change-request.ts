/**
 * Grants or revokes a ticket: asks the site, follows its answers and redirects, waits as long as
 * the operator wants (booth-protocol 4.3, 4.4).
 *
 * Differs from booth: waiting is bounded. Without `-w` a site that stays silent after it accepted
 * the request ends it as "not decided"; with `-w` silence is borne as long as a lease and its
 * acquire-after can last.
 */
import type { MemberId } from '../base/member-id.ts';
import type { Problem } from '../base/problem.ts';
import type { Result } from '../base/result.ts';
import type { RingConfig, RingMember } from '../config/model.ts';
import type { ClientAnswer, ClientOptions, ClientRequest } from '../wire/message.ts';
import {
  failedChange,
  MAX_REDIRECTS,
  reactToAnswer,
  type AskedChange,
  type ChangeEnd,
  type ChangeReaction,
} from './answer/change-reaction.ts';
import { silence, type Conversation, type Dial } from './dial.ts';
import { exitCode } from './exit-code.ts';

export interface ChangeQuestion {
  readonly change: 'grant' | 'revoke';
  readonly ticket: string;
  readonly options: ClientOptions;
  readonly server: RingMember;
  /** The member this client speaks for. */
  readonly from: MemberId;
  /** null: what fits the ticket. */
  readonly requestTimeoutMs: number | null;
}

export interface ChangeReport extends Omit<ChangeEnd, 'kind'> {
  /** The member that gave the last answer. */
  readonly server: RingMember;
}

/** Told while waiting: a comment for the operator. */
export type Comment = (text: string) => void;

/** Asks until the change has ended one way or the other. */
export async function requestChange(
  question: ChangeQuestion,
  ring: { readonly config: RingConfig; readonly dial: Dial },
  comment: Comment,
): Promise<ChangeReport> {
  let server = question.server;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const conversation = ring.dial(server, requestOf(question));
    const reaction = await converse(question, { ...ring, server, conversation }, comment);
    conversation.close();
    if (reaction.kind === 'end') return { ...reaction, server };
    const next = ring.config.members.find((member) => member.id === reaction.to);
    if (next === undefined) {
      const text = `${server.address.text} refers to a member that is not in ${ring.config.path}; compare the configurations of the members`;
      return { ...failedChange(text), server };
    }
    server = next;
  }
  const text = `sent from site to site more than ${MAX_REDIRECTS} times: the sites disagree about who holds ticket "${question.ticket}"; try again, or see "booth list -s SITE" of each`;
  return { ...failedChange(text), server };
}

interface Talk {
  readonly config: RingConfig;
  readonly server: RingMember;
  readonly conversation: Conversation;
}

/** One connection, until the outcome or a redirect. */
async function converse(
  question: ChangeQuestion,
  talk: Talk,
  comment: Comment,
): Promise<Exclude<ChangeReaction, { kind: 'wait' }>> {
  const asked: AskedChange = { ...question, ...question.options };
  const limits = silenceLimits(question, talk.config);
  for (let interimAnswers = 0; ; interimAnswers += 1) {
    const limitMs = interimAnswers === 0 ? limits.firstMs : limits.laterMs;
    const answer = await talk.conversation.next(limitMs);
    if (!answer.ok) return failureOf(answer.error, asked, interimAnswers);
    const reaction = reactToAnswer(asked, readAnswer(answer), { interimAnswers });
    if (reaction.kind !== 'wait') return reaction;
    if (reaction.comment !== null) comment(reaction.comment);
  }
}

function readAnswer(answer: Extract<Result<ClientAnswer, Problem>, { ok: true }>) {
  const { value } = answer;
  if (value.form === 'text') return { result: 'success', leader: null } as const;
  return { result: value.result, leader: value.form === 'ticket' ? value.leader : null };
}

const requestOf = (question: ChangeQuestion): ClientRequest => ({
  command: question.change === 'grant' ? 'grant' : 'revoke-request',
  from: question.from,
  ticket: question.ticket,
  options: question.options,
});

/** Bounds for tickets that are not in our own configuration: booth's defaults. */
const defaults = { expireMs: 600_000, acquireAfterMs: 0, timeoutMs: 5_000, retries: 10 };
/** A C daemon answers nobody while its crm_ticket runs (booth-protocol 9.4.5). */
const FIRST_ANSWER_MS = 30_000;

function silenceLimits(
  question: ChangeQuestion,
  config: RingConfig,
): { readonly firstMs: number; readonly laterMs: number } {
  const ticket = config.tickets.find(({ name }) => name === question.ticket) ?? defaults;
  const electionMs = ticket.timeoutMs * (ticket.retries + 1);
  const patientMs = ticket.expireMs + ticket.acquireAfterMs + electionMs;
  const laterMs = FIRST_ANSWER_MS + (question.options.isWaiting ? patientMs : ticket.timeoutMs);
  return {
    firstMs: question.requestTimeoutMs ?? FIRST_ANSWER_MS,
    laterMs: question.requestTimeoutMs ?? laterMs,
  };
}

/** Silence after the request was accepted leaves the outcome open; every other failure is one. */
function failureOf(found: Problem, asked: AskedChange, interimAnswers: number): ChangeEnd {
  if (interimAnswers === 0) return failedChange(found.message);
  if (found.code !== silence) {
    return failedChange(
      `${found.message}; how the ${asked.change} ended is open, see "booth list"`,
    );
  }
  return {
    kind: 'end',
    outcome: 'undecided',
    exit: exitCode.undecided,
    level: 'info',
    comment: `${asked.change} of ticket "${asked.ticket}" is not decided yet: ${found.message}; see "booth list" later`,
  };
}
