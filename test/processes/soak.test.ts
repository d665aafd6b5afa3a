/**
 * A ring at work for GEOBOOTH_SOAK_MINUTES (default 10): operators move the ticket, clients ask, strangers send
 * what is no message; two embedded sites start, watch and stop their resources. Memory and descriptors stay flat.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { seededRandom } from '../../core/base/random.ts';
import type { ClientRequest } from '../../core/wire/message.ts';
import { describeWith } from '../support/requirements.ts';
import { startDeadManRing, type DeadManRing } from './dead-man-ring.ts';
import { stateDirOf, TICKET } from './member-process.ts';
import { growthOf, medianOf, sizeOf, type ProcessSize } from './process-size.ts';
import { answersIn, ask, exchange, finalResult, grantOf, openConnection } from './raw-client.ts';
import { leaderAt, openPeer, requestBytes, revokeOf } from './raw-client.ts';

const minutes = Number(process.env['GEOBOOTH_SOAK_MINUTES'] ?? 10);
const SAMPLE_EVERY_MS = 2000;
const SEED = 20_261_127;

/** A heap takes what it will have under such a load. */
const WARM_UP_MINUTES = 1.5;
/** Between quarters of the time, half of it apart. A kilobyte kept of each request would be more from 4 minutes on. */
const GROWTH_MB_MAX = 16;
/** Connections that are open at the moment of a sample come and go. */
const DESCRIPTORS_GROWTH_MAX = 24;
const JOURNAL_BYTES_MAX = 8 << 20;

const counts = { moves: 0, answers: 0, hangUps: 0, datagrams: 0 };

/** Repeats a deed until told to stop; what it throws ends the soak. */
type Worker = (deed: () => Promise<void>) => void;

function employ(dead: DeadManRing, repeat: Worker): void {
  const { ring } = dead;
  const random = seededRandom(SEED);
  const below = (limit: number): number => Math.floor(random.next() * limit);
  const placeOf = (member: number) => ({ address: ring.addressOf(member), port: ring.port });

  let holder = 1;
  repeat(async () => {
    const other = 3 - holder;
    expect(finalResult(await ask(ring, holder, revokeOf(ring, holder), 30_000))).toBe('success');
    expect(finalResult(await ask(ring, other, grantOf(ring, other), 30_000))).toBe('success');
    holder = other;
    counts.moves += 1;
    await sleep(500 + below(3000));
  });
  for (let client = 0; client < 3; client += 1) {
    repeat(async () => {
      const member = 1 + below(3);
      const { received } = await exchange(placeOf(member), askSomething(dead, member, below(4)));
      expect(answersIn(received, ring).length).toBeGreaterThan(0);
      counts.answers += 1;
      await sleep(15);
    });
  }
  repeat(async () => {
    const member = 1 + below(3);
    const { socket } = await openConnection(placeOf(member));
    socket.write(requestBytes(ring, revokeOf(ring, 1)).subarray(0, below(150)));
    await sleep(15);
    socket.resetAndDestroy();
    counts.hangUps += 1;
  });
  repeat(async () => {
    const peer = await openPeer('127.0.62.9', 0, ring.port);
    for (let one = 0; one < 50; one += 1) {
      const junk = Uint8Array.from({ length: below(300) }, () => below(256));
      await peer.send(ring.addressOf(1 + below(3)), junk);
      counts.datagrams += 1;
    }
    await peer.close();
    await sleep(20);
  });
}

function askSomething({ ring }: DeadManRing, member: number, choice: number): Uint8Array {
  const from = ring.idOf(member);
  const named = { from, ticket: TICKET, attribute: 'load', value: String(counts.answers) };
  const requests: readonly ClientRequest[] = [
    { command: 'list', from },
    { command: 'peers', from },
    { ...named, command: 'attr-set' },
    { ...named, command: 'attr-list', attribute: '', value: '' },
  ];
  return requestBytes(ring, requests[choice] ?? { command: 'list', from });
}

type Samples = ReadonlyMap<string, readonly ProcessSize[]>;

/** Samples every process until the time is up; a line a minute says how far it is. */
async function sampleFor(dead: DeadManRing, failed: () => unknown): Promise<Samples> {
  const samples = new Map<string, ProcessSize[]>();
  const first = dead.processes();
  for (const name of first.keys()) samples.set(name, []);
  const total = Math.ceil((minutes * 60_000) / SAMPLE_EVERY_MS);
  const warmUp = Math.ceil((WARM_UP_MINUTES * 60_000) / SAMPLE_EVERY_MS);
  for (let sample = 1 - warmUp; sample <= total && failed() === undefined; sample += 1) {
    await sleep(SAMPLE_EVERY_MS);
    if (sample <= 0) continue;
    for (const [name, pid] of first) samples.get(name)?.push(sizeOf(pid));
    if (sample % Math.ceil(60_000 / SAMPLE_EVERY_MS) === 0) console.log(lineOf(sample, samples));
  }
  return samples;
}

function lineOf(sample: number, samples: Samples): string {
  const sizes = [...samples].map(([name, all]) => {
    const last = all.at(-1);
    return `${name} ${last?.residentMb.toFixed(1) ?? '?'} MB, ${String(last?.descriptors)} fd`;
  });
  const done = Object.entries(counts).map(([what, count]) => `${String(count)} ${what}`);
  const elapsedMinutes = Math.round((sample * SAMPLE_EVERY_MS) / 60_000);
  return `minute ${String(elapsedMinutes)}: ${[...sizes, ...done].join('; ')}`;
}

describeWith(['linux', 'geobooth-build'], 'a ring at work', () => {
  test(
    `for ${String(minutes)} minutes keeps nothing of it, seed ${String(SEED)}`,
    async () => {
      const plan = { network: '127.0.62', expireMs: 4000, acquireAfterMs: 0 };
      const dead = await startDeadManRing({ name: 'soak', ...plan });
      try {
        await dead.judge(() => soak(dead));
      } finally {
        await dead.close();
      }
    },
    (minutes + WARM_UP_MINUTES + 1) * 60_000,
  );
});

async function soak(dead: DeadManRing): Promise<void> {
  const over = new AbortController();
  const workers: Promise<void>[] = [];
  let failure: Error | undefined;
  employ(dead, (deed) => {
    const work = async (): Promise<void> => {
      while (!over.signal.aborted) await deed();
    };
    workers.push(
      work().catch((thrown: unknown) => {
        failure ??= thrown instanceof Error ? thrown : new Error(String(thrown));
        over.abort();
      }),
    );
  });
  const before = dead.processes();
  const samples = await sampleFor(dead, () => failure);
  over.abort();
  await Promise.all(workers);
  if (failure !== undefined) throw failure;

  expect(dead.processes()).toEqual(before);
  for (const [name, sizes] of samples) {
    const resident = sizes.map(({ residentMb }) => residentMb);
    const growthMb = growthOf(resident);
    console.log(
      `${name}: ${medianOf(resident).toFixed(1)} MB, ${growthMb.toFixed(1)} MB more in the last quarter than in the second`,
    );
    expect(growthMb, `memory of ${name}`).toBeLessThan(GROWTH_MB_MAX);
    const descriptors = sizes.map((size) => size.descriptors);
    expect(growthOf(descriptors), `descriptors of ${name}`).toBeLessThan(DESCRIPTORS_GROWTH_MAX);
  }
  for (const address of dead.ring.addresses) {
    const journal = join(stateDirOf({ folder: dead.ring.folder, address }), 'journal');
    expect(existsSync(journal) && statSync(journal).size).toBeLessThan(JOURNAL_BYTES_MAX);
  }
  expect(counts.moves).toBeGreaterThan(minutes * 5);
  const leader = await leaderAt(dead.ring, 3);
  expect(dead.ring.addresses.slice(0, 2)).toContain(leader);
}
