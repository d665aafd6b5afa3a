import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, it } from 'vitest';
import type { Problem } from '../../../core/base/problem.ts';
import { openUdp, type Remote, type UdpPort } from '../../../core/io/udp.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { freePort } from './free-port.ts';

interface Member {
  readonly port: UdpPort;
  readonly at: Remote;
  readonly seen: { bytes: Uint8Array; from: Remote }[];
  readonly failures: Problem[];
}

const open: UdpPort[] = [];
afterEach(async () => {
  for (const port of open.splice(0)) await port.close();
});

const member = async (address: string): Promise<Member> => {
  const at = { address, port: await freePort(address) };
  const seen: Member['seen'] = [];
  const failures: Problem[] = [];
  const opened = await openUdp({
    ...at,
    onDatagram: (bytes, from) => seen.push({ bytes, from }),
    onError: (failure) => failures.push(failure),
  });
  if (!opened.ok) throw new Error(opened.error.message);
  open.push(opened.value);
  return { port: opened.value, at, seen, failures };
};

const refusal = async (address: string, port: number): Promise<Problem> => {
  const opened = await openUdp({
    address,
    port,
    onDatagram: () => undefined,
    onError: () => undefined,
  });
  if (!opened.ok) return opened.error;
  await opened.value.close();
  throw new Error('it opened');
};

describe('the datagram port', () => {
  it.each([['127.0.0.2', '127.0.0.3'] as const, ['::1', '::1'] as const])(
    'sends from exactly its own address: %s to %s',
    async (mine, yours) => {
      const [a, b] = [await member(mine), await member(yours)];
      a.port.send(b.at, Uint8Array.of(1, 2, 3));
      await waitUntil('the datagram', () => b.seen.length > 0, { everyMs: 5 });
      expect([...(b.seen[0]?.bytes ?? [])]).toEqual([1, 2, 3]);
      expect(b.seen[0]?.from).toEqual(a.at);
      expect(a.port.counters()).toMatchObject({ sent: 1, sendFailures: {} });
    },
  );

  it('hands up 1024 bytes, counts and drops 1025', async () => {
    const [a, b] = [await member('127.0.0.2'), await member('127.0.0.3')];
    a.port.send(b.at, new Uint8Array(1025));
    a.port.send(b.at, new Uint8Array(1024));
    await waitUntil('both', () => b.port.counters().received === 2, { everyMs: 5 });
    expect(b.seen.map(({ bytes }) => bytes.length)).toEqual([1024]);
    expect(b.port.counters().tooLong).toBe(1);
  });

  it('counts failed sends by errno and reports them at most once a second', async () => {
    const a = await member('127.0.0.2');
    for (let count = 0; count < 20; count += 1) {
      // Bound to a loopback address, nothing can go out to another network.
      a.port.send({ address: '192.0.2.1', port: 9 }, Uint8Array.of(1));
    }
    const failed = (): number =>
      Object.values(a.port.counters().sendFailures).reduce((sum, count) => sum + count, 0);
    await waitUntil('20 failures', () => failed() === 20, { everyMs: 5 });
    expect(a.failures).toHaveLength(1);
    expect(a.failures[0]?.message).toMatch(/^UDP 127\.0\.0\.2:\d+ cannot send to 192\.0\.2\.1:9: /);
  });

  it('fails a datagram for the other address family without asking a name server', async () => {
    const a = await member('127.0.0.2');
    a.port.send({ address: '::1', port: 9 }, Uint8Array.of(1));
    await waitUntil('the failure', () => a.failures.length > 0, { everyMs: 5 });
    expect(Object.keys(a.port.counters().sendFailures)).toHaveLength(1);
  });

  it('ignores sends after it was closed, and closes twice', async () => {
    const a = await member('127.0.0.2');
    await a.port.close();
    a.port.send(a.at, Uint8Array.of(1));
    await a.port.close();
    expect(a.port.counters().sent).toBe(0);
  });

  it('takes a burst of 2000 datagrams while nobody reads', async () => {
    const a = await member('127.0.0.2');
    const sender = createSocket('udp4');
    const sent = Array.from(
      { length: 2000 },
      () =>
        new Promise<void>((resolve) => {
          sender.send(new Uint8Array(152), a.at.port, a.at.address, () => resolve());
        }),
    );
    await Promise.all(sent);
    sender.close();
    await waitUntil('most of them', () => a.port.counters().received >= 1000, { everyMs: 5 });
  });
});

describe('a datagram port that cannot be opened', () => {
  it('names the process that holds the port', async () => {
    const a = await member('127.0.0.2');
    const { code, message } = await refusal(a.at.address, a.at.port);
    expect(code).toBe('bind-failed');
    expect(message).toContain(`cannot listen on UDP 127.0.0.2:${a.at.port}`);
    expect(message).toContain('already in use (EADDRINUSE)');
    expect(message).toContain(`pid ${process.pid} (`);
  });

  it('lists the addresses of this host when the address is not one of them', async () => {
    const { message } = await refusal('192.0.2.77', 9929);
    expect(message).toMatch(/UDP 192\.0\.2\.77:9929: .*\(EADDRNOTAVAIL\).*127\.0\.0\.1/);
  });
});
