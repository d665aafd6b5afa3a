/**
 * Clients of the members: a connection a request, as the daemon's sockets keep them. What a member
 * says to a connection that its client has closed reaches nobody, and the member is not told that
 * it was closed (R17).
 */
import { assert } from '../../core/base/assert.ts';
import { decodeAnswer } from '../../core/wire/decode-answer.ts';
import { encodeRequest } from '../../core/wire/encode.ts';
import type { ClientAnswer, ClientRequest } from '../../core/wire/message.ts';
import { nextSentAt } from '../../core/wire/sent-at.ts';
import { hand, wallMs } from './engine/daemon.ts';
import type { Ring } from './engine/ring.ts';
import { hostOf } from './strike.ts';

export interface Client {
  /** Also names the request. */
  readonly connection: number;
  /** Closes the connection; an answer that comes later is written to nobody. */
  readonly hangUp: () => void;
}

export interface ClientAnswered {
  readonly host: string;
  readonly connection: number;
  /** null: the connection was closed without a word. */
  readonly answer: ClientAnswer | null;
  readonly isFinal: boolean;
  readonly isHeard: boolean;
}

export interface Clients {
  /** Sends a request to a member; null: nothing listens there. */
  readonly send: (host: string, request: ClientRequest) => Client | null;
}

/** `onAnswer` may be called inside of `send`'s own turn of time, never before it returns. */
export function createClients(ring: Ring, onAnswer: (answered: ClientAnswered) => void): Clients {
  const closed = new Set<number>();
  ring.onAnswer = (host, connection, bytes, isFinal) => {
    const isHeard = !closed.has(connection);
    onAnswer({ host, connection, answer: readAnswer(ring, bytes), isFinal, isHeard });
  };
  return {
    send: (host, request) => {
      const to = hostOf(ring, host);
      if (to.running === null) return null;
      ring.requests += 1;
      const connection = ring.requests;
      const sentAt = nextSentAt(null, wallMs(to, ring.time.nowMs()));
      const bytes = encodeRequest(request, sentAt, ring.options.key);
      const handUp = (): void => {
        hand(ring, to, (running) => {
          running.receiveRequest(connection, bytes);
        });
      };
      // The answer may come inside the call, so it is known by then what was asked.
      ring.time.after(0, handUp);
      return { connection, hangUp: () => onGone(connection) };
    },
  };

  /** As the daemon's: a request lives until its outcome, whether or not anybody still listens. */
  function onGone(connection: number): void {
    closed.add(connection);
  }
}

function readAnswer(ring: Ring, bytes: Uint8Array): ClientAnswer | null {
  if (bytes.length === 0) return null;
  const answer = decodeAnswer(bytes, ring.options.key);
  assert(answer.ok, 'our answers can be read');
  return answer.value.answer;
}
