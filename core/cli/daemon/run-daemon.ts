/**
 * A daemon from start to end: opens lock, journal, cluster and sockets, runs the member over
 * them, and takes all down again in order. What both kinds of member share; a site brings its
 * cluster.
 */
import { randomBytes } from 'node:crypto';
import type { Problem } from '../../base/problem.ts';
import { problem, renderProblem } from '../../base/problem.ts';
import { seededRandom } from '../../base/random.ts';
import { ok, type Result } from '../../base/result.ts';
import type { MemberRole } from '../../base/role.ts';
import { takeReadyReport, type ReadyReport } from '../../io/daemonize.ts';
import { bootClock, bootId } from '../../io/boot-clock.ts';
import { handlerProcesses } from '../../io/handler-process.ts';
import { takeLock, type LockContent } from '../../io/lock-file.ts';
import { localTimeText } from '../../io/local-time.ts';
import { createLogger, type Logger } from '../../io/logger.ts';
import { systemdService } from '../../io/service.ts';
import { installShutdown, runSteps, type ShutdownStep } from '../../io/shutdown.ts';
import { runMember, type RunningMember } from '../../io/run-member.ts';
import type { Clock, ClusterPort, ClusterTicket, Log } from '../../member/ports.ts';
import { parseDaemonRequest } from '../arguments/daemon-arguments.ts';
import { version } from '../version.ts';
import { runInBackground } from './background.ts';
import { openMemory } from './memory.ts';
import { readSettings, type DaemonSettings } from './settings.ts';
import { openSockets, type SocketListener } from './sockets.ts';

/** What a role adds to the daemon. */
export interface DaemonRole {
  readonly role: MemberRole;
  /** Opens the site's cluster; null: the member has none. */
  readonly openCluster: (
    settings: DaemonSettings,
    world: { readonly clock: Clock; readonly log: Log },
  ) => Promise<Result<OpenedCluster | null, Problem>>;
}

export interface OpenedCluster {
  readonly port: ClusterPort;
  readonly close: () => Promise<void>;
}

/** How long one step of the orderly end may take. */
const STEP_MS = 5000;
/** A site that has no guard to leave its resources to stops them itself (R14). */
const CLUSTER_STEP_MS = 60_000;
/** Shorter than a step, or a handler deaf to TERM would outlive the daemon. */
const HANDLER_GRACE_MS = 3000;

/** Runs a daemon until it is told to stop; resolves with its exit code. */
export async function runDaemon(argv: readonly string[], role: DaemonRole): Promise<number> {
  const report = takeReadyReport(process.env);
  const request = parseDaemonRequest(argv);
  if (request.ok && typeof request.value === 'string') {
    process.stdout.write(await textAsked(request.value, role.role));
    return 0;
  }
  const settings = await readSettings(argv, role.role);
  if (!settings.ok) return refuseToStart(report, settings.error);
  if (!settings.value.flags.isForeground && report === null) {
    const begun = await runInBackground(settings.value);
    if (begun.ok) return 0;
    // The child's own words, as it would have printed them.
    if (begun.error.code !== 'daemon-failed') return refuseToStart(null, [begun.error]);
    process.stderr.write(`${begun.error.message}\n`);
    return 1;
  }
  return serve(settings.value, role, report);
}

async function textAsked(asked: 'help' | 'version', role: MemberRole): Promise<string> {
  if (asked === 'version') return `geobooth-${role} ${version} (geobooth)\n`;
  const { daemonUsage } = await import('../usage.ts');
  return daemonUsage(role);
}

/** From here on the process is the daemon. */
async function serve(
  settings: DaemonSettings,
  role: DaemonRole,
  report: ReadyReport | null,
): Promise<number> {
  const logger = openLogger(settings);
  const service = systemdService({ environment: process.env, log: logger });
  const steps: ShutdownStep[] = [{ name: 'log', boundMs: STEP_MS, run: logger.close }];
  const stopped = new Promise<number>((resolve) => {
    installShutdown({ steps: () => steps.toReversed(), log: logger, exit: resolve });
  });
  // A disk or a cluster that hangs must not keep the daemon from being stopped.
  const started = await Promise.race([start({ settings, role, logger, steps }), stopped]);
  if (typeof started === 'number') return refuseToStart(report, [stoppedEarly]);
  if (!started.ok) {
    await runSteps({ steps: () => steps.toReversed(), log: logger });
    return refuseToStart(report, [started.error]);
  }
  steps.push({
    name: 'systemd',
    boundMs: STEP_MS,
    run: () => {
      service.stopping();
      return service.flush();
    },
  });
  process.on('SIGUSR1', () => {
    logSnapshot(started.value, logger);
  });
  service.ready(`${settings.self.role} ${settings.self.address.text}`);
  service.startWatchdog(() => started.value.member.isJournalUsable);
  report?.ready();
  return stopped;
}

function refuseToStart(report: ReadyReport | null, problems: readonly Problem[]): number {
  const text = problems.map((found) => renderProblem(found)).join('\n');
  if (report === null) process.stderr.write(`${text}\n`);
  else report.failed(text);
  return 1;
}

const stoppedEarly = problem('stopped-early', 'the daemon was stopped before it was ready');

interface Opening {
  readonly settings: DaemonSettings;
  readonly role: DaemonRole;
  readonly logger: Logger;
  /** What is open, last opened last: taken down in reverse. */
  readonly steps: ShutdownStep[];
}

/** Opens everything in the order in which it is needed. */
async function start(opening: Opening): Promise<Result<RunningMember, Problem>> {
  const { settings, role, logger } = opening;
  const closeLater = (name: string, run: () => Promise<void>, boundMs = STEP_MS): void => {
    opening.steps.push({ name, boundMs, run });
  };
  for (const found of settings.warnings) logProblem(logger, found);
  const lock = await takeLock(settings.lockPath);
  if (!lock.ok) return lock;
  closeLater('lock file', lock.value.release);
  const memory = await openMemory(settings.stateDir);
  if (!memory.ok) return memory;
  closeLater('journal', memory.value.close);
  for (const found of memory.value.findings) logProblem(logger, found);
  const { listener, early } = waitingListener(logger);
  const clock = bootClock();
  const servesSince = clock.now();
  const sockets = await openSockets(settings, listener);
  if (!sockets.ok) return sockets;
  closeLater('sockets', sockets.value.close);
  const written = lock.value.write(lockContent(settings, 'starting'));
  if (!written.ok) return written;
  const cluster = await role.openCluster(settings, { clock, log: logger });
  if (!cluster.ok) return cluster;
  if (cluster.value !== null) closeLater('cluster', cluster.value.close, CLUSTER_STEP_MS);
  const handlers = handlerProcesses({ environment: process.env, graceMs: HANDLER_GRACE_MS });
  closeLater('handlers', handlers.close);
  const stored = await loadCluster(settings, cluster.value, logger);
  const running = runMember(
    {
      setup: {
        config: settings.config,
        self: settings.self,
        key: settings.key,
        random: seededRandom(randomSeed()),
        formatTime: localTimeText,
        servesSince,
      },
      ports: {
        clock,
        random: seededRandom(randomSeed()),
        datagrams: sockets.value.datagrams,
        clients: sockets.value.clients,
        journal: memory.value.journal,
        cluster: cluster.value?.port ?? null,
        handlers,
        log: logger,
      },
      bootId: bootId(),
      defer: (afterMs, call) => {
        setTimeout(call, afterMs).unref();
      },
    },
    { ...memory.value.recollection, cluster: stored },
  );
  closeLater('member', () => {
    running.stop();
    return Promise.resolve();
  });
  memory.value.keepFrom(running.snapshot);
  memory.value.declareComplete();
  listener.datagram = running.receiveDatagram;
  listener.request = running.receiveRequest;
  for (const { connection, bytes } of early) running.receiveRequest(connection, bytes);
  const told = lock.value.write(lockContent(settings, 'started'));
  return told.ok ? ok(running) : told;
}

function openLogger({ flags, config, self }: DaemonSettings): Logger {
  const isDebug = Math.max(flags.debugLevel, config.debugLevel) > 0;
  return createLogger({
    format: flags.logFormat ?? 'auto',
    level: isDebug ? 'debug' : 'info',
    member: self.address.text,
  });
}

/** SIGUSR1: every ticket as it stands, as booth logs it. */
function logSnapshot({ member }: RunningMember, log: Log): void {
  for (const [ticket, { state }] of member.tickets) {
    const { role, term, holder, lease, promise, abstainUntil } = state;
    const fields = { ticket, state: role, term, holder: { ...holder } };
    const until = { lease: lease?.until ?? null, promise: promise?.until ?? null, abstainUntil };
    const message = `${ticket}: ${role}, term ${String(term)}, holder ${JSON.stringify(holder)}`;
    log.write({ level: 'info', event: 'snapshot', message, fields: { ...fields, ...until } });
  }
}

const logProblem = (log: Log, { code, severity, message }: Problem): void => {
  log.write({ level: severity, event: code, message, fields: {} });
};

interface EarlyRequest {
  readonly connection: number;
  readonly bytes: Uint8Array;
}

/**
 * Until the member runs: datagrams are lost, as on a network; clients wait for their answer, since
 * the stock client would wait for ever for one that was lost. The server bounds their number.
 */
function waitingListener(log: Log): { listener: SocketListener; early: readonly EarlyRequest[] } {
  const early: EarlyRequest[] = [];
  const listener: SocketListener = {
    datagram: () => undefined,
    request: (connection, bytes) => {
      early.push({ connection, bytes });
    },
    failure: (failure) => {
      logProblem(log, { ...failure, severity: 'warning' });
    },
  };
  return { listener, early };
}

const lockContent = (
  { config, self }: DaemonSettings,
  state: LockContent['state'],
): LockContent => ({
  state,
  type: self.role,
  configName: config.name,
  memberId: self.id,
  address: self.address.text,
  port: self.port,
});

/** What the cluster stores of our tickets; null (and told) when it cannot be read. */
function loadCluster(
  { config }: DaemonSettings,
  cluster: OpenedCluster | null,
  log: Log,
): Promise<ReadonlyMap<string, ClusterTicket> | null> {
  if (cluster === null) return Promise.resolve(new Map());
  const names = config.tickets.map(({ name }) => name);
  return new Promise((resolve) => {
    cluster.port.load(names, (loaded) => {
      if (!loaded.ok) logProblem(log, loaded.error);
      resolve(loaded.ok ? loaded.value : null);
    });
  });
}

const randomSeed = (): number => randomBytes(4).readUInt32LE();
