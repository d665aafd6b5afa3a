/** A plan as a person reads it, and a broken seed told by the fewest faults that break it. */
import { drawPlan } from '../draw-plan.ts';
import { describeItem, type Plan } from '../plan.ts';
import { runPlan } from '../run-seed.ts';
import { planWith, shrink } from '../shrink.ts';

const TRACE_LINES = 80;

/** Seed, ring, tickets, then every item with its number. */
export function planText(plan: Plan): string {
  const hosts = plan.hosts.map(
    ({ name, role, clockRate, stopMs }) =>
      `${name} ${role}, clock ${((clockRate - 1) * 100).toFixed(2)} %${role === 'site' ? `, resources stop in ${String(stopMs)} ms` : ''}`,
  );
  const tickets = plan.tickets.map(
    (ticket) =>
      `ticket ${ticket.name}: ${ticket.mode}, expire ${String(ticket.expireMs)} ms, renewal-freq ${String(ticket.renewalMs)} ms, ` +
      `timeout ${String(ticket.timeoutMs)} ms, retries ${String(ticket.retries)}, acquire-after ${String(ticket.acquireAfterMs)} ms` +
      `${ticket.hasHandler ? ', with handler' : ''}${ticket.prerequisite === null ? '' : `, attr-prereq ${ticket.prerequisite}`}`,
  );
  return [
    `seed ${String(plan.seed)}`,
    ...hosts,
    ...tickets,
    `datagrams take ${String(plan.latencyMs)} ms${plan.hasKey ? ' and are signed' : ''}; faults until ${String(plan.faultsUntilMs / 1000)} s`,
    ...plan.items.map((item, index) => `${String(index).padStart(3)}: ${describeItem(item)}`),
    '',
  ].join('\n');
}

/** The plan of a seed, or what is left of it. */
export function planOf(seed: number, only: readonly number[] | null): Plan {
  const plan = drawPlan(seed);
  return only === null ? plan : planWith(plan, only);
}

export interface Explanation {
  readonly kept: readonly number[];
  readonly plan: Plan;
  readonly text: string;
}

/** Shrinks a broken seed and tells its end. */
export async function explain(seed: number): Promise<Explanation> {
  const whole = drawPlan(seed);
  const first = (await runPlan(whole)).violations[0];
  const { kept } = await shrink(whole, async (shorter) => {
    const { violations } = await runPlan(shorter);
    return violations[0]?.checker === first?.checker;
  });
  const plan = planWith(whole, kept);
  const lines: string[] = [];
  await runPlan(plan, { onLine: (line) => lines.push(line) });
  const again = `npm run sim -- --seed ${String(seed)} --only ${kept.join(',')} --trace`;
  const text = [
    `\nseed ${String(seed)} broke a promise; ${String(kept.length)} of ${String(whole.items.length)} items are enough:`,
    planText(plan),
    `the end of its trace (all of it: ${again}):`,
    ...lines.slice(-TRACE_LINES),
    '',
  ].join('\n');
  return { kept, plan, text };
}
