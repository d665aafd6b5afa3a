/** Requests that one answer settles: list, peers and the geostore operations. */
import type { RingMember } from '../config/model.ts';
import type { ClientAnswer, ClientRequest } from '../wire/message.ts';
import { describeFailure } from './answer/change-reaction.ts';
import type { Dial } from './dial.ts';
import { exitCode, type ExitCode } from './exit-code.ts';

export type TextReport =
  | { readonly isDone: true; readonly text: string; readonly comment: string | null }
  | { readonly isDone: false; readonly exit: ExitCode; readonly comment: string };

type SettledRequest = Exclude<ClientRequest, { command: 'grant' | 'revoke-request' }>;

/** Longest silence borne by default. */
const ANSWER_MS = 10_000;
const MAX_INTERIM_ANSWERS = 3;

/** Asks once; interim answers are waited out as booth does, at most two. */
export async function requestText(
  request: SettledRequest,
  server: RingMember,
  ways: { readonly dial: Dial; readonly requestTimeoutMs: number | null },
): Promise<TextReport> {
  const conversation = ways.dial(server, request);
  try {
    for (let interimAnswers = 0; interimAnswers < MAX_INTERIM_ANSWERS; interimAnswers += 1) {
      const answer = await conversation.next(ways.requestTimeoutMs ?? ANSWER_MS);
      if (!answer.ok) return failed(answer.error.message);
      const report = judge(request, server, answer.value);
      if (report !== null) return report;
    }
  } finally {
    conversation.close();
  }
  const comment = `${server.address.text} gave no definite answer to ${nameOf(request)}`;
  return { isDone: false, exit: exitCode.unknownSite, comment };
}

/** null: an interim answer. */
function judge(
  request: SettledRequest,
  server: RingMember,
  answer: ClientAnswer,
): TextReport | null {
  if (answer.form === 'text') return { isDone: true, text: answer.text, comment: null };
  if (answer.result === 'more') return null;
  if (answer.result === 'async') {
    return { isDone: true, text: '', comment: 'accepted, it will be answered asynchronously' };
  }
  if (answer.result === 'success' || answer.result === 'sync-success') {
    return { isDone: true, text: '', comment: null };
  }
  const asked = {
    what: nameOf(request),
    ticket: 'ticket' in request ? request.ticket : '',
    attribute: 'attribute' in request ? request.attribute : '',
  };
  return failed(`${server.address.text}: ${describeFailure(answer.result, asked)}`);
}

/** The operation as the operator typed it. */
const nameOf = (request: SettledRequest): string => request.command.replace(/^attr-/, '');

const failed = (comment: string): TextReport => ({
  isDone: false,
  exit: exitCode.failure,
  comment,
});
