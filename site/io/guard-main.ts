/**
 * The guard (R14): a process of its own that is told, at every renewal, by when what runs under a
 * ticket must stop. When no newer word comes in time, because the daemon is dead, hung or stopped,
 * it runs the stop actions itself. It lives as long as somebody is there or something is owed.
 */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { writeFileAtomic } from '../../core/io/atomic-file.ts';
import { bootClock } from '../../core/io/boot-clock.ts';
import { errnoText } from '../../core/io/errno.ts';
import type { GuardWord } from '../embedded/contract.ts';
import type { GuardMemory } from '../embedded/guard-step.ts';
import {
  afterActing,
  afterAttendance,
  afterWord,
  emptyMemory,
  isObsolete,
  nextActAt,
  takeDue,
  takeOverdue,
} from '../embedded/guard-step.ts';
import { log, logEnded } from './guard-log.ts';
import type { FromGuard, GuardReport, ToGuard } from './guard-protocol.ts';
import {
  GUARD_PROTOCOL,
  guardReportPath,
  guardSocketPath,
  guardTitle,
  operationsPath,
  reportText,
} from './guard-protocol.ts';
import { takePrecedence } from './guard-precedence.ts';
import { runGuardStops } from './guard-stops.ts';
import type { GuardWatchdog } from './guard-watchdog.ts';
import { guardWatchdog } from './guard-watchdog.ts';
import { readJsonLines, writeJsonLine } from './json-lines.ts';
import type { AgentFolders } from './ocf-agent.ts';
import { runSelfFence } from './self-fence.ts';

/** Devices fire after 10 s and more. */
const FEED_MS = 1000;
/** How long a guard that has just been started waits for its first daemon. */
const FIRST_HELLO_MS = 10_000;

interface Guard {
  readonly stateDir: string;
  readonly clock: ReturnType<typeof bootClock>;
  memory: GuardMemory;
  /** The daemon of the newest connection. */
  daemon: Socket | null;
  folders: AgentFolders | null;
  selfFence: readonly string[] | null;
  readonly watchdog: GuardWatchdog;
  /** Why the watchdog cannot be used, as the daemon was told; null: it can. */
  unfit: string | null;
  readonly reports: GuardReport[];
  /** Reports on their way to the disk. */
  reporting: number;
  readonly end: () => void;
}

/** Serves the state directory until it is not needed any more; resolves with the exit code. */
export function runGuard(args: readonly string[]): Promise<number> {
  const [stateDir] = args;
  if (stateDir === undefined) {
    log('usage: --guard STATE-DIR');
    return logEnded().then(() => 2);
  }
  process.title = guardTitle(stateDir);
  takePrecedence();
  return new Promise((resolve) => {
    const server = createServer();
    const guard: Guard = {
      stateDir,
      clock: bootClock(),
      memory: emptyMemory,
      daemon: null,
      folders: null,
      selfFence: null,
      watchdog: guardWatchdog(),
      unfit: null,
      reports: [],
      reporting: 0,
      end: () => {
        clearInterval(feeding);
        guard.watchdog.leave(guard.memory, guard.clock.now());
        guard.clock.setAlarm(null, () => undefined);
        guard.daemon?.destroy();
        server.close();
        void logEnded().then(() => {
          resolve(0);
        });
      },
    };
    const feeding = setInterval(() => {
      tendWatchdog(guard);
    }, FEED_MS);
    ignoreSignalsWhileOwed(guard);
    server.on('connection', (socket) => {
      welcome(guard, socket);
    });
    const refuse = (thrown: unknown): void => {
      log(`cannot listen on ${guardSocketPath(stateDir)}: ${errnoText(thrown)}`);
      void logEnded().then(() => {
        resolve(1);
      });
    };
    server.on('error', refuse);
    listen(server, guardSocketPath(stateDir)).catch(refuse);
    setTimeout(() => {
      if (guard.daemon === null) endIfObsolete(guard);
    }, FIRST_HELLO_MS).unref();
  });
}

async function listen(server: Server, path: string): Promise<void> {
  await rm(path, { force: true });
  // The socket is made within the call; what the guard starts later gets the usual umask.
  const umask = process.umask(0o177);
  server.listen(path, () => {
    log(`process ${process.pid} listens on ${path}`);
  });
  process.umask(umask);
}

/** Only the newest daemon counts: there is one at a time, and an older one is dead or has hung. */
function welcome(guard: Guard, socket: Socket): void {
  const before = guard.daemon;
  guard.daemon = socket;
  before?.destroy();
  guard.memory = afterAttendance(guard.memory, true);
  readJsonLines(socket, (value) => {
    if (guard.daemon === socket) hear(guard, value as ToGuard);
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    if (guard.daemon !== socket) return;
    guard.daemon = null;
    guard.memory = afterAttendance(guard.memory, false);
    look(guard);
  });
  const owed = ticketsOwed(guard);
  say(guard, { kind: 'hello', protocol: GUARD_PROTOCOL, pid: process.pid, owed });
}

const ticketsOwed = ({ memory }: Guard): readonly string[] =>
  [...memory.owed].flatMap(([ticket, { phase }]) => (phase === 'acted' ? [] : [ticket]));

function hear(guard: Guard, message: ToGuard): void {
  switch (message.kind) {
    case 'hello':
      guard.folders = message.folders;
      guard.selfFence = message.selfFence;
      guard.watchdog.configure(message.watchdog);
      // A daemon that has just come has not been told.
      guard.unfit = null;
      tendWatchdog(guard);
      return;
    case 'ask':
      say(guard, { kind: 'answer' });
      return;
    case 'words':
      return takeIn(guard, message.words);
  }
}

function takeIn(guard: Guard, words: readonly GuardWord[]): void {
  for (const word of words) guard.memory = afterWord(guard.memory, word);
  look(guard);
  const last = words.at(-1);
  // Nothing is started before its word was heard: without the watchdog nothing shall be.
  if (last !== undefined && guard.unfit === null) say(guard, { kind: 'heard', word: last.word });
}

/** Tells the daemon when the watchdog cannot be used, and when it can again; each once. */
function tendWatchdog(guard: Guard): void {
  const fault = guard.watchdog.tend(guard.memory, guard.clock.now());
  if (fault === guard.unfit) return;
  guard.unfit = fault;
  log(fault ?? 'the watchdog can be used again');
  if (fault === null) say(guard, { kind: 'fit', owed: ticketsOwed(guard) });
  else say(guard, { kind: 'unfit', message: fault });
}

/** Acts where it is time to, and sets the alarm for the next moment. */
function look(guard: Guard): void {
  const { memory, due } = takeDue(guard.memory, guard.clock.now());
  const late = takeOverdue(memory, guard.clock.now());
  guard.memory = late.memory;
  for (const ticket of due) void act(guard, ticket);
  for (const ticket of late.overdue) fence(guard, ticket);
  guard.clock.setAlarm(nextActAt(guard.memory), () => {
    look(guard);
  });
  // After what is due: a device that hangs must not delay a stop.
  tendWatchdog(guard);
  endIfObsolete(guard);
}

async function act(guard: Guard, ticket: string): Promise<void> {
  const owed = guard.memory.owed.get(ticket);
  if (owed === undefined || guard.folders === null) return;
  const cause = guard.memory.isAttended ? 'no newer word came in time' : 'the daemon is gone';
  log(`ticket ${ticket}: ${cause}, stopping its resources`);
  const report = await runGuardStops({
    ticket,
    stops: owed.stops,
    folders: guard.folders,
    // Not opened: that could fail on a disk that is gone, and nothing would be stopped.
    records: { folder: operationsPath(guard.stateDir) },
    selfFence: guard.selfFence,
    log: (message) => {
      log(`ticket ${ticket}: ${message}`);
    },
  });
  log(`ticket ${ticket}: ${reportText(report)}`);
  const isStopped = report.failed.length === 0;
  guard.memory = afterActing(guard.memory, ticket, { actedFor: owed.actAt, isStopped });
  guard.reporting += 1;
  look(guard);
  await keepReport(guard, report);
  guard.reporting -= 1;
  say(guard, { kind: 'acted', report });
  endIfObsolete(guard);
}

/** Its stops have not ended: whatever they wait for, it cannot be waited for any longer. */
function fence(guard: Guard, ticket: string): void {
  const { folders, selfFence } = guard;
  const stops = guard.memory.owed.get(ticket)?.stops ?? [];
  if (folders === null) return;
  const resources = stops.flat().map(({ resource }) => resource);
  log(`ticket ${ticket}: its stops do not end`);
  runSelfFence(
    {
      ticket,
      selfFence,
      folders,
      log: (message) => {
        log(`ticket ${ticket}: ${message}`);
      },
    },
    resources,
  );
}

const REPORTS_MAX = 100;

/** For a daemon that is not there now: it reads the file when it starts, and takes it away. */
async function keepReport(guard: Guard, report: GuardReport): Promise<void> {
  if (!existsSync(guardReportPath(guard.stateDir))) guard.reports.length = 0;
  guard.reports.push(report);
  guard.reports.splice(0, guard.reports.length - REPORTS_MAX);
  try {
    await writeFileAtomic(guardReportPath(guard.stateDir), JSON.stringify(guard.reports), 0o600);
  } catch (thrown) {
    log(`the report could not be written: ${errnoText(thrown)}`);
  }
}

function endIfObsolete(guard: Guard): void {
  if (isObsolete(guard.memory) && guard.reporting === 0) guard.end();
}

const say = (guard: Guard, message: FromGuard): void => {
  if (guard.daemon !== null) writeJsonLine(guard.daemon, message);
};

/** Whoever ends everything here, by a signal to all, must not end the last one who can stop it. */
function ignoreSignalsWhileOwed(guard: Guard): void {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (guard.memory.owed.size === 0) guard.end();
      else log(`${signal} ignored: a deadline is being watched`);
    });
  }
}
