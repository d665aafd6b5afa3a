import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogEvent } from '../../../core/member/ports.ts';
import type { ClusterChange } from '../../../site/cluster/port.ts';
import type { EmbeddedCluster } from '../../../site/io/run-embedded.ts';
import { signalProcess } from '../../support/process-tree.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';
import { waitUntil } from '../../support/wait-until.ts';
import type { SiteFiles } from './embedded-site.ts';
import {
  commit,
  grantOf,
  linesOf,
  open,
  primitive,
  revokeOf,
  roles,
  writeCib,
} from './embedded-site.ts';

const ADDRESS = '127.0.71.1';
let folder: TemporaryDirectory;
let site: SiteFiles;
let cluster: EmbeddedCluster | null = null;
let port: number;
let calls: string;
let logs: LogEvent[];

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, ADDRESS, () => {
      const address = server.address();
      server.close(() => {
        resolve(address !== null && typeof address === 'object' ? address.port : 0);
      });
    });
  });

beforeEach(async () => {
  folder = await makeTemporaryDirectory('embedded');
  site = { folder: folder.path, guardProgram: null };
  port = await freePort();
  calls = join(folder.path, 'calls');
  logs = [];
  mkdirSync(join(folder.path, 'state'));
  const dummy = (id: string): string =>
    primitive(id, 'dummy', { state: join(folder.path, `${id}.state`), log: calls });
  const page = primitive('page', 'http-page', {
    address: ADDRESS,
    port: String(port),
    site: 'berlin',
    state_dir: join(folder.path, 'page'),
  });
  writeCib(
    folder.path,
    `<group id="web">${dummy('ip')}${page}${dummy('mail')}</group>`,
    '<rsc_ticket id="t" ticket="T" rsc="web" loss-policy="stop"/>',
  );
});

afterEach(async () => {
  await cluster?.stop({ stopResources: true });
  cluster = null;
  await folder.remove();
});

const start = async (): Promise<EmbeddedCluster> => (cluster = await open(site, logs));

const fetchPage = (): Promise<string> =>
  new Promise((resolve, reject) => {
    const asked = request({ host: ADDRESS, port, agent: false, timeout: 2000 }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
      response.on('end', () => {
        resolve(text);
      });
    });
    asked.on('error', reject).end();
  });

const allStarted = ['ip started', 'page started', 'mail started'];
const allStopped = ['ip stopped', 'page stopped', 'mail stopped'];
const pagePid = (): number =>
  Number(readFileSync(join(folder.path, 'page/http-page-page.pid'), 'utf8'));
const storedCib = (): string => readFileSync(join(folder.path, 'state/cib.xml'), 'utf8');

async function reachExactly(opened: EmbeddedCluster, expected: readonly string[]): Promise<void> {
  await waitUntil(expected.join(', '), () => {
    const seen = roles(opened).join();
    if (seen !== expected.join()) throw new Error(seen);
    return true;
  });
}

describe('the embedded cluster with real agents', () => {
  it('starts a group in order when its ticket is granted and stops it in reverse', async () => {
    const opened = await start();
    await reachExactly(opened, allStopped);
    const changes: ClusterChange[] = [];
    opened.onChange((change) => changes.push(change));
    expect(await commit(opened, grantOf('T', null))).toEqual([{ ticket: 'T', failure: null }]);
    expect(storedCib()).toContain('granted="true"');
    await reachExactly(opened, allStarted);
    expect(await fetchPage()).toContain('<h1>berlin</h1>');
    expect(linesOf(calls)).toEqual(['start ip', 'start mail']);
    expect(await commit(opened, revokeOf('T'))).toEqual([{ ticket: 'T', failure: null }]);
    expect(storedCib()).toContain('granted="false"');
    await waitUntil('the ticket to be let go of', () => opened.drained('T').isDrained);
    expect(linesOf(calls)).toEqual(['start ip', 'start mail', 'stop mail', 'stop ip']);
    await expect(fetchPage()).rejects.toThrow('ECONNREFUSED');
    const order = changes.flatMap((change) =>
      change.kind === 'resource' ? [`${change.resource} ${change.to}`] : [],
    );
    expect(order.indexOf('page stopped')).toBeLessThan(order.indexOf('ip stopping'));
    expect(order.indexOf('page started')).toBeLessThan(order.indexOf('mail starting'));
    expect(changes.at(-1)).toMatchObject({ kind: 'drained', ticket: 'T' });
  });

  it('restarts a server that was killed, and what stands on it', async () => {
    const opened = await start();
    await commit(opened, grantOf('T', null));
    await reachExactly(opened, allStarted);
    const killed = pagePid();
    signalProcess(killed, 'SIGKILL');
    await waitUntil('another server', () => pagePid() !== killed);
    await reachExactly(opened, allStarted);
    expect(await fetchPage()).toContain('berlin');
    expect(linesOf(calls)).toEqual(['start ip', 'start mail', 'stop mail', 'start mail']);
    expect(logs.find(({ event }) => event === 'operation-failed')?.message).toMatch(
      /^resource page: monitor answered/,
    );
    await opened.stop({ stopResources: true });
    expect(storedCib()).toMatch(/fail-count-page#monitor_300" value="1"/);
  });

  it('stopped and started again adopts what runs', async () => {
    const before = await start();
    await commit(before, grantOf('T', null));
    await reachExactly(before, allStarted);
    const pid = pagePid();
    await before.stop({ stopResources: false });
    const again = await start();
    await reachExactly(again, allStarted);
    await commit(again, grantOf('T', null));
    expect(pagePid()).toBe(pid);
    expect(linesOf(calls)).toEqual(['start ip', 'start mail']);
    expect(await fetchPage()).toContain('berlin');
  });

  it('started again after the ticket was lost stops what runs without it', async () => {
    const before = await start();
    await commit(before, grantOf('T', null));
    await reachExactly(before, allStarted);
    await before.stop({ stopResources: false });
    rmSync(join(folder.path, 'state/cib.xml'));
    rmSync(calls);
    const again = await start();
    await reachExactly(again, allStopped);
    expect(linesOf(calls)).toEqual(['stop mail', 'stop ip']);
  });

  it('tells the ring what it stored of a ticket', async () => {
    const opened = await start();
    await commit(opened, grantOf('T', null));
    const stored = await new Promise((done) => {
      opened.setAttribute({ ticket: 'T', name: 'colour', value: 'blue' }, done);
    });
    expect(stored).toBe(null);
    await opened.stop({ stopResources: true });
    const again = await start();
    const loaded = await new Promise((done) => {
      again.load(['T', 'U'], done);
    });
    expect(loaded).toEqual({
      ok: true,
      value: new Map([
        [
          'T',
          {
            granted: true,
            standby: false,
            owner: 42,
            expiresEpochSecs: 1_900_000_000,
            term: 1,
            attributes: new Map([['colour', 'blue']]),
          },
        ],
      ]),
    });
  });

  it('follows an edit of the cib file', async () => {
    const opened = await start();
    await reachExactly(opened, allStopped);
    writeCib(folder.path, primitive('solo', 'dummy', { state: join(folder.path, 'solo') }), '');
    await reachExactly(opened, ['solo started']);
  });
});
