/**
 * The daemon's end of the connection to its guard: finds one that is there from before, or starts
 * one; starts another when it is gone, or has hung. Reports what it hears, decides nothing.
 */
import { rmSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Problem } from '../../core/base/problem.ts';
import { problem } from '../../core/base/problem.ts';
import type { Result } from '../../core/base/result.ts';
import { err, ok } from '../../core/base/result.ts';
import { keepGuardTrouble } from '../../core/io/guard-trouble.ts';
import type { Log } from '../../core/member/ports.ts';
import type { GuardWord } from '../embedded/contract.ts';
import type { FromGuard, GuardReport } from './guard-protocol.ts';
import {
  GUARD_PROTOCOL,
  guardLogPath,
  guardReportPath,
  guardSocketPath,
} from './guard-protocol.ts';
import type { StartedGuard } from './guard-process.ts';
import { endGuard, guardsServing, startGuard } from './guard-process.ts';
import { askGuard, type GuardQuestions } from './guard-questions.ts';
import { readJsonLines, writeJsonLine } from './json-lines.ts';
import type { AgentFolders } from './ocf-agent.ts';

export interface GuardLinkOptions {
  readonly stateDir: string;
  /** Program and arguments that run `runGuard`; the state directory is added. */
  readonly command: readonly string[];
  readonly selfFence: readonly string[] | null;
  readonly watchdog: string | null;
  readonly folders: AgentFolders;
  readonly log: Log;
  readonly onThere: (owed: readonly string[]) => void;
  readonly onGone: () => void;
  readonly onHeard: (word: number) => void;
  readonly onActed: (report: GuardReport) => void;
  /** How long a guard may take to be there and to greet; default 10 s. */
  readonly patienceMs?: number;
}

export interface GuardLink {
  tell(words: readonly GuardWord[]): void;
  /** Lets go of the guard, which lives on as long as it is owed something. */
  close(): void;
}

const PATIENCE_MS = 10_000;
const RETRY_MS = 20;
/** A guard greets at once; one that does not has hung. */
const GREETING_MS = 2000;
/** A host in need may take long to start one; one that takes longer than this has hung. */
const STARTING_MAX_MS = 60_000;
/** Before another one is started, so that one that dies at once does not keep the host busy. */
const PAUSE_MS = 500;
/** It is doubled up to this, so that the log can be read. */
const PAUSE_MAX_MS = 8000;

interface Link extends GuardLinkOptions {
  socket: Socket | null;
  /**
   * Started, and not seen to serve yet. No other is started beside it: the later one would take its
   * place, and the earlier one act at a deadline that nobody can tell it to forget.
   */
  starting: StartedGuard | null;
  isClosed: boolean;
  /** What `geo status` shows is written in the order in which it was said. */
  kept: Promise<void>;
}

/** Resolves when a guard is there; an error when none can be had. */
export async function linkGuard(options: GuardLinkOptions): Promise<Result<GuardLink, Problem>> {
  const tooLong = faultOfPath(options.stateDir);
  if (tooLong !== null) return err(tooLong);
  const link: Link = {
    ...options,
    socket: null,
    starting: null,
    isClosed: false,
    kept: Promise.resolve(),
  };
  const failure = await attach(link);
  if (failure !== null) return err(failure);
  keep(link, null);
  return ok({
    tell: (words) => {
      if (link.socket !== null) writeJsonLine(link.socket, { kind: 'words', words });
    },
    close: () => {
      link.isClosed = true;
      link.socket?.end();
    },
  });
}

/** Node cuts a longer path off without a word: another name, perhaps that of another guard. */
const SOCKET_PATH_BYTES_MAX = 107;

function faultOfPath(stateDir: string): Problem | null {
  const path = guardSocketPath(stateDir);
  const bytes = Buffer.byteLength(path);
  if (bytes <= SOCKET_PATH_BYTES_MAX) return null;
  const message = `the path of the guard's socket has ${bytes} bytes, at most ${SOCKET_PATH_BYTES_MAX} are possible: give a shorter --state-dir`;
  return problem('guard-not-there', message, { file: path });
}

/** What the guard did while nobody was there; each is told once. */
export async function takeGuardReports(stateDir: string): Promise<readonly GuardReport[]> {
  try {
    const reports: unknown = JSON.parse(await readFile(guardReportPath(stateDir), 'utf8'));
    await rm(guardReportPath(stateDir), { force: true });
    return Array.isArray(reports) ? (reports as readonly GuardReport[]) : [];
  } catch {
    return [];
  }
}

async function attach(
  link: Link,
  deadlineMs = performance.now() + (link.patienceMs ?? PATIENCE_MS),
): Promise<Problem | null> {
  forgetStarted(link);
  let last = 'it ends the connection at once';
  while (performance.now() < deadlineMs && !link.isClosed && link.starting?.hasEnded !== true) {
    const dialled = await dial(guardSocketPath(link.stateDir));
    if (typeof dialled !== 'string') return greet(link, dialled, deadlineMs);
    last = dialled;
    link.starting ??= start(link);
    await sleep(RETRY_MS);
  }
  return noAnswer(link, last);
}

/** One that has ended, or that will never serve, makes way for another. */
function forgetStarted(link: Link): void {
  const { starting } = link;
  if (starting === null) return;
  if (!starting.hasEnded && performance.now() - starting.sinceMs < STARTING_MAX_MS) return;
  starting.end();
  link.starting = null;
}

function noAnswer(link: Link, reason: string): Problem {
  const where = { file: guardLogPath(link.stateDir) };
  return problem('guard-not-there', `the guard does not answer: ${reason}, see its log`, where);
}

/** The connection, or why there is none. */
const dial = (path: string): Promise<Socket | string> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', (error) => {
      resolve(error.message);
    });
  });

/** Waits for the guard's hello; what else it says is passed on. */
function greet(link: Link, socket: Socket, deadlineMs: number): Promise<Problem | null> {
  return new Promise((resolve) => {
    let phase: 'waiting' | 'there' | 'given-up' = 'waiting';
    const again = (): void => resolve(sleep(RETRY_MS).then(() => attach(link, deadlineMs)));
    let questions: GuardQuestions | null = null;
    // A guard that was stopped takes connections and says nothing.
    const timer = setTimeout(
      () => {
        phase = 'given-up';
        socket.destroy();
        if (endSilentGuards(link)) again();
        else resolve(noAnswer(link, 'it takes the connection but does not greet, end its process'));
      },
      Math.min(GREETING_MS, deadlineMs - performance.now()),
    );
    socket.on('error', () => undefined);
    readJsonLines(socket, (value) => {
      const message = value as FromGuard;
      if (message.kind === 'answer') questions?.answered();
      else if (message.kind !== 'hello') passOn(link, message);
      else if (message.protocol !== GUARD_PROTOCOL) replaceGuard(link, message.pid);
      else {
        phase = 'there';
        clearTimeout(timer);
        link.socket = socket;
        link.starting = null;
        const { folders, selfFence, watchdog } = link;
        writeJsonLine(socket, { kind: 'hello', folders, selfFence, watchdog });
        questions = askGuard(socket, () => endHungGuard(link, socket, message.pid));
        link.onThere(message.owed);
        resolve(null);
      }
    });
    socket.once('close', () => {
      clearTimeout(timer);
      questions?.end();
      if (link.socket === socket) link.socket = null;
      if (phase === 'there' && !link.isClosed) lose(link);
      if (phase === 'waiting') again();
    });
  });
}

function passOn(link: Link, message: Exclude<FromGuard, { kind: 'hello' | 'answer' }>): void {
  switch (message.kind) {
    case 'heard':
      return link.onHeard(message.word);
    case 'acted':
      return link.onActed(message.report);
    case 'unfit':
      note(link, {
        event: 'watchdog-unusable',
        message: `${message.message}; until it can be used there is no guard`,
      });
      return link.onGone();
    case 'fit':
      note(link, { event: 'guard-back', message: 'the watchdog can be used again' });
      return link.onThere(message.owed);
  }
}

/** It may go on at any moment, and then act on what it knows from long ago. */
function endHungGuard(link: Link, socket: Socket, pid: number): void {
  note(link, {
    event: 'guard-silent',
    message: `the guard (process ${pid}) does not answer any more and is ended`,
  });
  endGuard(pid, link.stateDir);
  socket.destroy();
}

/** A process that waits for a dead disk does not end: the next guard gets a socket of its own. */
function endSilentGuards(link: Link): boolean {
  const socketPath = guardSocketPath(link.stateDir);
  const pids = guardsServing(link.stateDir);
  for (const pid of pids) {
    note(link, {
      event: 'guard-silent',
      message: `a guard (process ${pid}) does not greet and is ended`,
    });
    endGuard(pid, link.stateDir);
  }
  if (pids.length === 0) return false;
  rmSync(socketPath, { force: true });
  link.starting = null;
  return true;
}

/** A guard of another release does not understand us; ours is told everything at once. */
function replaceGuard(link: Link, pid: number): void {
  note(link, {
    event: 'guard-replaced',
    message: `the guard (process ${pid}) is of another release and is replaced`,
  });
  endGuard(pid, link.stateDir);
}

function lose(link: Link): void {
  note(link, {
    event: 'guard-gone',
    message: 'the guard has ended, another one is started; nothing starts meanwhile',
  });
  link.onGone();
  void recover(link);
}

async function recover(link: Link): Promise<void> {
  let pauseMs = PAUSE_MS;
  while (!link.isClosed) {
    const failure = await attach(link);
    if (failure === null) {
      note(link, { event: 'guard-back', message: 'a guard is there again' });
      return;
    }
    note(link, { event: failure.code, message: failure.message });
    await sleep(pauseMs);
    pauseMs = Math.min(2 * pauseMs, PAUSE_MAX_MS);
  }
}

const start = (link: Link): StartedGuard =>
  startGuard(link, (message) => {
    note(link, { event: 'guard-not-started', message: `the guard cannot be started: ${message}` });
  });

const note = (link: Link, said: { readonly event: string; readonly message: string }): void => {
  const isBack = said.event === 'guard-back';
  link.log.write({ level: isBack ? 'info' : 'error', ...said, fields: {} });
  keep(link, isBack ? null : said.message);
};

const keep = (link: Link, trouble: string | null): void => {
  link.kept = link.kept.then(() => keepGuardTrouble(link.stateDir, trouble));
};
