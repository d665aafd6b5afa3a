/** Finds the program of an OCF agent and runs it with the whole contract of commands 9.3. */
import { join } from 'node:path';
import type { AgentOperation, OperationOutcome } from '../../core/transition/operation.ts';
import { agentText } from '../../core/transition/operation.ts';
import type { RunningAgent } from './agent-process.ts';
import { runAgentProgram } from './agent-process.ts';

/** Where agents are. Plain data: the guard is told the same. */
export interface AgentFolders {
  /** `/usr/lib/ocf`: agents are in `resource.d/PROVIDER/TYPE` below it. */
  readonly ocfRoot: string;
  /** Holds the agents of provider `geobooth`. */
  readonly shipped: string;
  /** Search path for the agent and what it calls. */
  readonly path: string;
  /** What an agent may have between TERM and KILL. */
  readonly graceMs: number;
}

/** Starts the operation; `done` is called once, later, whatever happens. */
export function runOcfAgent(
  operation: AgentOperation,
  folders: AgentFolders,
  done: (result: OperationOutcome) => void,
): RunningAgent {
  const file = agentFile(operation, folders);
  if (file === null) {
    setImmediate(() => done(notRunnable(operation)));
    return { pid: null, cancel: () => undefined };
  }
  return runAgentProgram(
    {
      file,
      args: [operation.action],
      environment: {
        PATH: folders.path,
        LC_ALL: 'C',
        ...operation.environment,
        OCF_ROOT: folders.ocfRoot,
      },
      timeoutMs: operation.timeoutMs,
      graceMs: folders.graceMs,
    },
    done,
  );
}

/** Agents need the system programs even where the daemon was started with a short search path. */
export const agentSearchPath = (inherited: string | undefined): string =>
  [
    ...new Set([
      ...(inherited ?? '').split(':').filter((folder) => folder.startsWith('/')),
      ...['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'],
    ]),
  ].join(':');

/** Null for other classes and for names that could lead out of the folder. */
function agentFile({ agent }: AgentOperation, folders: AgentFolders): string | null {
  if (agent.class !== 'ocf' || !isPlainName(agent.type)) return null;
  if (agent.provider === 'geobooth') return join(folders.shipped, agent.type);
  if (agent.provider === null || !isPlainName(agent.provider)) return null;
  return join(folders.ocfRoot, 'resource.d', agent.provider, agent.type);
}

const isPlainName = (name: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(name);

const notRunnable = ({ agent }: AgentOperation): OperationOutcome => ({
  status: 'error',
  returnCode: 5,
  exitReason: `the embedded cluster runs ocf agents only, not ${agentText(agent)}`,
  output: '',
  execMs: 0,
});
