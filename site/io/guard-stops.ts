/** The guard at work: runs the stop actions of a ticket, and fences the host when they fail. */
import { spawn } from 'node:child_process';
import { errnoText } from '../../core/io/errno.ts';
import type { AgentOperation, OperationOutcome } from '../../core/transition/operation.ts';
import { STOP_ATTEMPTS } from '../embedded/guard-step.ts';
import type { GuardReport } from './guard-protocol.ts';
import type { AgentFolders } from './ocf-agent.ts';
import { runOcfAgent } from './ocf-agent.ts';
import type { OperationRecords } from './operation-record.ts';
import { endNotedOperations } from './operation-record.ts';

export interface GuardStops {
  readonly ticket: string;
  readonly stops: readonly (readonly AgentOperation[])[];
  readonly folders: AgentFolders;
  readonly records: OperationRecords;
  readonly selfFence: readonly string[] | null;
  readonly log: (message: string) => void;
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
  const isFenced = failed.length > 0 && fence(work, failed);
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

async function stopOne(work: GuardStops, operation: AgentOperation): Promise<boolean> {
  for (let attempt = 1; attempt <= STOP_ATTEMPTS; attempt += 1) {
    const { status, returnCode, exitReason } = await run(work.folders, operation);
    if (status === 'done' && returnCode === 0) return true;
    const why = `${status} with code ${returnCode} ${exitReason}`.trimEnd();
    work.log(`stop of ${operation.resource} failed (attempt ${attempt}): ${why}`);
  }
  return false;
}

const run = (folders: AgentFolders, operation: AgentOperation): Promise<OperationOutcome> =>
  new Promise((resolve) => {
    runOcfAgent(operation, folders, resolve);
  });

/** Starts the configured command, which is expected to take the host down; true when it started. */
function fence(work: GuardStops, failed: readonly string[]): boolean {
  const [program, ...args] = work.selfFence ?? [];
  const left = failed.join(', ');
  if (program === undefined) {
    work.log(
      `ticket ${work.ticket} is lost and ${left} may still run; no self-fence command is configured, stop it by hand`,
    );
    return false;
  }
  work.log(`ticket ${work.ticket} is lost and ${left} may still run: running ${program}`);
  const notRun = (thrown: unknown): void => {
    work.log(`the self-fence command could not be run: ${errnoText(thrown)}, stop ${left} by hand`);
  };
  try {
    const child = spawn(program, args, {
      cwd: '/',
      detached: true,
      stdio: 'ignore',
      env: { PATH: work.folders.path, GEOBOOTH_TICKET: work.ticket, GEOBOOTH_RESOURCES: left },
    });
    child.on('error', notRun);
    child.on('exit', (code, signal) => {
      if (code === 0) return;
      const how = signal ?? `exit code ${String(code)}`;
      work.log(`the self-fence command failed (${how}), stop ${left} by hand`);
    });
    return child.pid !== undefined;
  } catch (thrown) {
    notRun(thrown);
    return false;
  }
}
