/**
 * `booth status`: whether the daemon of this host runs, told from its lock file and its port
 * without asking it (booth-protocol 5.3).
 *
 * Differs from booth: the lock file's path has no double slash, and a daemon is seen although its
 * interface has no carrier. booth's own `status` looks for a record lock and does not see this
 * daemon: use the `status` that came with the daemon.
 */
import { createServer } from 'node:net';
import { parseAddress, withPort } from '../base/address.ts';
import type { Problem } from '../base/problem.ts';
import { ok, type Result } from '../base/result.ts';
import type { RingConfig, RingMember } from '../config/model.ts';
import { inspectLockFile } from './lock-inspection.ts';
import { parseStatusLine, renderStatusLine } from './answer/daemon-status-line.ts';
import type { StatusInvocation } from './arguments/booth-arguments.ts';
import { openClientContext, whoAmI } from './client-context.ts';
import { printJson } from './client-output.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
import { lockPathOf } from './standard-places.ts';
import { tell, tellProblems, type Terminal } from './terminal.ts';

/** Whether the daemon of this host runs. */
export interface DaemonState {
  readonly isRunning: boolean;
  /** Why it counts as running or not, for a person. */
  readonly reason: string;
  /** The line of `booth status`; null unless it runs. */
  readonly line: string | null;
  /** Process that holds the lock; null when nobody does. */
  readonly lockPid: number | null;
}

/** Runs `booth status`. */
export async function daemonStatus(
  invocation: StatusInvocation,
  terminal: Terminal,
): Promise<ExitCode> {
  const { client, lockFile } = invocation;
  const opened = await openClientContext({ ...client, mayMatchPrefix: false });
  if (!opened.ok) {
    tellProblems(terminal, opened.error);
    return exitCode.failure;
  }
  const { config, listenAddress } = opened.value;
  const told = opened.value.self.ok ? opened.value.self.value.address.text : client.self;
  const state = await inspectDaemon({ config, told, listenAddress, lockFile });
  if (client.outputFormat === 'json') printJson(terminal, documentOf(state));
  else if (state.line !== null) terminal.out(`${state.line}\n`);
  else if (state.lockPid !== null) terminal.out(`booth_lockpid=${state.lockPid} `);
  if (invocation.isTalkative || client.isVerbose) tell(terminal, 'info', state.reason);
  return state.isRunning ? exitCode.success : exitCode.notRunning;
}

const documentOf = ({ isRunning, reason, line }: DaemonState) => ({
  isRunning,
  reason,
  ...(line === null ? {} : { lockFile: parseStatusLine(line) }),
});

/** Looks at lock file and port; `told` is who this host is, when its addresses do not tell. */
export async function inspectDaemon(question: {
  readonly config: RingConfig;
  readonly told: string | null;
  /** Where it listens when that is not the member's own address. */
  readonly listenAddress: string | null;
  /** null: /var/run/booth/NAME.pid. */
  readonly lockFile: string | null;
}): Promise<DaemonState> {
  const { config } = question;
  const path = question.lockFile ?? lockPathOf(config.name);
  const self = whoAmI(config, question.told, false);
  const lock = await inspectLockFile(path);
  if (!self.ok && lock.kind !== 'held') return notRunning(self.error.message);
  if (lock.kind === 'missing') return notRunning(`there is no lock file ${path}`);
  if (lock.kind === 'unreadable') return notRunning(`lock file ${path}: ${lock.reason}`);
  if (lock.kind === 'free') return notRunning(`nobody holds the lock file ${path}`);
  const place = placeOf(self, question.told, lock.content);
  if (!place.ok) return { ...notRunning(place.error.message), lockPid: lock.pid };
  const { port } = place.value;
  const host = question.listenAddress ?? place.value.host;
  if (!(await isPortInUse(host, port))) {
    const reason = `nobody listens at ${withPort(host, port)}`;
    return { ...notRunning(reason), lockPid: lock.pid };
  }
  return {
    isRunning: true,
    reason: `booth at ${host} port ${port} seems to be running`,
    line: renderStatusLine({ pid: lock.pid, path }, lock.content.trimEnd()),
    lockPid: lock.pid,
  };
}

/** Where its daemon listens: this host's member, or, when no address tells which, who holds the lock. */
function placeOf(
  self: Result<RingMember, Problem>,
  told: string | null,
  lockContent: string,
): Result<{ readonly host: string; readonly port: number }, Problem> {
  if (self.ok) return ok({ host: self.value.address.text, port: self.value.port });
  const words = parseStatusLine(lockContent.trimEnd());
  const holder = parseAddress(words?.['booth_addr_string'] ?? '');
  const port = Number(words?.['booth_port']);
  if (told !== null || holder === null || !Number.isInteger(port)) return self;
  return ok({ host: holder.text, port });
}

const notRunning = (why: string): DaemonState => ({
  isRunning: false,
  reason: `not running: ${why}`,
  line: null,
  lockPid: null,
});

/**
 * Whether somebody has the TCP port, found out by trying to take it. When that cannot be tried (a
 * port below 1024, an address kept elsewhere) the lock alone decides.
 */
function isPortInUse(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(true);
    });
    server.listen({ host, port, exclusive: true }, () => {
      server.close(() => {
        resolve(false);
      });
    });
  });
}
