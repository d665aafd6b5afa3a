/**
 * A daemon from start to end: opens lock, journal, cluster and sockets, runs the member over
 * them, and takes all down again in order. What both kinds of member share; a site brings its
 * cluster.
 */
import { randomBytes } from 'node:crypto';
import type { Problem } from '../../base/problem.ts';
import { renderProblem } from '../../base/problem.ts';
import { seededRandom } from '../../base/random.ts';
import { ok, type Result } from '../../base/result.ts';
import type { MemberRole } from '../../base/role.ts';
import { bootClock, bootId } from '../../io/boot-clock.ts';
import { handlerProcesses } from '../../io/handler-process.ts';
import { takeLock, type LockContent } from '../../io/lock-file.ts';
import { createLogger, type Logger } from '../../io/logger.ts';
import { runMember, type RunningMember } from '../../io/run-member.ts';
import { stopSignal } from '../../io/stop-signal.ts';
import type { Clock, ClusterPort, ClusterTicket, Log } from '../../member/ports.ts';
import { localTimeText } from './local-time.ts';
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

type Closer = () => Promise<void> | void;

/** Runs a daemon until it is told to stop; resolves with its exit code. */
export async function runDaemon(argv: readonly string[], role: DaemonRole): Promise<number> {
  const settings = await readSettings(argv, role.role);
  if (!settings.ok) return refuseToStart(settings.error);
  const closers: Closer[] = [];
  const started = await start(settings.value, role, closers);
  if (!started.ok) {
    await closeAll(closers);
    return refuseToStart([started.error]);
  }
  await stopSignal();
  await closeAll(closers);
  return 0;
}

async function closeAll(closers: Closer[]): Promise<void> {
  for (const close of closers.reverse()) await close();
}

function refuseToStart(problems: readonly Problem[]): number {
  for (const found of problems) process.stderr.write(`${renderProblem(found)}\n`);
  return 1;
}

/** Opens everything in the order in which it is needed; what is open is left to `closers`. */
async function start(
  settings: DaemonSettings,
  role: DaemonRole,
  closers: Closer[],
): Promise<Result<RunningMember, Problem>> {
  const logger = openLogger(settings);
  closers.push(() => logger.close());
  for (const found of settings.warnings) logProblem(logger, found);
  const lock = await takeLock(settings.lockPath);
  if (!lock.ok) return lock;
  closers.push(() => lock.value.release());
  const memory = await openMemory(settings.stateDir);
  if (!memory.ok) return memory;
  closers.push(() => memory.value.journal.close());
  for (const found of memory.value.findings) logProblem(logger, found);
  const listener = deafListener(logger);
  const sockets = await openSockets(settings, listener);
  if (!sockets.ok) return sockets;
  closers.push(() => sockets.value.close());
  const written = lock.value.write(lockContent(settings, 'starting'));
  if (!written.ok) return written;
  const clock = bootClock();
  const cluster = await role.openCluster(settings, { clock, log: logger });
  if (!cluster.ok) return cluster;
  if (cluster.value !== null) closers.push(cluster.value.close);
  const stored = await loadCluster(settings, cluster.value, logger);
  const running = runMember(
    {
      setup: {
        config: settings.config,
        self: settings.self,
        key: settings.key,
        random: seededRandom(randomSeed()),
        formatTime: localTimeText,
      },
      ports: {
        clock,
        random: seededRandom(randomSeed()),
        datagrams: sockets.value.datagrams,
        clients: sockets.value.clients,
        journal: memory.value.journal,
        cluster: cluster.value?.port ?? null,
        handlers: handlerProcesses(),
        log: logger,
      },
      bootId: bootId(),
      defer: (afterMs, call) => {
        setTimeout(call, afterMs).unref();
      },
    },
    { ...memory.value.recollection, cluster: stored },
  );
  closers.push(() => {
    running.stop();
  });
  memory.value.keepFrom(running.snapshot);
  memory.value.declareComplete();
  listener.datagram = running.receiveDatagram;
  listener.request = running.receiveRequest;
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

const logProblem = (log: Log, { code, severity, message }: Problem): void => {
  log.write({ level: severity, event: code, message, fields: {} });
};

/** Hears nothing until the member runs; what arrives before is lost, as on a network. */
const deafListener = (log: Log): SocketListener => ({
  datagram: () => undefined,
  request: () => undefined,
  failure: (failure) => {
    logProblem(log, { ...failure, severity: 'warning' });
  },
});

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
