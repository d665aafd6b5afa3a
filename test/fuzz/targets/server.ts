// The server of the client protocol over real sockets: streams of any bytes in any pieces, closed,
// half-closed or reset. Nothing stays open, and who asked rightly is answered.
import { crc32, memberIdOf } from '../../../core/base/member-id.ts';
import { seededRandom } from '../../../core/base/random.ts';
import { openTcpServer, type TcpServer } from '../../../core/io/tcp-server.ts';
import type { Remote } from '../../../core/io/udp.ts';
import { encodeAnswer } from '../../../core/wire/encode.ts';
import { feed, requestStream } from '../../../core/wire/stream.ts';
import { freePort } from '../../core/io/free-port.ts';
import { hold, type FuzzTarget } from '../target.ts';
import { converse, WAIT_MS } from './conversation.ts';
import { asMessage } from './messages.ts';
import { requestSeeds, wireWords } from './wire-seeds.ts';

const address = '127.0.0.1';

const answer = encodeAnswer(
  { form: 'header', result: 'success' },
  { from: memberIdOf(7), sentAt: { secs: 0, usecs: 0 }, key: null },
);

const [question = new Uint8Array(0)] = requestSeeds();

interface Served {
  readonly at: Remote;
  readonly server: TcpServer;
  /** Connections that are not over yet, as the server has told us. */
  readonly open: Set<number>;
}

async function serve(): Promise<Served> {
  const at = { address, port: await freePort(address) };
  const open = new Set<number>();
  const opened = await openTcpServer({
    ...at,
    // Longer than any test waits: what ends earlier was not ended by its time.
    limits: { requestMs: 10 * WAIT_MS, answerMs: 10 * WAIT_MS },
    onRequest: (connection) => {
      open.add(connection);
      setImmediate(() => {
        server?.answer(connection, answer, true);
        open.delete(connection);
      });
    },
    onGone: (connection) => open.delete(connection),
  });
  hold(opened.ok, 'the server listens');
  const server: TcpServer | null = opened.value;
  return { at, server, open };
}

let served: Promise<Served> | null = null;

export const serverTarget: FuzzTarget = {
  name: 'server',
  about: 'streams at the TCP server, over loopback',
  seeds: requestSeeds,
  words: wireWords,
  repair: asMessage,
  check: async (bytes) => {
    served ??= serve();
    const { at, server, open } = await served;
    const expected = feed(requestStream, bytes);
    const before = server.counters();
    // How the stream is sent is drawn from its bytes, so that it replays.
    const random = seededRandom(crc32(bytes));
    const got = await converse(at, bytes, { random, isReset: random.next() < 0.1 });
    if (got === null) {
      // Once a later client has been served, nothing of the one that was reset is still to come.
      await converse(at, question, { random, isReset: false });
      return 'reset';
    }
    const { accepted, requests } = server.counters();
    hold(accepted === before.accepted + 1, 'a connection that was not counted');
    const isAnswered = Buffer.compare(got, answer) === 0;
    hold(isAnswered || got.length === 0, 'an answer of other bytes');
    hold(isAnswered === (expected.kind === 'complete'), 'answered otherwise than asked');
    hold(isAnswered === requests > before.requests, 'a request that was not counted');
    hold(open.size === 0, 'a request that never ends');
    return expected.kind === 'refused' ? expected.reason : expected.kind;
  },
  close: async () => {
    await (await served)?.server.close();
    served = null;
  },
};
