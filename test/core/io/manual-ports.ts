/** Ports whose outcomes the test brings, one by one: journal, cluster, handlers, clock. */
import { instantOf } from '../../../core/base/instant.ts';
import { problem, type Problem } from '../../../core/base/problem.ts';
import { seededRandom } from '../../../core/base/random.ts';
import { ok } from '../../../core/base/result.ts';
import type { RingConfig } from '../../../core/config/model.ts';
import { runMember, type RunningMember } from '../../../core/io/run-member.ts';
import type {
  CommitOutcome,
  HandlerExit,
  JournalEntry,
  LogEvent,
  TicketCommit,
} from '../../../core/member/ports.ts';
import { durableOf, initialState } from '../../../core/ticket/state.ts';
import { decodeAnswer } from '../../../core/wire/decode-answer.ts';
import { decodeDatagram } from '../../../core/wire/decode-datagram.ts';
import { encodeRequest, encodeRingMessage } from '../../../core/wire/encode.ts';
import type { ClientRequest, RingMessage } from '../../../core/wire/message.ts';
import { assert } from '../../../core/base/assert.ts';

export interface Append {
  readonly entries: readonly JournalEntry[];
  readonly done: (failure: Problem | null) => void;
}

export interface PendingCommit {
  readonly changes: readonly TicketCommit[];
  readonly done: (outcomes: readonly CommitOutcome[]) => void;
}

export interface PendingHandler {
  readonly ticket: string;
  readonly done: (exit: HandlerExit) => void;
}

export interface Answered {
  readonly connection: number;
  readonly result: string;
  readonly isFinal: boolean;
}

/** Everything the member has asked of its ports and not got yet. */
export interface Rig {
  readonly running: RunningMember;
  readonly appends: Append[];
  readonly commits: PendingCommit[];
  readonly handlers: PendingHandler[];
  readonly stopped: string[];
  readonly sent: RingMessage[];
  readonly answers: Answered[];
  readonly events: LogEvent[];
  /** Calls that were to come back later. */
  readonly deferred: (() => void)[];
  /** Lets time pass; the alarm rings if it is due, unless the process is paused. */
  readonly pass: (spanMs: number, isPaused?: boolean) => void;
  readonly nowMs: () => number;
  readonly hear: (message: Partial<RingMessage> & Pick<RingMessage, 'from' | 'command'>) => void;
  readonly ask: (connection: number, request: ClientRequest) => void;
  /** Confirms every write that waits, also those it leads to. */
  readonly flush: () => void;
}

export const diskFull: Problem = problem('journal-write', 'no space left on device');

export function openRig(config: RingConfig): Rig {
  const [self] = config.members;
  assert(self !== undefined, 'the first member runs here');
  let nowMs = 5_000_000;
  let alarm: { atMs: number; call: () => void } | null = null;
  const rig = {
    appends: [] as Append[],
    commits: [] as PendingCommit[],
    handlers: [] as PendingHandler[],
    stopped: [] as string[],
    sent: [] as RingMessage[],
    answers: [] as Answered[],
    events: [] as LogEvent[],
    deferred: [] as (() => void)[],
  };
  const idle = {
    granted: false,
    standby: false,
    owner: null,
    expiresEpochSecs: null,
    term: null,
    attributes: new Map<string, string>(),
  };
  const running = runMember(
    {
      setup: {
        config,
        self,
        key: null,
        random: seededRandom(5),
        formatTime: String,
      },
      ports: {
        clock: {
          now: () => instantOf(nowMs),
          epochMs: () => 1_700_000_000_000 + nowMs,
          setAlarm: (at, call) => {
            alarm = at === null ? null : { atMs: at, call };
          },
        },
        random: seededRandom(5),
        datagrams: {
          send: (_to, bytes) => {
            const decoded = decodeDatagram(bytes);
            assert(decoded.ok, 'our datagrams are well-formed');
            rig.sent.push(decoded.value.message);
          },
        },
        clients: {
          answer: (connection, bytes, isFinal) => {
            const decoded = decodeAnswer(bytes, null);
            const { answer } = decoded.ok ? decoded.value : { answer: null };
            const result = answer === null || answer.form === 'text' ? 'text' : answer.result;
            rig.answers.push({ connection, result, isFinal });
          },
        },
        journal: { append: (entries, done) => rig.appends.push({ entries, done }) },
        cluster: {
          load: (_tickets, done) => {
            done(ok(new Map()));
          },
          commit: (changes, done) => rig.commits.push({ changes, done }),
          setAttribute: (_change, done) => rig.deferred.push(() => done(null)),
        },
        handlers: {
          start: ({ ticket }, done) => rig.handlers.push({ ticket, done }),
          stop: (ticket) => rig.stopped.push(ticket),
        },
        log: { write: (event) => rig.events.push(event) },
      },
      bootId: 'boot-1',
      defer: (_afterMs, call) => rig.deferred.push(call),
    },
    {
      tickets: new Map(config.tickets.map(({ name }) => [name, durableOf(initialState)])),
      isSameBoot: true,
      isMemoryComplete: true,
      cluster: new Map(config.tickets.map(({ name }) => [name, idle])),
    },
  );
  return {
    ...rig,
    running,
    nowMs: () => nowMs,
    pass: (spanMs, isPaused = false) => {
      nowMs += spanMs;
      for (let rings = 0; !isPaused && rings < 100; rings += 1) {
        if (alarm === null || alarm.atMs > nowMs) return;
        const { call } = alarm;
        alarm = null;
        call();
      }
    },
    hear: (message) => {
      const whole: RingMessage = {
        request: null,
        options: 0,
        reason: 'none',
        result: 'success',
        ticket: config.tickets[0]?.name ?? '',
        leader: null,
        term: 0,
        validFor: 0,
        isMarked: true,
        leaseUnit: 's',
        ...message,
      };
      running.receiveDatagram(encodeRingMessage(whole, { secs: 0, usecs: 0 }, null));
    },
    ask: (connection, request) => {
      running.receiveRequest(connection, encodeRequest(request, { secs: 0, usecs: 0 }, null));
    },
    flush: () => {
      for (let one = rig.appends.shift(); one !== undefined; one = rig.appends.shift())
        one.done(null);
    },
  };
}
