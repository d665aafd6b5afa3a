/** How fast the simulator is where nothing happens: three members, one ticket, booth's defaults. */
import type { Plan } from '../plan.ts';
import { runPlan } from '../run-seed.ts';

const HOUR_MS = 3_600_000;
const MEASURED_MS = 5000;

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

/** Simulated hours per minute of one processor, over a few seconds. */
export async function measureSpeed(): Promise<number> {
  await runPlan(calmPlan(0));
  const startedAtMs = performance.now();
  let hours = 0;
  while (performance.now() - startedAtMs < MEASURED_MS) {
    await runPlan(calmPlan(hours));
    hours += 1;
  }
  return hours / ((performance.now() - startedAtMs) / 60_000);
}
