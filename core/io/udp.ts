/**
 * The datagrams between members: one socket for sending and receiving, bound to exactly the
 * member's address, so that peers see the configured address as the sender (booth-protocol 8.1.10).
 */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { withPort } from '../base/address.ts';
import { warning, type Problem } from '../base/problem.ts';
import { err, ok, type Result } from '../base/result.ts';
import { bindProblem } from './bind-problem.ts';
import { errnoCode, errnoText } from './errno.ts';

export interface Remote {
  readonly address: string;
  readonly port: number;
}

export interface UdpOptions extends Remote {
  /** Called with at most 1024 bytes, which belong to the receiver. */
  readonly onDatagram: (bytes: Uint8Array, from: Remote) => void;
  /** Failures of the running socket, at most one a second. */
  readonly onError: (failure: Problem) => void;
}

export interface UdpCounters {
  readonly sent: number;
  readonly received: number;
  /** Longer than any message of booth; not handed up. */
  readonly tooLong: number;
  /** Datagrams that did not leave, by errno name; `EQUEUE`: our own queue was full. */
  readonly sendFailures: Readonly<Record<string, number>>;
}

export interface UdpPort {
  /** Best effort; failures are counted and reported, never thrown. */
  send(to: Remote, bytes: Uint8Array): void;
  counters(): UdpCounters;
  /** What was handed over is still sent. */
  close(): Promise<void>;
}

const MAX_DATAGRAM_BYTES = 1024;
/** Asked for; the system may give less. Holds a burst of some thousand messages of 152 bytes. */
const RECEIVE_BUFFER_BYTES = 1 << 20;
const MAX_QUEUED_BYTES = 1 << 20;
const REPORT_EVERY_MS = 1000;

/** Opens and binds; the error says what is wrong with the address or the port. */
export function openUdp(options: UdpOptions): Promise<Result<UdpPort, Problem>> {
  const isSix = isIPv6(options.address);
  const socket = createSocket({
    type: isSix ? 'udp6' : 'udp4',
    ipv6Only: isSix,
    recvBufferSize: RECEIVE_BUFFER_BYTES,
    // Only addresses are ever sent to: asking a name server would block the ring.
    lookup: (address, _options, call) => {
      call(null, address, isSix ? 6 : 4);
    },
  });
  return new Promise((resolve) => {
    socket.once('error', (thrown) => {
      socket.close();
      resolve(err(bindProblem({ protocol: 'udp', ...options }, thrown)));
    });
    socket.bind({ address: options.address, port: options.port, exclusive: true }, () => {
      socket.removeAllListeners('error');
      resolve(ok(runSocket(socket, options)));
    });
  });
}

function runSocket(socket: Socket, options: UdpOptions): UdpPort {
  const count = { sent: 0, received: 0, tooLong: 0 };
  const sendFailures: Record<string, number> = {};
  const place = `UDP ${withPort(options.address, options.port)}`;
  const report = atMostOncePerSecond(options.onError);
  let isClosed = false;

  socket.on('message', (bytes, from) => {
    count.received += 1;
    if (bytes.length > MAX_DATAGRAM_BYTES) count.tooLong += 1;
    else options.onDatagram(bytes, { address: from.address, port: from.port });
  });
  socket.on('error', (thrown) => report('receive-failed', `${place}: ${errnoText(thrown)}`));

  const failed = (to: Remote, code: string, text: string): void => {
    sendFailures[code] = (sendFailures[code] ?? 0) + 1;
    report('send-failed', `${place} cannot send to ${withPort(to.address, to.port)}: ${text}`);
  };
  return {
    send: (to, bytes) => {
      if (isClosed) return;
      if (socket.getSendQueueSize() + bytes.length > MAX_QUEUED_BYTES) {
        failed(to, 'EQUEUE', 'too many datagrams wait to be sent');
        return;
      }
      socket.send(bytes, to.port, to.address, (thrown) => {
        if (thrown === null) count.sent += 1;
        else failed(to, errnoCode(thrown), errnoText(thrown));
      });
    },
    counters: () => ({ ...count, sendFailures: { ...sendFailures } }),
    close: () =>
      new Promise((resolve) => {
        if (isClosed) resolve();
        else socket.close(resolve);
        isClosed = true;
      }),
  };
}

/** What happens in between is summed up in the next report. */
function atMostOncePerSecond(
  onError: (failure: Problem) => void,
): (code: string, text: string) => void {
  let lastAtMs = -Infinity;
  let unreported = 0;
  return (code, text) => {
    if (performance.now() - lastAtMs < REPORT_EVERY_MS) {
      unreported += 1;
      return;
    }
    const others = unreported === 0 ? '' : ` (and ${unreported} more failures before)`;
    lastAtMs = performance.now();
    unreported = 0;
    onError(warning(code, `${text}${others}`));
  };
}
