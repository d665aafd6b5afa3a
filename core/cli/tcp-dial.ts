/**
 * The clients' side of TCP (booth-protocol 4.1, 8.2): one request a connection, never half-closed,
 * answers cut out by their length, each authenticated, all of it bounded in size and time.
 */
import { connect, type Socket } from 'node:net';
import { withPort } from '../base/address.ts';
import { problem, type Problem } from '../base/problem.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { RingMember } from '../config/model.ts';
import type { AuthKey } from '../wire/authentication.ts';
import { decodeAnswer } from '../wire/decode-answer.ts';
import { encodeRequest } from '../wire/encode.ts';
import type { ClientAnswer, ClientRequest, RefusalReason } from '../wire/message.ts';
import { nextSentAt } from '../wire/sent-at.ts';
import { answerStream, feed, type StreamState } from '../wire/stream.ts';
import { silence, type Conversation, type Dial } from './dial.ts';

/** As the stock client. */
const CONNECT_MS = 10_000;

/** Connections authenticated with the ring's key, or with none. */
export const tcpDial =
  (key: AuthKey | null): Dial =>
  (to, request) =>
    converse(openSocket(to, request, key), { peer: withPort(to.address.text, to.port), key });

function openSocket(to: RingMember, request: ClientRequest, key: AuthKey | null): Socket {
  const socket = connect({ host: to.address.text, port: to.port, keepAlive: true });
  const timer = setTimeout(() => {
    socket.destroy(new Error('no connection in 10 s'));
  }, CONNECT_MS);
  socket.once('connect', () => {
    clearTimeout(timer);
    socket.write(encodeRequest(request, nextSentAt(null, epochMsExactly()), key));
  });
  socket.once('close', () => {
    clearTimeout(timer);
  });
  return socket;
}

/**
 * The wall clock to the microsecond. Two clients that ask the same in the same millisecond would
 * otherwise send the same bytes, and the second would be refused as a replay.
 */
const epochMsExactly = (): number =>
  Date.now() + Number(process.hrtime.bigint() % 1_000_000n) / 1_000_000;

interface Talk {
  /** For messages: address and port. */
  readonly peer: string;
  readonly key: AuthKey | null;
}

type Reading =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' }
  | { readonly kind: 'too-late' }
  | { readonly kind: 'failed'; readonly reason: string };

function converse(socket: Socket, { peer, key }: Talk): Conversation {
  const read = readerOf(socket);
  let surplus: Uint8Array = new Uint8Array(0);

  const next = async (silenceMs: number): Promise<Result<ClientAnswer, Problem>> => {
    const deadline = deadlineIn(silenceMs);
    let state: StreamState = answerStream;
    let bytes = surplus;
    try {
      for (;;) {
        const outcome = feed(state, bytes);
        if (outcome.kind === 'refused') return err(foreignAnswer(peer, outcome.reason));
        if (outcome.kind === 'complete') {
          surplus = outcome.surplus;
          const opened = decodeAnswer(outcome.bytes, key);
          return opened.ok ? ok(opened.value.answer) : err(foreignAnswer(peer, opened.error));
        }
        state = outcome.state;
        const reading = await Promise.race([read(), deadline.passed]);
        if (reading.kind !== 'bytes') return err(describe(reading, { peer, silenceMs, socket }));
        bytes = reading.bytes;
      }
    } finally {
      deadline.cancel();
    }
  };
  return { next, close: () => void socket.destroy() };
}

/** Reads chunk by chunk as they are wanted; what is not wanted yet waits in the socket's buffer. */
function readerOf(socket: Socket): () => Promise<Reading> {
  let ending: Reading | null = null;
  let wake: () => void = () => undefined;
  const finish = (reading: Reading): void => {
    ending ??= reading;
    wake();
  };
  socket.on('readable', () => {
    wake();
  });
  socket.once('end', () => {
    finish({ kind: 'end' });
  });
  socket.on('error', ({ message }) => {
    finish({ kind: 'failed', reason: message });
  });
  socket.once('close', () => {
    finish({ kind: 'end' });
  });
  return async () => {
    for (;;) {
      const chunk: unknown = socket.read();
      if (chunk instanceof Uint8Array) return { kind: 'bytes', bytes: chunk };
      if (ending !== null) return ending;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
}

function deadlineIn(spanMs: number): {
  readonly passed: Promise<Reading>;
  readonly cancel: () => void;
} {
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<Reading>((resolve) => {
    timer = setTimeout(() => {
      resolve({ kind: 'too-late' });
    }, spanMs);
  });
  return {
    passed,
    cancel: () => {
      clearTimeout(timer);
    },
  };
}

function describe(
  reading: Exclude<Reading, { kind: 'bytes' }>,
  talk: { readonly peer: string; readonly silenceMs: number; readonly socket: Socket },
): Problem {
  const { peer } = talk;
  if (reading.kind === 'end') {
    return problem('closed-early', `${peer} closed the connection before the answer was complete`);
  }
  if (reading.kind === 'too-late') {
    const secs = talk.silenceMs / 1000;
    return talk.socket.connecting
      ? problem(
          'no-connection',
          `cannot connect to ${peer}: no connection in ${secs} s; is the host up and its port open?`,
        )
      : problem(silence, `no answer from ${peer} in ${secs} s`);
  }
  return talk.socket.bytesWritten === 0
    ? problem('no-connection', `cannot connect to ${peer}: ${reading.reason}; is boothd running?`)
    : problem('connection-lost', `lost the connection to ${peer}: ${reading.reason}`);
}

/** What is wrong with an answer, in words an operator can act on. */
function foreignAnswer(peer: string, reason: RefusalReason): Problem {
  const isAuthentication = ['not-authenticated', 'bad-hash-id', 'bad-mac'].includes(reason);
  return isAuthentication
    ? problem(
        'answer-not-authentic',
        `the answer of ${peer} is not authentic (${reason}); compare the authfiles`,
      )
    : problem(
        'answer-unreadable',
        `the answer of ${peer} is none of booth's (${reason}); is that boothd's port?`,
      );
}
