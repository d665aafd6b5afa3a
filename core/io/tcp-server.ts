/**
 * The server of the client protocol (booth-protocol 4.1, 8.2): takes connections within bounds and
 * gives each a number that is never used again, so that no answer reaches another client.
 *
 * Differs from booth: clients that half-close get their answer; incomplete requests are dropped
 * after 10 s; the number of connections is bounded; a client that hangs up changes nothing.
 */
import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import type { Problem } from '../base/problem.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Clients } from '../member/ports.ts';
import { bindProblem } from './bind-problem.ts';
import {
  clientConnection,
  type ClientConnection,
  type ConnectionLimits,
  type DropReason,
} from './client-connection.ts';
import type { Remote } from './udp.ts';

export interface TcpLimits extends ConnectionLimits {
  /** Connections whose request is incomplete; the oldest makes room for a new one. */
  readonly maxReading: number;
  /** Connections that wait for an answer or are being sent it; a request above that is dropped. */
  readonly maxAnswering: number;
}

/** Enough for the clients of a ring with a thousand tickets. */
export const defaultTcpLimits: TcpLimits = {
  maxReading: 256,
  maxAnswering: 256,
  requestMs: 10_000,
  answerMs: 10_000,
  maxQueuedBytes: 1 << 20,
  maxReceivedBytes: 64 << 10,
};

export interface TcpServerOptions extends Remote {
  readonly limits?: Partial<TcpLimits>;
  readonly onRequest: (connection: number, bytes: Uint8Array, from: Remote) => void;
  /** The connection was handed up and ended without its client taking the final answer. */
  readonly onGone: (connection: number) => void;
}

export interface TcpServer extends Clients {
  readonly counters: () => TcpCounters;
  /**
   * Stops listening, drops incomplete requests, closes those that wait, gives answers that are on
   * their way `answerMs` to arrive. Resolves when every connection is closed.
   */
  readonly close: () => Promise<void>;
}

export interface TcpCounters {
  readonly accepted: number;
  readonly requests: number;
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>;
}

/** booth's is 5, but clients come in bursts. */
const BACKLOG = 128;

/** Listens on exactly this address; the error says what is wrong with the address or the port. */
export function openTcpServer(options: TcpServerOptions): Promise<Result<TcpServer, Problem>> {
  const { address, port } = options;
  const server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true });
  return new Promise((resolve) => {
    server.once('error', (thrown) => {
      resolve(err(bindProblem({ protocol: 'tcp', address, port }, thrown)));
    });
    const place = { host: address, port, backlog: BACKLOG, exclusive: true };
    server.listen({ ...place, ipv6Only: isIPv6(address) }, () => {
      server.removeAllListeners('error');
      // Out of descriptors: the connection is lost, the server goes on.
      server.on('error', () => undefined);
      resolve(ok(runServer(server, options)));
    });
  });
}

function runServer(server: Server, options: TcpServerOptions): TcpServer {
  const limits = { ...defaultTcpLimits, ...options.limits };
  const connections = new Map<number, ClientConnection>();
  const dropped: Partial<Record<DropReason, number>> = {};
  const count = { accepted: 0, requests: 0 };

  const onRequest = (connection: number, bytes: Uint8Array, from: Remote): boolean => {
    // This connection is counted already.
    if (inPhase(connections, false).length > limits.maxAnswering && !makeRoom(connections)) {
      return false;
    }
    count.requests += 1;
    options.onRequest(connection, bytes, from);
    return true;
  };
  const accept = (socket: Socket): void => {
    count.accepted += 1;
    const id = count.accepted;
    let isHandedUp = false;
    const from = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 };
    const reading = inPhase(connections, true);
    if (reading.length >= limits.maxReading) reading[0]?.drop('too-many-connections');
    const connection = clientConnection(socket, limits, {
      onRequest: (bytes) => (isHandedUp = onRequest(id, bytes, from)),
      onClosed: (reason) => {
        connections.delete(id);
        if (reason === null) return;
        dropped[reason] = (dropped[reason] ?? 0) + 1;
        if (isHandedUp) options.onGone(id);
      },
    });
    connections.set(id, connection);
  };
  server.on('connection', accept);
  return {
    answer: (connection, bytes, isFinal) => connections.get(connection)?.answer(bytes, isFinal),
    counters: () => ({ ...count, dropped: { ...dropped } }),
    close: () => closeServer(server, connections),
  };
}

/** Oldest first: a map keeps the order of insertion. */
const inPhase = (
  connections: ReadonlyMap<number, ClientConnection>,
  isReading: boolean,
): ClientConnection[] =>
  [...connections.values()].filter(
    (connection) => (connection.phase() === 'reading') === isReading,
  );

/** A client that closed its side and still waits is most likely gone: the oldest such goes first. */
function makeRoom(connections: ReadonlyMap<number, ClientConnection>): boolean {
  const gone = inPhase(connections, false).find(
    (connection) => connection.phase() === 'waiting' && connection.hasEnded(),
  );
  gone?.drop('too-many-requests');
  return gone !== undefined;
}

function closeServer(
  server: Server,
  connections: ReadonlyMap<number, ClientConnection>,
): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const connection of connections.values()) {
      if (connection.phase() === 'reading') connection.drop('stopping');
      else if (connection.phase() === 'waiting') connection.finish();
    }
  });
}
