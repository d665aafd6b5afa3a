// The members of the ring as processes, and the clients that talk to them.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { bootClock, bootId } from '../../core/io/boot-clock.ts';
import { journalPath } from '../../core/io/journal.ts';
import { readJournal } from '../../core/io/journal-format.ts';
import { remember } from '../../core/member/remember.ts';
import { parseTicketList, type ListedTicket } from '../../core/cli/answer/ticket-list.ts';
import { readFileSync } from 'node:fs';
import { runCommand, type CommandOutcome } from '../support/run-command.ts';
import { waitUntil } from '../support/wait-until.ts';
import { lastLines } from './log-lines.ts';
import { isAlive, killAll, markOf, processesOf, type OwnProcess } from './own-processes.ts';
import { programPath, ticket, type DemoRing, type MemberKey, type PlannedMember } from './plan.ts';

/** How a daemon ended, in words; null while it runs. */
type Ending = string | null;

interface Running {
  readonly child: ChildProcess;
  ending: Ending;
}

export interface Members {
  /** Starts the daemon as an administrator would; does not wait until it serves. */
  start(key: MemberKey): void;
  /** Waits until the member answers `booth list`; fails at once when its daemon has ended. */
  untilServing(key: MemberKey): Promise<ListedTicket>;
  /** What the member says about the ticket. */
  list(key: MemberKey): Promise<ListedTicket>;
  /** Sends SIGTERM and waits for the end. */
  stop(key: MemberKey): Promise<void>;
  /** Kills everything the member has started, guard and services too, as a power cut would. */
  cutPower(key: MemberKey): Promise<readonly OwnProcess[]>;
  /** Every process ever seen of the ring that is still there. */
  leftovers(): readonly OwnProcess[];
  /** Notes which processes there are; call it from time to time. */
  note(): void;
  /** No more starts; kills whatever is left. */
  end(): Promise<void>;
}

const SERVING_MS = 15_000;
const STOPPING_MS = 15_000;

/** Nothing is started yet. */
export function openMembers(ring: DemoRing): Members {
  const running = new Map<MemberKey, Running>();
  const everSeen = new Map<string, OwnProcess>();
  let isEnded = false;
  const note = (): void => {
    for (const own of processesOf(ring.folder)) {
      everSeen.set(`${String(own.pid)} ${own.startedAt}`, own);
    }
  };
  const list = (key: MemberKey): Promise<ListedTicket> => listTicket(ring, ring.members[key]);
  return {
    start: (key) => {
      if (isEnded) throw new Error('the demo is ending');
      running.set(key, startDaemon(ring, ring.members[key]));
    },
    list,
    untilServing: async (key) => {
      const plan = ring.members[key];
      const found = await waitUntil(
        `${plan.title} to answer booth list`,
        async () => {
          const ending = running.get(key)?.ending ?? null;
          return ending === null ? { listed: await list(key) } : { ending };
        },
        { timeoutMs: SERVING_MS, everyMs: 50 },
      );
      note();
      if (found.listed !== undefined) return found.listed;
      throw new Error(`the daemon of ${plan.title} ended: ${String(found.ending)}`);
    },
    stop: async (key) => {
      const daemon = running.get(key);
      note();
      daemon?.child.kill('SIGTERM');
      const { title } = ring.members[key];
      const ending = await waitUntil(
        `the daemon of ${title} to end after SIGTERM`,
        () => daemon?.ending ?? null,
        { timeoutMs: STOPPING_MS, everyMs: 20 },
      );
      if (ending !== 'exit code 0') throw new Error(`the daemon of ${title} ended with ${ending}`);
    },
    cutPower: async (key) => {
      note();
      return killAll(ring.members[key].folder);
    },
    leftovers: () => {
      note();
      return [...everSeen.values()].filter(isAlive);
    },
    note,
    end: async () => {
      isEnded = true;
      await killAll(ring.folder);
    },
  };
}

/** In a process group of its own, so that a Ctrl-C at the terminal is the demo's to handle. */
function startDaemon(ring: DemoRing, plan: PlannedMember): Running {
  const log = openSync(plan.logFile, 'a', 0o600);
  const child = spawn(programPath('boothd'), daemonArguments(ring, plan), {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...markOf(plan.folder) },
  });
  closeSync(log);
  const running: Running = { child, ending: null };
  child.once('error', (error) => {
    running.ending = `cannot be started: ${error.message}`;
  });
  child.once('exit', (code, signal) => {
    running.ending = signal ?? `exit code ${String(code)}`;
  });
  return running;
}

export const daemonArguments = (ring: DemoRing, plan: PlannedMember): readonly string[] => [
  'daemon',
  '-S',
  ...['-c', ring.configuration],
  ...['--self', plan.address],
  ...['--state-dir', plan.stateDirectory],
  ...['-l', join(plan.folder, 'booth.pid')],
  ...['--cluster', plan.role === 'site' ? 'embedded' : 'none'],
  ...['--log-format', 'json'],
];

/** Runs one of the client programs; a failure carries what the program said. */
export async function runClient(
  ring: DemoRing,
  program: 'booth' | 'geo',
  args: readonly string[],
  timeoutMs = 60_000,
): Promise<CommandOutcome> {
  const line = [...args, '-c', ring.configuration];
  const outcome = await runCommand(programPath(program), line, {
    timeoutMs,
    env: markOf(ring.folder),
  });
  if (outcome.code === 0) return outcome;
  const how = outcome.signal ?? `exit code ${String(outcome.code)}`;
  throw new Error(`${program} ${args.join(' ')}: ${how}: ${outcome.stderr.trim()}`);
}

async function listTicket(ring: DemoRing, plan: PlannedMember): Promise<ListedTicket> {
  const args = ['list', '-s', plan.address, '--request-timeout', '2'];
  const { stdout } = await runClient(ring, 'booth', args, 10_000);
  const listing = parseTicketList(stdout);
  const listed = listing.ok
    ? listing.value.tickets.find((one) => one.ticket === ticket)
    : undefined;
  if (listed === undefined)
    throw new Error(`booth list has no line of ${ticket}: ${stdout.trim()}`);
  return listed;
}

/**
 * When the member's promise to the holder ends, as performance.now() counts: before that it votes
 * for nobody else. Read from its journal, which is the only place that knows it to the millisecond.
 */
export function promiseEndsAt(plan: PlannedMember): number {
  const { entries } = readJournal(readFileSync(journalPath(plan.stateDirectory)));
  const promise = remember(entries, bootId())?.tickets.get(ticket)?.promise ?? null;
  if (promise === null) throw new Error(`no promise in the journal of ${plan.title}`);
  return performance.now() + (promise.until - bootClock().now());
}

/** What the members logged last, for whoever has to find out why a step was not seen. */
export const logTails = (ring: DemoRing, count: number): string =>
  Object.values(ring.members)
    .map((plan) => {
      const lines = lastLines(plan, count).map((line) => `  ${line}\n`);
      return `last lines of ${plan.title}:\n${lines.length === 0 ? '  (none)\n' : lines.join('')}`;
    })
    .join('');
