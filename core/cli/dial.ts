/** What the clients need of the network: one request, then answers until either side closes. */
import type { Problem } from '../base/problem.ts';
import type { Result } from '../base/result.ts';
import type { RingMember } from '../config/model.ts';
import type { ClientAnswer, ClientRequest } from '../wire/message.ts';

/** A connection with one request on it. */
export interface Conversation {
  /**
   * The next authentic answer, or why there is none: no connection, silence for `silenceMs`,
   * closed, or bytes that are no answer. After a failure the conversation is over.
   */
  next(silenceMs: number): Promise<Result<ClientAnswer, Problem>>;
  /** Ends the connection; may be called at any time, and more than once. */
  close(): void;
}

/** Connects to a member and sends the request; failures show at the first `next`. */
export type Dial = (to: RingMember, request: ClientRequest) => Conversation;

/** Codes of the problems `next` may give. */
export const silence = 'no-answer-in-time';
