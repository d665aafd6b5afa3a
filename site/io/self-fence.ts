/** The last resort (R14): a command of the operator that takes this host out of service. */
import { spawn } from 'node:child_process';
import { errnoText } from '../../core/io/errno.ts';
import type { AgentFolders } from './ocf-agent.ts';

export interface Fencing {
  readonly ticket: string;
  /** Program and arguments; null: none is configured. */
  readonly selfFence: readonly string[] | null;
  readonly folders: Pick<AgentFolders, 'path'>;
  readonly log: (message: string) => void;
}

/** Starts the configured command, which is expected to take the host down; true when it started. */
export function runSelfFence(work: Fencing, failed: readonly string[]): boolean {
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
