// A ring under the load it is made for, renewing tickets: what it costs, and how fast it answers
// meanwhile. Rings of both kinds run side by side, so that both suffer the same neighbours.
import type { ProgramKind } from '../../lab/members.ts';
import type { RingTimings } from '../../lab/ring-configuration.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { compareMedians, compareTails } from '../measure.ts';
import type { Part, PartContext } from '../part.ts';
import { runProbe } from '../probe.ts';
import { readProcessUsage, type ProcessUsage } from '../process-usage.ts';
import {
  addressOf,
  availableKinds,
  missingReference,
  startBenchRing,
  stockBooth,
} from '../ring.ts';
import type { BenchRing, HostName } from '../ring.ts';

interface LoadPlan {
  /** Numbers of tickets; those of one group run at the same time. */
  readonly groups: readonly (readonly number[])[];
  readonly timings: RingTimings;
  /** Of grants and of lists. */
  readonly rounds: { readonly grants: number; readonly lists: number };
}

const full: LoadPlan = {
  groups: [[1, 100], [1000]],
  timings: { expireSeconds: 60, timeoutSeconds: 5, retries: 3 },
  rounds: { grants: 12, lists: 200 },
};
const quick: LoadPlan = {
  groups: [[1, 100]],
  timings: { expireSeconds: 20, timeoutSeconds: 2, retries: 3 },
  rounds: { grants: 5, lists: 60 },
};

const PROBE_LIMIT_MS = 120_000;
const GRANTS_AT_ONCE = 8;

export const loadPart: Part = {
  name: 'load',
  title: 'Rings of two sites and an arbitrator, site 1 holding all tickets',
  needs: ['linux', 'root', 'namespaces', 'geobooth-build'],
  limitSecs: { full: 220, quick: 45 },
  run: async (context) => {
    const plan = context.isQuick ? quick : full;
    for (const group of plan.groups) await measureGroup(context, plan, group);
  },
};

/** All that is measured of one ring. */
interface Samples {
  readonly kind: ProgramKind;
  readonly ticketCount: number;
  readonly grantMs: readonly number[];
  readonly listMs: readonly number[];
  readonly usage: Readonly<Record<HostName, Usage>>;
}

interface Usage {
  readonly residentMib: number;
  readonly ownSecsPerMin: number;
  readonly childrenSecsPerMin: number;
}

async function measureGroup(
  context: PartContext,
  plan: LoadPlan,
  counts: readonly number[],
): Promise<void> {
  const rings = await Promise.all(
    counts.flatMap((ticketCount) =>
      availableKinds().map((kind) =>
        // One more than are held all the time: it is granted and revoked meanwhile.
        startBenchRing(context, {
          kind,
          ticketCount: ticketCount + 1,
          timings: plan.timings,
          cluster: 'instant',
        }),
      ),
    ),
  );
  await Promise.all(rings.map(grantAll));
  const latencies = new Map<BenchRing, Pick<Samples, 'grantMs' | 'listMs'>>();
  // One ring after the other: the latency of one is not to be the load of the other.
  for (const ring of rings) latencies.set(ring, await measureLatency(ring, plan));
  const usages = await measureUsage(rings, plan.timings);
  const samples = rings.map((ring, index): Samples => ({
    kind: ring.kind,
    ticketCount: ring.tickets.length - 1,
    ...(latencies.get(ring) ?? { grantMs: [], listMs: [] }),
    usage: usages[index] ?? failUsage(),
  }));
  for (const count of counts) {
    const both = samples.filter(({ ticketCount }) => ticketCount === count);
    reportCount(context, plan, count, both);
  }
  await Promise.all(rings.map(stop));
}

const failUsage = (): never => {
  throw new Error('a ring without its usage');
};

const grantAll = async (ring: BenchRing): Promise<void> => {
  const address = addressOf.site1;
  const tickets = ring.tickets.slice(1);
  const plan = { kind: 'grant-all', address, tickets, atOnce: GRANTS_AT_ONCE } as const;
  await runProbe(ring.host('site1'), plan, PROBE_LIMIT_MS);
};

const stop = async (ring: BenchRing): Promise<void> => {
  const names = ['site1', 'site2', 'arbitrator'] as const;
  await Promise.all(names.map((name) => ring.member(name).process.kill()));
};

async function measureLatency(
  ring: BenchRing,
  { rounds }: LoadPlan,
): Promise<Pick<Samples, 'grantMs' | 'listMs'>> {
  const address = addressOf.site1;
  const host = ring.host('site1');
  const [ticket = ''] = ring.tickets;
  const cycles = { kind: 'cycles', address, ticket, rounds: rounds.grants } as const;
  const { grant = [] } = await runProbe(host, cycles, PROBE_LIMIT_MS);
  const lists = { kind: 'lists', address, rounds: rounds.lists } as const;
  const { list = [], held = [] } = await runProbe(host, lists, PROBE_LIMIT_MS);
  if (held[0] !== ring.tickets.length - 1) {
    throw new Error(`${ring.kind}: site 1 holds ${String(held[0])} of its tickets`);
  }
  return { grantMs: grant, listMs: list };
}

/** Over one renewal period, in which every ticket is renewed once, told per minute. */
async function measureUsage(
  rings: readonly BenchRing[],
  timings: RingTimings,
): Promise<readonly Samples['usage'][]> {
  const names = ['site1', 'site2', 'arbitrator'] as const;
  const readAll = (): readonly (readonly ProcessUsage[])[] =>
    rings.map((ring) => names.map((name) => readProcessUsage(ring.member(name).process.pid)));
  const beganAt = performance.now();
  const before = readAll();
  await sleep((timings.expireSeconds * 1000) / 2);
  const after = readAll();
  const minutes = (performance.now() - beganAt) / 60_000;
  return rings.map((_, ring) => {
    const usageAt = (index: number): Usage => {
      const [from, to] = [before[ring]?.[index], after[ring]?.[index]];
      if (from === undefined || to === undefined) return failUsage();
      return {
        residentMib: to.residentMib,
        ownSecsPerMin: (to.ownCpuSecs - from.ownCpuSecs) / minutes,
        childrenSecsPerMin: (to.childrenCpuSecs - from.childrenCpuSecs) / minutes,
      };
    };
    return { site1: usageAt(0), site2: usageAt(1), arbitrator: usageAt(2) };
  });
}

function reportCount(
  context: PartContext,
  { timings }: LoadPlan,
  count: number,
  both: readonly Samples[],
): void {
  const samplesOf = (kind: ProgramKind, of: (samples: Samples) => readonly number[]) =>
    both.filter((samples) => samples.kind === kind).flatMap(of);
  const comparison = (what: string, of: (samples: Samples) => readonly number[]) => ({
    what: `${what}, ${String(count)} ${count === 1 ? 'ticket' : 'tickets'}`,
    geobooth: samplesOf('geobooth', of),
    reference: { what: stockBooth, samples: samplesOf('c', of) },
    note: missingReference(),
  });
  const expire = String(timings.expireSeconds);
  const cpu = comparison('site 1, processor', ({ usage }) => [usage.site1.ownSecsPerMin]);
  context.report(
    ...compareTails({ ...comparison('grant -w', ({ grantMs }) => grantMs), unit: 'ms' }),
    ...compareTails({ ...comparison('list', ({ listMs }) => listMs), unit: 'ms' }),
    compareMedians({
      ...cpu,
      unit: 's/min',
      note: [
        cpu.note,
        `expire ${expire}, each renewed every ${String(timings.expireSeconds / 2)} s`,
      ]
        .filter((word) => word !== '')
        .join('; '),
    }),
    compareMedians({
      ...comparison('  its crm_ticket runs', ({ usage }) => [usage.site1.childrenSecsPerMin]),
      unit: 's/min',
    }),
    compareMedians({
      ...comparison('site 2, processor', ({ usage }) => [usage.site2.ownSecsPerMin]),
      unit: 's/min',
    }),
    compareMedians({
      ...comparison('site 1, memory', ({ usage }) => [usage.site1.residentMib]),
      unit: 'MiB',
    }),
    compareMedians({
      ...comparison('arbitrator, memory', ({ usage }) => [usage.arbitrator.residentMib]),
      unit: 'MiB',
    }),
  );
}
