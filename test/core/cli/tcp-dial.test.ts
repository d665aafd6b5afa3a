// What a client puts on the wire, as a server gets it.
import { afterEach, expect, test } from 'vitest';
import { createServer, type Server } from 'node:net';
import { parseAddress } from '../../../core/base/address.ts';
import { memberIdOfAddress } from '../../../core/base/member-id.ts';
import { tcpDial } from '../../../core/cli/tcp-dial.ts';
import { loadKey } from '../../../core/wire/authentication.ts';

let server: Server | undefined;
afterEach(() => {
  server?.close();
});

test('clients that ask the same in the same moment are no replays of each other', async () => {
  const requests: string[] = [];
  const listening = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (bytes: Buffer) => {
      requests.push(bytes.toString('hex'));
      socket.end();
    });
  });
  server = listening;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  const bound = listening.address();
  const address = parseAddress('127.0.0.1');
  const loaded = loadKey(new TextEncoder().encode('a key for one test'));
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  if (address === null || !loaded.ok) throw new Error('no address or key');
  const id = memberIdOfAddress(address);
  const dial = tcpDial(loaded.value);
  const count = 50;
  const talks = Array.from({ length: count }, () =>
    dial({ address, port: bound.port, id, role: 'site' }, { command: 'list', from: id }),
  );
  const answers = await Promise.all(talks.map((talk) => talk.next(5_000)));
  expect(answers.every((answer) => !answer.ok && answer.error.code === 'closed-early')).toBe(true);
  expect(new Set(requests).size).toBe(count);
});
