/** The guard at work: runs the stop actions of a ticket, and fences the host when they fail. */
import type { AgentOperation, OperationOutcome } from '../../core/transition/operation.ts';
import type { GuardReport } from './guard-protocol.ts';
import type { AgentFolders } from './ocf-agent.ts';
import { runOcfAgent } from './ocf-agent.ts';
import type { OperationRecords } from './operation-record.ts';
import { endNotedOperations } from './operation-record.ts';
import { runSelfFence, type Fencing } from './self-fence.ts';

export interface GuardStops extends Fencing {
  readonly stops: readonly (readonly AgentOperation[])[];
  readonly folders: AgentFolders;
  readonly records: OperationRecords;
}

/** An operation of the daemon that is in the way gets this long after TERM. */
const IN_THE_WAY_GRACE_MS = 500;

/** Stops everything, list by list side by side; a failed stop does not keep the next from its turn. */
export async function runGuardStops(work: GuardStops): Promise<GuardReport> {
  const resources = new Set(work.stops.flat().map(({ resource }) => resource));
  const ended = await endNotedOperations(work.records, IN_THE_WAY_GRACE_MS, ({ resource }) =>
    resources.has(resource),
  );
  for (const { resource, action } of ended) work.log(`ended ${action} of ${resource} under way`);
  const failed = (await Promise.all(work.stops.map((list) => stopInOrder(work, list)))).flat();
  const isFenced = failed.length > 0 && runSelfFence(work, failed);
  return {
    ticket: work.ticket,
    atEpochMs: Date.now(),
    stopped: [...resources].filter((resource) => !failed.includes(resource)),
    failed,
    isFenced,
  };
}

async function stopInOrder(
  work: GuardStops,
  list: readonly AgentOperation[],
): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const operation of list) {
    if (!(await stopOne(work, operation))) failed.push(operation.resource);
  }
  return failed;
}

/** How often a stop is tried. */
const STOP_ATTEMPTS = 2;

/**
 * All attempts together have the time of one: the other site waits for no more than the stop
 * timeouts (`acquire-after`).
 */
async function stopOne(work: GuardStops, operation: AgentOperation): Promise<boolean> {
  let leftMs = operation.timeoutMs;
  for (let attempt = 1; attempt <= STOP_ATTEMPTS && leftMs > 0; attempt += 1) {
    await nextTurn();
    const begunAtMs = performance.now();
    const outcome = await run(work.folders, { ...operation, timeoutMs: Math.ceil(leftMs) });
    if (outcome.status === 'done' && outcome.returnCode === 0) return true;
    const why = `${outcome.status} with code ${outcome.returnCode} ${outcome.exitReason}`.trimEnd();
    work.log(`stop of ${operation.resource} failed (attempt ${attempt}): ${why}`);
    leftMs -= performance.now() - begunAtMs;
  }
  return false;
}

/** To start hundreds of processes at once takes longer than a guard may be silent. */
const SLICE_MS = 50;

let lastTurn: Promise<void> = Promise.resolve();
let sliceBegunMs = -Infinity;

/**
 * Resolves at once or, when much was started already, after the event loop had a turn: a guard that
 * does not answer its daemon meanwhile is ended for hung, in the middle of its stops.
 */
const nextTurn = (): Promise<void> =>
  (lastTurn = lastTurn.then(async () => {
    if (performance.now() - sliceBegunMs < SLICE_MS) return;
    await new Promise((resolve) => setImmediate(resolve));
    sliceBegunMs = performance.now();
  }));

const run = (folders: AgentFolders, operation: AgentOperation): Promise<OperationOutcome> =>
  new Promise((resolve) => {
    runOcfAgent(operation, folders, resolve);
  });
