/**
 * Runs a seed, or a plan: an hour of a ring's life with faults, then time to come to rest. What
 * breaks a promise comes back as violations, what struck as counts.
 */
import { loadKey, type AuthKey } from '../../core/wire/authentication.ts';
import { assert } from '../../core/base/assert.ts';
import { allCheckers } from './checkers/all.ts';
import { checkScene, violationLine, type CheckerKind, type Violation } from './checkers/checker.ts';
import { drawPlan } from './draw-plan.ts';
import { hand, startDaemon } from './engine/daemon.ts';
import { createRing, runUntil, type Ring } from './engine/ring.ts';
import type { Observation } from './observation.ts';
import { createOperators } from './operators.ts';
import { configOfPlan } from './plan-config.ts';
import { isFault, type Plan, type PlanItem } from './plan.ts';
import { standingLines } from './standing.ts';
import { aim, strike } from './strike.ts';
import { isRoutine, traceLine } from './trace.ts';

export interface SeedOptions {
  /** Called with every line of the readable trace; absent: none is made. */
  readonly onLine?: (line: string, isRoutine: boolean) => void;
  /** Instead of all there are. */
  readonly checkers?: readonly CheckerKind[];
  /** Goes on to the plan's end after a violation. */
  readonly goesOn?: boolean;
}

export interface SeedResult {
  readonly seed: number;
  readonly plan: Plan;
  /** In the order of time; only the first unless asked to go on. */
  readonly violations: readonly Violation[];
  /** How often each fault struck and each thing was seen, so that a test can demand them. */
  readonly counts: Readonly<Record<string, number>>;
  readonly simulatedMs: number;
  /** Everything that happened. */
  readonly events: number;
}

/** Runs the plan that the seed stands for. */
export const runSeed = (seed: number, options: SeedOptions = {}): Promise<SeedResult> =>
  runPlan(drawPlan(seed), options);

/** Runs a plan as it stands. */
export async function runPlan(plan: Plan, options: SeedOptions = {}): Promise<SeedResult> {
  const violations: Violation[] = [];
  const counts: Record<string, number> = {};
  const observers: ((seen: Observation) => void)[] = [];
  const ring = createRing({
    config: configOfPlan(plan),
    seed: plan.seed,
    key: plan.hasKey ? simulatedKey() : null,
    hosts: plan.hosts,
    latencyMs: plan.latencyMs,
    journalBytes: plan.journalBytes,
    observe: (seen) => {
      for (const observe of observers) observe(seen);
    },
  });
  const { onLine } = options;
  if (onLine !== undefined)
    observers.push((seen) => {
      const line = traceLine(ring, seen);
      if (line !== null) onLine(line, isRoutine(seen));
    });
  for (const kind of options.checkers ?? allCheckers) {
    const report = (text: string): void => {
      const found = { atMs: ring.time.nowMs(), checker: kind.name, text };
      violations.push(found);
      if (onLine === undefined) return;
      for (const line of [violationLine(found), ...standingLines(ring)]) onLine(line, false);
    };
    observers.push(kind.create(checkScene(ring, plan, report)).observe);
  }
  observers.push((seen) => {
    count(counts, seen);
  });
  const isOver = (): boolean => violations.length > 0 && options.goesOn !== true;
  await live(ring, plan, isOver);
  const simulatedMs = ring.time.nowMs();
  return { seed: plan.seed, plan, violations, counts, simulatedMs, events: ring.time.count() };
}

/** Time for the members' answers to a last question. */
const LIST_MS = 1000;

async function live(ring: Ring, plan: Plan, isOver: () => boolean): Promise<void> {
  const operators = createOperators(ring);
  ring.deliver = (host, bytes) => {
    hand(ring, host, (running) => {
      running.receiveDatagram(bytes);
    });
  };
  for (const host of ring.hosts.values()) startDaemon(ring, host);
  const heal = schedule(ring, plan, operators.act);
  await runUntil(ring, plan.faultsUntilMs, isOver);
  if (isOver()) return;
  heal();
  ring.observe({ kind: 'healed' });
  await runUntil(ring, plan.endsAtMs - LIST_MS, isOver);
  if (isOver()) return;
  ring.observe({ kind: 'ended' });
  operators.listAll();
  await runUntil(ring, plan.endsAtMs, isOver);
}

/** Plans every item; returns what ends all faults that are in force. */
function schedule(
  ring: Ring,
  { items }: Plan,
  act: ReturnType<typeof createOperators>['act'],
): () => void {
  const inForce = new Map<PlanItem, () => void>();
  const end = (item: PlanItem): void => {
    const over = inForce.get(item);
    if (over === undefined) return;
    inForce.delete(item);
    ring.observe({ kind: 'fault', item, isOver: true });
    over();
  };
  for (const item of items) {
    ring.time.at(item.atMs, () => {
      if (!isFault(item)) {
        act(item);
        return;
      }
      const fault = aim(ring, item);
      ring.observe({ kind: 'fault', item: fault, isOver: false });
      inForce.set(fault, strike(ring, fault));
      ring.time.after(fault.forMs, () => {
        end(fault);
      });
    });
  }
  return () => {
    for (const item of [...inForce.keys()]) end(item);
  };
}

function count(counts: Record<string, number>, seen: Observation): void {
  const what = countedAs(seen);
  if (what !== null) counts[what] = (counts[what] ?? 0) + 1;
}

function countedAs(seen: Observation): string | null {
  switch (seen.kind) {
    case 'fault':
      return seen.isOver ? null : seen.item.kind;
    case 'answered':
      return seen.isFinal ? `${seen.verb} ${seen.result ?? 'nothing'}` : null;
    case 'hung-up':
      return 'hung-up';
    case 'resource':
      return seen.state === 'running' ? 'runs' : null;
    case 'sent':
      return 'datagrams';
    default:
      return null;
  }
}

function simulatedKey(): AuthKey {
  const key = loadKey(new TextEncoder().encode('a secret of the simulated ring'));
  assert(key.ok, 'the key is good');
  return key.value;
}
