/**
 * Starts the daemon this host needs: reads the configuration, finds out which member this is, and
 * hands over to the program of its role, which stands beside this one. It runs in this process, so
 * that the process line stays that of boothd (pacemaker-tickets 5.3).
 */
import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { problem, type Problem } from '../base/problem.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { MemberRole } from '../base/role.ts';
import { parseDaemonRequest } from './arguments/daemon-arguments.ts';
import { readSettings } from './daemon/settings.ts';
import { exitCode } from './exit-code.ts';
import { tellProblems, type Terminal } from './terminal.ts';
import { printVersion } from './version.ts';

/** What the daemons' programs offer. */
interface DaemonProgram {
  readonly main: (argv: string[]) => Promise<number>;
}

/** The arguments are those after the word `daemon`; resolves with the daemon's exit code. */
export async function launchDaemon(argv: readonly string[], terminal: Terminal): Promise<number> {
  const request = parseDaemonRequest(argv);
  if (!request.ok) return refuse(terminal, [request.error]);
  if (request.value === 'help') {
    const { boothUsage } = await import('./usage.ts');
    terminal.out(boothUsage());
    return exitCode.success;
  }
  if (request.value === 'version') {
    printVersion(terminal, 'boothd');
    return exitCode.success;
  }
  const settings = await readSettings(argv, null);
  if (!settings.ok) return refuse(terminal, settings.error);
  const program = loadProgram(settings.value.self.role);
  if (!program.ok) return refuse(terminal, [program.error]);
  const code = await program.value.main([...argv]);
  // What hangs in spite of the orderly end must not keep the process.
  setTimeout(() => process.exit(code), LINGER_MS).unref();
  return code;
}

/** For the last words to leave through a pipe. */
const LINGER_MS = 1000;

function refuse(terminal: Terminal, problems: readonly Problem[]): number {
  tellProblems(terminal, problems);
  return exitCode.failure;
}

/** Loads `geobooth-site` or `geobooth-arbitrator` from the folder this program really is in. */
function loadProgram(role: MemberRole): Result<DaemonProgram, Problem> {
  const own = realpathSync(process.argv[1] ?? '');
  const path = join(dirname(own), `geobooth-${role}`);
  try {
    const loaded: unknown = createRequire(own)(path);
    if (isDaemonProgram(loaded)) return ok(loaded);
    return err(problem('daemon-program', `${path} is not the program of this version`));
  } catch (thrown) {
    const reason = thrown instanceof Error ? (thrown.message.split('\n')[0] ?? '') : String(thrown);
    const message = `cannot load ${path}: ${reason}; install all programs of geobooth in one folder`;
    return err(problem('daemon-program', message));
  }
}

const isDaemonProgram = (loaded: unknown): loaded is DaemonProgram =>
  typeof loaded === 'object' &&
  loaded !== null &&
  'main' in loaded &&
  typeof loaded.main === 'function';
