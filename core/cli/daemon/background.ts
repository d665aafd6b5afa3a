/** Going into the background: what the parent checks and opens before the child takes over. */
import { openSync, renameSync, statSync } from 'node:fs';
import { problem, type Problem } from '../../base/problem.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { startInBackground } from '../../io/daemonize.ts';
import { errnoText } from '../../io/errno.ts';
import { makeFolder } from '../../io/folder.ts';
import type { DaemonSettings } from './settings.ts';

/** The log of a daemon in the background is started anew when it has grown beyond this. */
const LOG_BYTES_MAX = 16 << 20;

/** Resolves when the child serves, or with the reason why it does not. */
export async function runInBackground(settings: DaemonSettings): Promise<Result<null, Problem>> {
  const log = await openLog(settings.stateDir);
  if (!log.ok) return log;
  const started = await startInBackground({
    command: process.argv.slice(1),
    name: 'boothd',
    environment: process.env,
    output: log.value,
  });
  return started.ok ? ok(null) : started;
}

/** Where a daemon in the background writes its log; kept beside its state. */
export const backgroundLogPath = (stateDir: string): string => `${stateDir}/daemon.log`;

async function openLog(stateDir: string): Promise<Result<number, Problem>> {
  const path = backgroundLogPath(stateDir);
  try {
    await makeFolder(stateDir, 0o700);
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (size > LOG_BYTES_MAX) renameSync(path, `${path}.1`);
    return ok(openSync(path, 'a', 0o600));
  } catch (thrown) {
    const reason = `cannot write the log ${path}: ${errnoText(thrown)}`;
    return err(problem('log-file', `${reason}; give a writable folder with --state-dir`));
  }
}
