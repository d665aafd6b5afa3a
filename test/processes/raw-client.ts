/** Clients and peers as bare sockets: they send what they are told to and keep what comes back. */
import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { connect, type Socket } from 'node:net';
import { assert } from '../../core/base/assert.ts';
import { decodeAnswer } from '../../core/wire/decode-answer.ts';
import { encodeRequest } from '../../core/wire/encode.ts';
import type { ClientAnswer, ClientRequest, SentAt } from '../../core/wire/message.ts';
import { answerStream, feed } from '../../core/wire/stream.ts';
import { waitUntil } from '../support/wait-until.ts';
import { TICKET, type Ring } from './member-process.ts';

/** A connection that was opened; `received` grows until `ended`. */
export interface RawConnection {
  readonly socket: Socket;
  received(): Buffer;
  /** How it ended: by the other side in order, or reset. */
  readonly ended: Promise<'closed' | 'reset'>;
}

export interface Place {
  readonly address: string;
  readonly port: number;
}

export async function openConnection({ address, port }: Place): Promise<RawConnection> {
  const socket = connect({ host: address, port, allowHalfOpen: true });
  const chunks: Buffer[] = [];
  let isReset = false;
  const ended = new Promise<'closed' | 'reset'>((resolve) => {
    socket.once('end', () => socket.end());
    socket.once('close', () => resolve(isReset ? 'reset' : 'closed'));
  });
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', resolve);
  });
  socket.on('error', () => {
    isReset = true;
  });
  return { socket, received: () => Buffer.concat(chunks), ended };
}

export interface ExchangeOptions {
  readonly timeoutMs?: number;
  readonly pieces?: readonly number[];
  /** Closes the own side after the last byte. */
  readonly isEnding?: boolean;
}

/** Sends the bytes in the given pieces, waits for the server's end, and returns what came. */
export async function exchange(
  place: Place,
  bytes: Uint8Array,
  options: ExchangeOptions = {},
): Promise<{ readonly received: Buffer; readonly end: 'closed' | 'reset' | 'left open' }> {
  const connection = await openConnection(place);
  connection.socket.setNoDelay(true);
  let offset = 0;
  for (const size of options.pieces ?? [bytes.length]) {
    const piece = bytes.subarray(offset, offset + size);
    await new Promise<void>((resolve) => connection.socket.write(piece, () => resolve()));
    offset += size;
  }
  if (options.isEnding === true) connection.socket.end();
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<'left open'>((resolve) => {
    timer = setTimeout(() => resolve('left open'), options.timeoutMs ?? 5000);
  });
  const end = await Promise.race([connection.ended, tooLate]);
  clearTimeout(timer);
  connection.socket.destroy();
  return { received: connection.received(), end };
}

/** Every whole answer in what was received. */
export function answersIn(bytes: Uint8Array, ring: Pick<Ring, 'key'>): readonly ClientAnswer[] {
  const answers: ClientAnswer[] = [];
  let rest = bytes;
  while (rest.length > 0) {
    const outcome = feed(answerStream, rest);
    assert(outcome.kind === 'complete', `whole answers only, ${String(rest.length)} bytes left`);
    const opened = decodeAnswer(outcome.bytes, ring.key);
    assert(opened.ok, `an answer that opens, not ${opened.ok ? '' : opened.error}`);
    answers.push(opened.value.answer);
    rest = outcome.surplus;
  }
  return answers;
}

let lastUs = 0;
/** The wall clock, never the same twice: equal bytes would be a replay. */
export function sentNow(): SentAt {
  lastUs = Math.max(lastUs + 1, Date.now() * 1000);
  return { secs: Math.floor(lastUs / 1e6), usecs: lastUs % 1e6 };
}

/** `-C`: the final answer comes when the grant is in the cluster. */
const untilCommit = (isImmediate = false) => ({
  isImmediate,
  isWaiting: true,
  isWaitingForCommit: true,
});

/** The bytes of a request of this moment, signed if the ring has a key. */
export const requestBytes = (ring: Ring, request: ClientRequest): Uint8Array =>
  encodeRequest(request, sentNow(), ring.key);

/** Asks a member and returns all its answers. */
export async function ask(
  ring: Ring,
  member: number,
  request: ClientRequest,
  timeoutMs?: number,
): Promise<readonly ClientAnswer[]> {
  const place = { address: ring.addressOf(member), port: ring.port };
  const options = timeoutMs === undefined ? {} : { timeoutMs };
  const { received } = await exchange(place, requestBytes(ring, request), options);
  return answersIn(received, ring);
}

/** The result code of the last answer; null when there was none. */
export const finalResult = (answers: readonly ClientAnswer[]): string | null => {
  const last = answers.at(-1);
  if (last === undefined) return null;
  return last.form === 'text' ? 'success' : last.result;
};

export const grantOf = (
  ring: Ring,
  member: number,
  isForced = false,
  ticket = TICKET,
): ClientRequest => ({
  command: 'grant',
  from: ring.idOf(member),
  ticket,
  options: untilCommit(isForced),
});
export const revokeOf = (ring: Ring, member: number): ClientRequest => ({
  command: 'revoke-request',
  from: ring.idOf(member),
  ticket: TICKET,
  options: untilCommit(),
});

/** The text of `booth list` at this member. */
export async function listAt(ring: Ring, member: number): Promise<string> {
  const [answer] = await ask(ring, member, { command: 'list', from: ring.idOf(member) });
  assert(answer?.form === 'text', 'list is answered with a text');
  return answer.text;
}

/** The leader `booth list` shows at this member. */
export async function leaderAt(ring: Ring, member: number): Promise<string> {
  const found = /^ticket: t, leader: ([^,\n]+)/.exec(await listAt(ring, member));
  assert(found?.[1] !== undefined, 'the ticket is listed');
  return found[1];
}

/** Waits until every one of the members shows this leader. */
export const waitForLeader = (
  ring: Ring,
  leader: string,
  members: readonly number[] = [1, 2, 3],
  timeoutMs = 15_000,
): Promise<true> =>
  waitUntil(
    `members ${members.join(', ')} to show leader ${leader}`,
    async () => {
      const shown = await Promise.all(members.map((member) => leaderAt(ring, member)));
      if (shown.every((one) => one === leader)) return true;
      throw new Error(shown.join(', '));
    },
    { timeoutMs, everyMs: 50 },
  );

/** A peer's socket, bound to its address and the ring's port. */
export interface RawPeer {
  send(to: string, bytes: Uint8Array): Promise<void>;
  received(): readonly Buffer[];
  onDatagram(call: (bytes: Uint8Array) => void): void;
  close(): Promise<void>;
}

export async function openPeer(address: string, port: number, to = port): Promise<RawPeer> {
  const socket: DatagramSocket = createSocket('udp4');
  const received: Buffer[] = [];
  socket.on('message', (bytes) => received.push(bytes));
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, address, resolve);
  });
  return {
    send: (receiver, bytes) =>
      new Promise((resolve, reject) =>
        socket.send(bytes, to, receiver, (thrown) =>
          thrown === null ? resolve() : reject(thrown),
        ),
      ),
    received: () => received,
    onDatagram: (call) => void socket.on('message', call),
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}
