// A client that sends any bytes in any pieces, and then closes its side or resets the connection.
import { connect, type Socket } from 'node:net';
import type { Random } from '../../../core/base/random.ts';
import type { Remote } from '../../../core/io/udp.ts';
import { below } from '../mutate.ts';
import { hold } from '../target.ts';

/** A server that has not ended a connection by then, its client having ended, never will. */
export const WAIT_MS = 5000;

/** What the client has received; null: it, or the server, reset the connection. */
export async function converse(
  at: Remote,
  bytes: Uint8Array,
  how: { readonly random: Random; readonly isReset: boolean },
): Promise<Uint8Array | null> {
  const socket = connect({ host: at.address, port: at.port, allowHalfOpen: true });
  const received: Buffer[] = [];
  socket.on('data', (chunk) => received.push(chunk));
  let { isReset } = how;
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  socket.on('error', () => (isReset = true));
  // The server has ended its side: so do we.
  socket.on('end', () => socket.end());
  const tooLong = setTimeout(() => socket.destroy(), WAIT_MS);
  await new Promise<void>((resolve) => {
    socket.once('connect', () => resolve());
    socket.once('close', () => resolve());
  });
  await send(socket, bytes, how.random);
  if (isReset) socket.resetAndDestroy();
  else socket.end();
  const startedAtMs = performance.now();
  await closed;
  clearTimeout(tooLong);
  hold(performance.now() - startedAtMs < WAIT_MS, 'the connection stays open for ever');
  return isReset ? null : Buffer.concat(received);
}

async function send(socket: Socket, bytes: Uint8Array, random: Random): Promise<void> {
  const largest = random.next() < 0.7 ? bytes.length : 1 + below(random, 60);
  let left = 50;
  for (let at = 0; at < bytes.length; left -= 1) {
    const size = left === 0 ? bytes.length : 1 + below(random, largest);
    if (!socket.writable) return;
    const isTaken = socket.write(bytes.subarray(at, at + size));
    at += size;
    if (random.next() < 0.3 || !isTaken) await new Promise((resolve) => setImmediate(resolve));
  }
}
