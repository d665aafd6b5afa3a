// A TCP server that gives prepared answers: what a client must survive, byte for byte.
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { memberIdOfAddress } from '../../../core/base/member-id.ts';
import { parseAddress } from '../../../core/base/address.ts';
import type { AuthKey } from '../../../core/wire/authentication.ts';
import { encodeAnswer } from '../../../core/wire/encode.ts';
import { decodeRequest } from '../../../core/wire/decode-request.ts';
import { requestStream, feed, type StreamState } from '../../../core/wire/stream.ts';
import type { ClientAnswer, ClientRequest, ResultCode } from '../../../core/wire/message.ts';

/** What the server does once the request is whole, one after another; it closes after the last. */
export type Step =
  | { readonly kind: 'answer'; readonly answer: ClientAnswer; readonly key?: AuthKey | null }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'pause'; readonly ms: number }
  /** Keeps the connection open and says nothing. */
  | { readonly kind: 'silence' };

type Script = readonly Step[] | ((request: ClientRequest | null) => readonly Step[]);

export interface CannedServer {
  readonly port: number;
  /** Requests as they came in, decoded; null for one that could not be. */
  readonly requests: (ClientRequest | null)[];
  /** The next connections get these steps, which may depend on the request. */
  script(steps: Script): void;
  close(): Promise<void>;
}

/** Listens on a loopback address; port 0 takes any. */
export async function startCannedServer(
  host: string,
  port = 0,
  key: AuthKey | null = null,
): Promise<CannedServer> {
  let steps: Script = [];
  const requests: (ClientRequest | null)[] = [];
  const sockets = new Set<Socket>();
  const address = parseAddress(host);
  if (address === null) throw new Error(`${host} is no address`);
  const from = memberIdOfAddress(address);

  const play = async (socket: Socket, request: ClientRequest | null): Promise<void> => {
    for (const step of typeof steps === 'function' ? steps(request) : steps) {
      if (step.kind === 'silence') return;
      if (step.kind === 'pause') await sleep(step.ms);
      if (step.kind === 'bytes') socket.write(step.bytes);
      if (step.kind === 'answer') {
        const signedWith = step.key === undefined ? key : step.key;
        const sentAt = { secs: Math.floor(Date.now() / 1000), usecs: 0 };
        socket.write(encodeAnswer(step.answer, { from, sentAt, key: signedWith }));
      }
    }
    socket.end();
  };
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    let state: StreamState | null = requestStream;
    socket.on('data', (chunk: Buffer) => {
      if (state === null) return;
      const outcome = feed(state, chunk);
      if (outcome.kind === 'needs-more') {
        state = outcome.state;
        return;
      }
      state = null;
      const opened = outcome.kind === 'complete' ? decodeRequest(outcome.bytes, key) : null;
      const request = opened?.ok === true ? opened.value.request : null;
      requests.push(request);
      void play(socket, request);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : 0,
    requests,
    script: (next) => {
      steps = next;
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => {
          resolve();
        });
      }),
  };
}

/** A text answer to list or peers. */
export const text = (content: string): Step => ({
  kind: 'answer',
  answer: { form: 'text', command: 'result-list', text: content },
});

/** A full-size answer to grant or revoke. */
export const result = (code: ResultCode, leader: string | null = null): Step => {
  const address = leader === null ? null : parseAddress(leader);
  const id = address === null ? null : memberIdOfAddress(address);
  return {
    kind: 'answer',
    answer: { form: 'ticket', result: code, ticket: 'web', leader: id, term: 1, validFor: 0 },
  };
};

/** A header-only answer. */
export const shortResult = (code: ResultCode, key?: AuthKey | null): Step => ({
  kind: 'answer',
  answer: { form: 'header', result: code },
  ...(key === undefined ? {} : { key }),
});
