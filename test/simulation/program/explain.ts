/** A plan as a person reads it, and a broken one told by the fewest faults that break it. */
import { violationLine, type Violation } from '../checkers/checker.ts';
import { describeItem } from '../plan.ts';
import { runPlan } from '../run-seed.ts';
import { planWith, shrink } from '../shrink.ts';
import { traceHead } from '../trace.ts';
import { brokenRule } from './broken-rules.ts';
import { foldTrace, type TraceLine } from './fold.ts';
import type { Story } from './story.ts';

/** Of the folded trace, its end. */
const TRACE_LINES = 80;

/** Name, ring, tickets, then the items kept, each with the number it has in the whole plan. */
export function planText(
  { name, told, plan }: Story,
  kept: readonly number[] | null = null,
): string {
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
    name,
    ...(told === null ? [] : [told]),
    ...hosts,
    ...tickets,
    `datagrams take ${String(plan.latencyMs)} ms${plan.hasKey ? ' and are signed' : ''}; faults until ${String(plan.faultsUntilMs / 1000)} s`,
    ...plan.items
      .map((item, index) => `${String(index).padStart(3)}: ${describeItem(item)}`)
      .filter((_, index) => kept?.includes(index) ?? true),
    '',
  ].join('\n');
}

/** Shrinks a broken plan and tells its end. */
export async function explain(story: Story): Promise<string> {
  const { plan } = story;
  const first = (await runPlan(plan)).violations[0];
  const { kept } = await shrink(plan, async (shorter) => {
    const { violations } = await runPlan(shorter);
    return violations[0]?.checker === first?.checker;
  });
  const lines: TraceLine[] = [];
  const { violations } = await runPlan(planWith(plan, kept), {
    onLine: (text, isRoutine) => lines.push({ text, isRoutine }),
  });
  const [violation] = violations;
  return violation === undefined
    ? `\n${story.name} broke a promise, but not when it was run again\n`
    : explanationText({ story, kept, violation, lines });
}

export interface BrokenStory {
  readonly story: Story;
  /** Places in the plan of the items that are enough to break it. */
  readonly kept: readonly number[];
  readonly violation: Violation;
  /** The trace of what is left of the plan, up to the violation and how everything stood then. */
  readonly lines: readonly TraceLine[];
}

/** What was promised and broken, by which faults, and how it came to that. */
export function explanationText({ story, kept, violation, lines }: BrokenStory): string {
  const { name, option, plan, seed } = story;
  const again = `npm run sim -- ${option} --only ${kept.join(',') || "''"} --trace`;
  const keep =
    seed === null
      ? []
      : [
          'keep it as one more test, a line in test/simulation/seeds.txt:',
          `${String(seed)} ${violation.checker}: ${violation.text}`,
          '',
        ];
  return [
    `\n${name} broke a promise; ${String(kept.length)} of ${String(plan.items.length)} items are enough`,
    `broken: ${brokenRule(violation.checker)}`,
    `here:   ${violationLine(violation).trim()}`,
    '',
    planText(story, kept),
    `how it came to that (all of it: ${again}):`,
    traceHead,
    ...foldTrace(lines).slice(-TRACE_LINES),
    '',
    ...keep,
  ].join('\n');
}
