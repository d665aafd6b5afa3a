/**
 * One connection of a client (booth-protocol 4.1): a request is read, answers are written, the last
 * one closes. Every phase but the wait for the member's decision has an end of its own.
 */
import type { Socket } from 'node:net';
import type { RefusalReason } from '../wire/message.ts';
import { feed, requestStream, type StreamState } from '../wire/stream.ts';

export interface ConnectionLimits {
  /** From the connection to the complete request. */
  readonly requestMs: number;
  /** For a client to take what was written to it, and to close after the final answer. */
  readonly answerMs: number;
  /** What may wait in memory for one slow client. */
  readonly maxQueuedBytes: number;
  /** What a client may send in all; surplus bytes are read and dropped up to this. */
  readonly maxReceivedBytes: number;
}

/** `reading` a request, `waiting` for the member, `closing`: the final answer is on its way. */
export type ConnectionPhase = 'reading' | 'waiting' | 'closing';

/** Why a connection ended before its client had its final answer. */
export type DropReason =
  | RefusalReason
  | 'incomplete'
  | 'too-slow'
  | 'too-much'
  | 'too-many-connections'
  | 'too-many-requests'
  | 'connection-lost'
  | 'stopping';

export interface ConnectionEvents {
  /** A whole request; false when there is no room for it. Called at most once. */
  readonly onRequest: (bytes: Uint8Array) => boolean;
  /** The socket is closed; null when the client has taken everything. Called once, last. */
  readonly onClosed: (reason: DropReason | null) => void;
}

export interface ClientConnection {
  readonly phase: () => ConnectionPhase;
  /** The client has closed its side: perhaps only half of it, perhaps it is gone. */
  readonly hasEnded: () => boolean;
  readonly answer: (bytes: Uint8Array, isFinal: boolean) => void;
  /** Sends what was written so far, then closes. */
  readonly finish: () => void;
  readonly drop: (reason: DropReason) => void;
}

/** The socket must allow half-open connections. */
export function clientConnection(
  socket: Socket,
  limits: ConnectionLimits,
  events: ConnectionEvents,
): ClientConnection {
  let phase: ConnectionPhase = 'reading';
  let dropReason: DropReason | null = null;
  let hasEnded = false;
  let timer: NodeJS.Timeout | undefined;

  const drop = (reason: DropReason): void => {
    dropReason ??= reason;
    socket.destroy();
  };
  const limitTime = (spanMs: number, reason: DropReason): void => {
    clearTimeout(timer);
    timer = setTimeout(() => drop(reason), spanMs);
  };
  const finish = (): void => {
    phase = 'closing';
    limitTime(limits.answerMs, 'too-slow');
    socket.end();
  };
  const answer = (bytes: Uint8Array, isFinal: boolean): void => {
    if (phase !== 'waiting' || socket.destroyed) return;
    if (socket.writableLength + bytes.length > limits.maxQueuedBytes) {
      drop('too-slow');
      return;
    }
    limitTime(limits.answerMs, 'too-slow');
    socket.write(bytes, () => {
      // Once the client has taken everything, it may wait for the next answer as long as it likes.
      if (phase === 'waiting' && socket.writableLength === 0) clearTimeout(timer);
    });
    if (isFinal) finish();
  };

  const onWhole = (bytes: Uint8Array): void => {
    phase = 'waiting';
    clearTimeout(timer);
    if (!events.onRequest(bytes)) drop('too-many-requests');
  };
  limitTime(limits.requestMs, 'incomplete');
  readRequest(socket, limits.maxReceivedBytes, { drop, onWhole });
  socket.on('end', () => {
    hasEnded = true;
    if (phase === 'reading') drop('incomplete');
  });
  // A client that closes while it is being answered resets the connection: that is its right.
  socket.on('error', () => {
    dropReason ??= 'connection-lost';
  });
  socket.once('close', () => {
    clearTimeout(timer);
    const hasAll = phase === 'closing' && socket.writableFinished;
    events.onClosed(dropReason ?? (hasAll ? null : 'connection-lost'));
  });
  return { phase: () => phase, hasEnded: () => hasEnded, answer, finish, drop };
}

/**
 * Hands the request up once; what follows is read and dropped, because closing a socket with
 * unread bytes resets it, and the client would lose its answer (booth-protocol 8.2.2).
 */
function readRequest(
  socket: Socket,
  maxReceivedBytes: number,
  use: { drop: (reason: DropReason) => void; onWhole: (bytes: Uint8Array) => void },
): void {
  let stream: StreamState | null = requestStream;
  let receivedBytes = 0;
  socket.on('data', (chunk: Buffer) => {
    receivedBytes += chunk.length;
    if (receivedBytes > maxReceivedBytes) {
      use.drop('too-much');
      return;
    }
    if (stream === null) return;
    const outcome = feed(stream, chunk);
    stream = outcome.kind === 'needs-more' ? outcome.state : null;
    if (outcome.kind === 'complete') use.onWhole(outcome.bytes);
    if (outcome.kind === 'refused') use.drop(outcome.reason);
  });
}
