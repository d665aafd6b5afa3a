import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { openTcpServer, type TcpLimits, type TcpServer } from '../../../core/io/tcp-server.ts';
import type { Remote } from '../../../core/io/udp.ts';
import { HEADER, MAGIC, VERSION } from '../../../core/wire/layout.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { freePort } from './free-port.ts';

/** A request of booth's framing: magic, version, length; the rest does not matter here. */
const request = (sizeBytes: number, fill = 7): Buffer => {
  const bytes = Buffer.alloc(sizeBytes, fill);
  bytes.fill(0, 0, 48);
  bytes.writeUInt32BE(MAGIC, HEADER.magic);
  bytes.writeUInt32BE(VERSION, HEADER.version);
  bytes.writeUInt32BE(sizeBytes, HEADER.length);
  return bytes;
};

interface Served {
  readonly server: TcpServer;
  readonly at: Remote;
  readonly requests: { connection: number; bytes: Uint8Array; from: Remote }[];
  readonly gone: number[];
}

const servers: TcpServer[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) await server.close();
});

const serve = async (limits: Partial<TcpLimits> = {}, address = '127.0.0.2'): Promise<Served> => {
  const at = { address, port: await freePort(address) };
  const requests: Served['requests'] = [];
  const gone: number[] = [];
  const opened = await openTcpServer({
    ...at,
    limits,
    onRequest: (connection, bytes, from) => requests.push({ connection, bytes, from }),
    onGone: (connection) => gone.push(connection),
  });
  if (!opened.ok) throw new Error(opened.error.message);
  servers.push(opened.value);
  return { server: opened.value, at, requests, gone };
};

interface Client {
  readonly socket: Socket;
  readonly received: () => string;
  /** `end`: closed in order; otherwise the error's code. */
  readonly closed: Promise<string>;
}

const dial = (to: Remote, allowHalfOpen = false): Promise<Client> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: to.address, port: to.port, allowHalfOpen });
    sockets.push(socket);
    const chunks: Buffer[] = [];
    let outcome = 'end';
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      outcome = error.code ?? 'error';
      reject(error);
    });
    const closed = new Promise<string>((settle) => {
      socket.on('close', () => settle(outcome));
    });
    socket.on('connect', () =>
      resolve({ socket, closed, received: () => Buffer.concat(chunks).toString('latin1') }),
    );
  });

const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const until = (what: string, probe: () => boolean): Promise<true> =>
  waitUntil(what, probe, { everyMs: 5, timeoutMs: 5000 });

/** The client may see its end before the server has noted it. */
const hasDropped = async (server: TcpServer, dropped: Readonly<Record<string, number>>) => {
  await waitUntil(
    'the drop to be counted',
    () => Object.keys(server.counters().dropped).length > 0,
    {
      everyMs: 5,
    },
  );
  expect(server.counters().dropped).toEqual(dropped);
};

describe('the server of the client protocol', () => {
  it.each(['127.0.0.2', '::1'])('serves one request and closes after the answer: %s', async (a) => {
    const { server, at, requests, gone } = await serve({}, a);
    const client = await dial(at);
    client.socket.write(request(152));
    await until('the request', () => requests.length === 1);
    expect(requests[0]?.bytes).toEqual(new Uint8Array(request(152)));
    expect(requests[0]?.from.port).toBe(client.socket.localPort);
    server.answer(requests[0]?.connection ?? 0, text('answer'), true);
    expect(await client.closed).toBe('end');
    expect(client.received()).toBe('answer');
    await until('the close', () => server.counters().requests === 1);
    expect(gone).toEqual([]);
  });

  it('puts together a request that comes byte by byte', async () => {
    const { at, requests } = await serve();
    const client = await dial(at);
    client.socket.setNoDelay(true);
    for (const byte of request(124)) client.socket.write(Uint8Array.of(byte));
    await until('the request', () => requests.length === 1);
    expect(requests[0]?.bytes).toHaveLength(124);
  });

  it('sends several answers to one client and closes after the final one only', async () => {
    const { server, at, requests } = await serve();
    const client = await dial(at);
    client.socket.write(request(124));
    await until('the request', () => requests.length === 1);
    const id = requests[0]?.connection ?? 0;
    server.answer(id, text('one '), false);
    await until('the first answer', () => client.received() === 'one ');
    server.answer(id, text('two '), false);
    server.answer(id, text('three'), true);
    server.answer(id, text('never'), true);
    expect(await client.closed).toBe('end');
    expect(client.received()).toBe('one two three');
  });

  it('answers a client that closed its sending side', async () => {
    const { server, at, requests } = await serve();
    const client = await dial(at, true);
    client.socket.end(request(124));
    await until('the request', () => requests.length === 1);
    server.answer(requests[0]?.connection ?? 0, text('answer'), true);
    await until('the answer', () => client.received() === 'answer');
  });

  it('reads 28 surplus bytes and a second request, so that the answer is not reset', async () => {
    const { server, at, requests } = await serve();
    const client = await dial(at);
    client.socket.write(Buffer.concat([request(124), Buffer.alloc(28), request(124)]));
    await until('the request', () => requests.length === 1);
    client.socket.write(Buffer.alloc(20_000));
    server.answer(requests[0]?.connection ?? 0, text('x'.repeat(100_000)), true);
    expect(await client.closed).toBe('end');
    expect(client.received()).toHaveLength(100_000);
    expect(requests).toHaveLength(1);
  });

  it('swallows answers to a client that hung up, and says that it is gone', async () => {
    const { server, at, requests, gone } = await serve();
    const client = await dial(at);
    client.socket.write(request(124));
    await until('the request', () => requests.length === 1);
    client.socket.resetAndDestroy();
    await until('the loss', () => gone.length === 1);
    server.answer(requests[0]?.connection ?? 0, text('answer'), true);
    server.answer(99, text('answer'), true);
    expect(gone).toEqual([requests[0]?.connection]);
    await hasDropped(server, { 'connection-lost': 1 });
  });

  it('never gives a connection number twice', async () => {
    const { server, at, requests } = await serve();
    for (let count = 0; count < 5; count += 1) {
      const client = await dial(at);
      client.socket.write(request(48));
      await until('the request', () => requests.length === count + 1);
      server.answer(requests[count]?.connection ?? 0, text('x'), true);
      await client.closed;
    }
    expect(new Set(requests.map(({ connection }) => connection)).size).toBe(5);
  });
});

describe('a connection that does not behave', () => {
  it.each([
    ['foreign bytes', Buffer.alloc(48, 1), 'bad-magic'],
    ['a length above 1024', request(1025), 'too-long'],
  ] as const)('is closed without an answer: %s', async (_name, bytes, reason) => {
    const { server, at, requests } = await serve();
    const client = await dial(at);
    client.socket.write(bytes);
    await client.closed;
    expect(client.received()).toBe('');
    expect(requests).toEqual([]);
    await hasDropped(server, { [reason]: 1 });
  });

  it('is dropped when its request does not come in time', async () => {
    const { server, at } = await serve({ requestMs: 50 });
    const client = await dial(at);
    client.socket.write(request(124).subarray(0, 100));
    await client.closed;
    await hasDropped(server, { incomplete: 1 });
  });

  it('may wait for its answer longer than for anything else', async () => {
    const { server, at, requests } = await serve({ requestMs: 30, answerMs: 30 });
    const client = await dial(at);
    client.socket.write(request(124));
    await until('the request', () => requests.length === 1);
    server.answer(requests[0]?.connection ?? 0, text('wait '), false);
    const slow = await dial(at);
    await slow.closed;
    const slower = await dial(at);
    await slower.closed;
    server.answer(requests[0]?.connection ?? 0, text('done'), true);
    expect(await client.closed).toBe('end');
    expect(client.received()).toBe('wait done');
  });

  it('makes room when there are too many: the oldest without a request goes', async () => {
    const { server, at, requests } = await serve({ maxReading: 3 });
    const waiting = await dial(at);
    waiting.socket.write(request(124));
    await until('the request', () => requests.length === 1);
    const idle = [await dial(at), await dial(at), await dial(at)];
    const fourth = await dial(at);
    await idle[0]?.closed;
    fourth.socket.write(request(124));
    await until('the request of the fourth', () => requests.length === 2);
    await hasDropped(server, { 'too-many-connections': 1 });
    server.answer(requests[0]?.connection ?? 0, text('ok'), true);
    expect(await waiting.closed).toBe('end');
  });

  it('is dropped when too many clients wait, unless one of them has closed its side', async () => {
    const { server, at, requests, gone } = await serve({ maxAnswering: 2 });
    const [first, second, third] = [await dial(at, true), await dial(at), await dial(at)];
    first.socket.write(request(124));
    second.socket.write(request(124));
    await until('two requests', () => requests.length === 2);
    third.socket.write(request(124));
    await third.closed;
    expect(requests).toHaveLength(2);
    first.socket.end();
    const isRoomMade = async (): Promise<boolean> => {
      const client = await dial(at);
      client.socket.write(request(124));
      await Promise.race([client.closed, until('a request', () => requests.length === 3)]);
      return requests.length === 3;
    };
    await waitUntil('room for another', isRoomMade, { everyMs: 5 });
    expect(gone).toHaveLength(1);
    expect(server.counters().dropped['too-many-requests']).toBeGreaterThanOrEqual(2);
  });

  it('is dropped when it sends without end', async () => {
    const { server, at, requests } = await serve({ maxReceivedBytes: 5000 });
    const client = await dial(at);
    client.socket.write(Buffer.concat([request(124), Buffer.alloc(6000)]));
    await client.closed;
    expect(requests.length).toBeLessThanOrEqual(1);
    await hasDropped(server, { 'too-much': 1 });
  });

  it('is dropped when it does not read: by size', async () => {
    const { server, at, requests, gone } = await serve({ maxQueuedBytes: 200_000 });
    const client = await dial(at);
    client.socket.pause();
    client.socket.write(request(124));
    await until('the request', () => requests.length === 1);
    const id = requests[0]?.connection ?? 0;
    const pour = (): boolean => {
      server.answer(id, new Uint8Array(150_000), false);
      return gone.length === 1;
    };
    await until('the drop', pour);
    await hasDropped(server, { 'too-slow': 1 });
  });

  it('is dropped when it does not read: by time', async () => {
    const { server, at, requests, gone } = await serve({ maxQueuedBytes: 64 << 20, answerMs: 60 });
    const client = await dial(at);
    client.socket.pause();
    client.socket.write(request(124));
    await until('the request', () => requests.length === 1);
    server.answer(requests[0]?.connection ?? 0, new Uint8Array(32 << 20), true);
    await until('the drop', () => gone.length === 1);
    await hasDropped(server, { 'too-slow': 1 });
  });
});

describe('closing the server', () => {
  it('drops what is incomplete, closes who waits, lets answers arrive', async () => {
    const { server, at, requests, gone } = await serve({ answerMs: 5000 });
    const [idle, waiting, answered] = [await dial(at), await dial(at), await dial(at)];
    answered.socket.write(request(124));
    await until('a request', () => requests.length === 1);
    waiting.socket.write(request(124));
    await until('two requests', () => requests.length === 2);
    server.answer(requests[0]?.connection ?? 0, text('x'.repeat(500_000)), true);
    await server.close();
    await Promise.all([idle.closed, waiting.closed, answered.closed]);
    expect(answered.received()).toHaveLength(500_000);
    expect(waiting.received()).toBe('');
    expect(gone).toEqual([]);
    await expect(dial(at)).rejects.toThrow('ECONNREFUSED');
    servers.pop();
  });

  it('does not wait for ever for a client that does not close', async () => {
    const { server, at, requests } = await serve({ answerMs: 50 });
    const client = await dial(at, true);
    client.socket.write(request(124));
    await until('the request', () => requests.length === 1);
    await server.close();
    servers.pop();
    expect(client.received()).toBe('');
  });

  it('names who holds the port when it cannot be opened', async () => {
    const { at } = await serve();
    const again = await openTcpServer({
      ...at,
      onRequest: () => undefined,
      onGone: () => undefined,
    });
    expect(again.ok).toBe(false);
    if (!again.ok) {
      expect(again.error.message).toContain(`TCP 127.0.0.2:${at.port}`);
      expect(again.error.message).toContain(`pid ${process.pid}`);
    }
  });
});
