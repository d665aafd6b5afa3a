/** How fast the simulator is where nothing happens: three members, one ticket, booth's defaults. */
import type { Plan } from '../plan.ts';
import { runPlan } from '../run-seed.ts';
import { profileOf, type ProfileLine } from './profile.ts';

const HOUR_MS = 3_600_000;
const MEASURED_MS = 5000;
const PROFILED_MS = 2000;

export const calmPlan = (seed: number): Plan => ({
  seed,
  faultKinds: [],
  recipes: [],
  hosts: (['site', 'site', 'arbitrator'] as const).map((role, index) => ({
    name: String.fromCharCode(65 + index),
    role,
    clockRate: 1,
    wallOffsetMs: 0,
    uptimeMs: 1_000_000,
    stopMs: 0,
  })),
  tickets: [
    {
      name: 'db',
      expireMs: 600_000,
      timeoutMs: 5000,
      retries: 10,
      renewalMs: 300_000,
      acquireAfterMs: 0,
      mode: 'automatic',
      hasHandler: false,
      prerequisite: null,
    },
  ],
  hasKey: false,
  latencyMs: 1,
  journalBytes: 4 << 20,
  faultsUntilMs: HOUR_MS / 2,
  endsAtMs: HOUR_MS,
  items: [
    {
      atMs: 1000,
      kind: 'grant',
      host: 'A',
      ticket: 'db',
      isForced: false,
      isWaitingForCommit: true,
    },
  ],
});

export interface Speed {
  /** Of one processor. */
  readonly hoursPerMinute: number;
  /** Where the time goes; taken apart, so that taking it costs nothing of the figure. */
  readonly profile: readonly ProfileLine[];
}

/** Over a few seconds. */
export async function measureSpeed(): Promise<Speed> {
  await runPlan(calmPlan(0));
  const startedAtMs = performance.now();
  const hours = await runFor(MEASURED_MS);
  const hoursPerMinute = hours / ((performance.now() - startedAtMs) / 60_000);
  const profile = await profileOf(async () => {
    await runFor(PROFILED_MS);
  });
  return { hoursPerMinute, profile };
}

/** So many simulated hours. */
async function runFor(spanMs: number): Promise<number> {
  const endsAtMs = performance.now() + spanMs;
  let hours = 0;
  for (; performance.now() < endsAtMs; hours += 1) await runPlan(calmPlan(hours));
  return hours;
}
