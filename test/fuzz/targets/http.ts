// HTTP, as far as it is served: by the agent `http-page`, which runs as on a site. It outlives every
// stream, answers in HTTP or not at all, and the next honest client has its page.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { crc32 } from '../../../core/base/member-id.ts';
import { seededRandom } from '../../../core/base/random.ts';
import type { Remote } from '../../../core/io/udp.ts';
import { freePort } from '../../core/io/free-port.ts';
import { runOrThrow } from '../../support/run-command.ts';
import { bytesOfText, hold, type FuzzTarget } from '../target.ts';
import { converse } from './conversation.ts';

const agent = resolve('site/agents/http-page');
const address = '127.0.0.1';
const TEXT = 'a page to be asked for';

interface Page {
  readonly at: Remote;
  readonly run: (action: 'start' | 'stop') => Promise<unknown>;
  readonly folder: string;
}

async function openPage(): Promise<Page> {
  const folder = mkdtempSync(join(tmpdir(), 'geobooth-fuzz-http-'));
  const port = await freePort(address);
  const env = {
    OCF_RESOURCE_INSTANCE: 'fuzzed',
    OCF_RESKEY_address: address,
    OCF_RESKEY_port: String(port),
    OCF_RESKEY_text: TEXT,
    OCF_RESKEY_state_dir: folder,
    OCF_RESKEY_node: process.execPath,
  };
  const page: Page = {
    at: { address, port },
    folder,
    run: (action) => runOrThrow(agent, [action], { env, timeoutMs: 20_000 }),
  };
  await page.run('start');
  return page;
}

const get = 'GET / HTTP/1.1\r\nHost: site.example\r\nConnection: close\r\n\r\n';

const requests = [
  get,
  'HEAD /index.html?a=b HTTP/1.0\r\n\r\n',
  'POST /tickets HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{"a":[1,2,3]}',
  'PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
  `${get.replace('Connection: close\r\n', '')}${get}`,
  'OPTIONS * HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
];

let opened: Promise<Page> | null = null;

/** The status of the first answer, of what came back as HTTP. */
function statusOf(received: Uint8Array): string {
  const text = Buffer.from(received).toString('latin1');
  if (text === '') return 'nothing';
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1];
  hold(status !== undefined, `an answer that is not HTTP: ${JSON.stringify(text.slice(0, 60))}`);
  return status;
}

export const httpTarget: FuzzTarget = {
  name: 'http',
  about: 'streams at the HTTP server of the agent http-page, over loopback',
  seeds: () => requests.map(bytesOfText),
  words: [
    ...['\r\n', '\n', '\r', ': ', ' HTTP/1.1', ' HTTP/2.0', 'PRI * HTTP/2.0', 'CONNECT ', 'TRACE '],
    ...['Content-Length: ', '-1', '99999999999999999999', 'Transfer-Encoding: chunked', 'ffffffff'],
    ...['Host: ', 'Connection: keep-alive', 'Cookie: ', '%00', '%2e%2e/', '\0', '\u00ff', '\t'],
  ],
  check: async (bytes) => {
    opened ??= openPage();
    const { at } = await opened;
    const random = seededRandom(crc32(bytes));
    const received = await converse(at, bytes, { random, isReset: random.next() < 0.1 });
    const honest = await converse(at, bytesOfText(get), { random, isReset: false });
    hold(statusOf(honest ?? bytesOfText('reset')) === '200', 'the next client has no page');
    hold(Buffer.from(honest ?? []).includes(TEXT), 'the next client has another page');
    return received === null ? 'reset' : statusOf(received);
  },
  close: async () => {
    const page = await opened;
    opened = null;
    if (page === null) return;
    await page.run('stop');
    rmSync(page.folder, { recursive: true, force: true });
  },
};
