/**
 * The loop: takes inputs from the ports, runs the member, performs its effects in their order and
 * feeds outcomes back as inputs. Decides nothing. Production and the simulator run this same
 * loop over different ports.
 */
import { msBetween } from '../base/instant.ts';
import type { MemberEffect } from '../member/effect.ts';
import type { StoredAttribute } from '../member/client.ts';
import { onAttributeStored, onClientRequest } from '../member/client.ts';
import type { Member, MemberSetup, Moment, Recollection } from '../member/model.ts';
import { createMember } from '../member/model.ts';
import type {
  CommitOutcome,
  HandlerExit,
  LogEvent,
  MemberPorts,
  TicketCommit,
} from '../member/ports.ts';
import { onDatagram } from '../member/receive.ts';
import { bootEntry, ticketEntry } from '../member/remember.ts';
import { nextAlarm, onAlarm, startMember, stepTicket } from '../member/run-ticket.ts';
import { durableOf } from '../ticket/state.ts';
import { encodeAnswer, encodeRingMessage } from '../wire/encode.ts';
import type { ClientAnswer, SentAt } from '../wire/message.ts';
import { nextSentAt } from '../wire/sent-at.ts';
import type { EffectQueue, Gate } from './effect-queue.ts';
import {
  addGate,
  createEffectQueue,
  dropHandlerRun,
  holdBack,
  isGated,
  release,
} from './effect-queue.ts';

export interface RunningMember {
  /** Read-only view for status, metrics and tests. */
  readonly member: Member;
  receiveDatagram(bytes: Uint8Array): void;
  receiveRequest(connection: number, bytes: Uint8Array): void;
  /** Everything that must survive, as a fresh journal would hold it. */
  snapshot(): ReturnType<typeof ticketEntry>[];
  /** Takes no more inputs; effects that wait are dropped. */
  stop(): void;
}

const JOURNAL_RETRY_MS = 1000;
const COMMIT_MARGIN_MS_MIN = 100;
const COMMIT_MARGIN_DECAY = 0.9;

/** Ports plus what identifies this boot, for the journal. */
export interface RunOptions {
  readonly setup: MemberSetup;
  readonly ports: MemberPorts;
  readonly bootId: string | null;
  /** How a later call comes back; the simulator gives its own. */
  readonly defer: (afterMs: number, call: () => void) => void;
}

interface Loop {
  readonly options: RunOptions;
  readonly member: Member;
  readonly queue: EffectQueue;
  readonly commits: { readonly ticket: string; sequence: number; change: TicketCommit }[];
  /** The handler whose exit each ticket waits for. */
  readonly handlerRuns: Map<string, object>;
  sentAt: SentAt | null;
  isStopped: boolean;
  isRetryingJournal: boolean;
}

/** Starts a member on what is remembered; the journal must be open and replayed. */
export function runMember(options: RunOptions, recollection: Recollection): RunningMember {
  const member = createMember(options.setup);
  const loop: Loop = {
    options,
    member,
    queue: createEffectQueue(),
    commits: [],
    handlerRuns: new Map(),
    sentAt: null,
    isStopped: false,
    isRetryingJournal: false,
  };
  const { ports } = options;
  ports.journal.append([bootEntry(options.bootId, ports.clock.epochMs())], () => undefined);
  react(loop, (moment) => startMember(member, moment, recollection));
  ports.cluster?.onGivingUp?.((tickets, reason) => {
    react(loop, (moment) =>
      tickets.flatMap((ticket) => stepTicket(member, moment, ticket, { kind: 'give-up', reason })),
    );
  });
  return {
    member,
    receiveDatagram: (bytes) => {
      react(loop, (moment) => onDatagram(member, moment, bytes));
    },
    receiveRequest: (connection, bytes) => {
      react(loop, (moment) => onClientRequest(member, moment, connection, bytes));
    },
    snapshot: () => [bootEntry(options.bootId, ports.clock.epochMs()), ...ticketEntries(member)],
    stop: () => {
      loop.isStopped = true;
      ports.clock.setAlarm(null, () => undefined);
    },
  };
}

/** One input: what is overdue first (R6), then the input, then its effects. */
function react(loop: Loop, input: (moment: Moment) => readonly MemberEffect[]): void {
  if (loop.isStopped) return;
  const { clock } = loop.options.ports;
  const moment: Moment = { now: clock.now(), epochMs: clock.epochMs() };
  perform(loop, onAlarm(loop.member, moment));
  flushCommits(loop);
  perform(loop, input(moment));
  flushCommits(loop);
  setAlarm(loop);
}

function setAlarm(loop: Loop): void {
  loop.options.ports.clock.setAlarm(nextAlarm(loop.member), () => {
    react(loop, () => []);
  });
}

function perform(loop: Loop, effects: readonly MemberEffect[]): void {
  for (const effect of effects) {
    const { ticket } = effect;
    if (effect.kind === 'persist') persist(loop, effect);
    else if (ticket === null || !isGated(effect)) execute(loop, effect);
    else if (!holdBack(loop.queue, ticket, effect)) execute(loop, effect);
  }
}

function persist(loop: Loop, effect: Extract<MemberEffect, { kind: 'persist' }>): void {
  const gate: Gate = { isSettled: false, isFailed: false };
  addGate(loop.queue, effect.ticket, gate);
  const entry = ticketEntry(effect.ticket, effect.record);
  loop.options.ports.journal.append([entry], (failure) => {
    gate.isSettled = true;
    gate.isFailed = failure !== null;
    if (failure !== null) loseJournal(loop, failure.message);
    react(loop, () => {
      const { ready, dropped } = release(loop.queue, effect.ticket);
      for (const one of ready) execute(loop, one);
      return dropped.flatMap((one) => giveUp(loop, one));
    });
  });
}

function execute(loop: Loop, effect: MemberEffect): void {
  const { ports } = loop.options;
  switch (effect.kind) {
    case 'persist':
      return persist(loop, effect);
    case 'send':
      return sendMessage(loop, effect);
    case 'commit':
      if (isNewest(loop, effect)) loop.commits.push(effect);
      return;
    case 'run-handler':
      return startHandler(loop, effect);
    case 'stop-handler':
      loop.handlerRuns.delete(effect.ticket);
      dropHandlerRun(loop.queue, effect.ticket);
      ports.handlers.stop(effect.ticket);
      return;
    case 'answer':
      return answerClient(loop, effect);
    case 'store-attribute':
      return storeAttribute(loop, effect);
    case 'event':
      ports.log.write(effect.event);
  }
}

/** The exit of a handler that was stopped is nobody's: the ticket may wait for the next one's. */
function startHandler(loop: Loop, effect: Extract<MemberEffect, { kind: 'run-handler' }>): void {
  const { ticket, run } = effect;
  const mine = {};
  loop.handlerRuns.set(ticket, mine);
  loop.options.ports.handlers.start(run, (exit) => {
    if (loop.handlerRuns.get(ticket) !== mine) return;
    loop.handlerRuns.delete(ticket);
    react(loop, (moment) => handlerExited(loop.member, moment, ticket, exit));
  });
}

function sendMessage(loop: Loop, effect: Extract<MemberEffect, { kind: 'send' }>): void {
  const { ports, setup } = loop.options;
  for (const to of effect.to) {
    const sentAt = stamp(loop);
    ports.datagrams.send(to, encodeRingMessage(effect.message, sentAt, setup.key));
    const peer = loop.member.peers.get(to);
    if (peer === undefined) continue;
    const resends = peer.resends + (effect.isResend ? 1 : 0);
    loop.member.peers.set(to, { ...peer, sent: peer.sent + 1, resends });
  }
}

function answerClient(loop: Loop, effect: Extract<MemberEffect, { kind: 'answer' }>): void {
  const { ports, setup } = loop.options;
  const sender = { from: setup.self.id, sentAt: stamp(loop), key: setup.key };
  const bytes = effect.answer === null ? new Uint8Array(0) : encodeAnswer(effect.answer, sender);
  ports.clients.answer(effect.connection, bytes, effect.isFinal);
}

function storeAttribute(
  loop: Loop,
  effect: Extract<MemberEffect, { kind: 'store-attribute' }>,
): void {
  const { ticket, name, value, connection } = effect;
  const settle = (failure: string | null): void => {
    const stored: StoredAttribute = { connection, ticket, name, value, failure };
    react(loop, (moment) => onAttributeStored(loop.member, moment, stored));
  };
  const { cluster } = loop.options.ports;
  if (cluster === null)
    loop.options.defer(0, () => {
      settle(null);
    });
  else
    cluster.setAttribute({ ticket, name, value }, (failure) => {
      settle(failure?.message ?? null);
    });
}

/** All commits of one input go to the cluster together: one write for many tickets. */
function flushCommits(loop: Loop): void {
  if (loop.commits.length === 0) return;
  const commits = loop.commits.splice(0).filter((commit) => isNewest(loop, commit));
  const { ports, defer } = loop.options;
  const since = ports.clock.now();
  const settle = (outcomes: readonly CommitOutcome[]): void => {
    noteCommitTime(loop.member, msBetween(since, ports.clock.now()));
    react(loop, (moment) =>
      outcomes.flatMap(({ ticket, failure }) => {
        const sequence = commits.find((commit) => commit.ticket === ticket)?.sequence ?? 0;
        const detail = failure?.message ?? null;
        return stepTicket(loop.member, moment, ticket, {
          kind: 'committed',
          sequence,
          failure: detail,
        });
      }),
    );
  };
  const changes = commits.map(({ change }) => change);
  if (ports.cluster !== null) ports.cluster.commit(changes, settle);
  else
    defer(0, () => {
      settle(changes.map(({ ticket }) => ({ ticket, failure: null })));
    });
}

/** A grant that waited behind a disk must not overtake the revoke that came after it. */
const isNewest = (loop: Loop, { ticket, sequence }: { ticket: string; sequence: number }) =>
  loop.member.tickets.get(ticket)?.state.commit.sequence === sequence;

/** R6: the margin follows the slowest of the recent commits. */
function noteCommitTime(member: Member, tookMs: number): void {
  const decayed = member.commitMarginMs * COMMIT_MARGIN_DECAY;
  member.commitMarginMs = Math.max(COMMIT_MARGIN_MS_MIN, decayed, 2 * tookMs);
}

function handlerExited(member: Member, moment: Moment, ticket: string, exit: HandlerExit) {
  const isSuccess = exit.code === 0;
  return stepTicket(member, moment, ticket, {
    kind: 'handler-exited',
    isSuccess,
    detail: exit.detail,
  });
}

const journalFailed: ClientAnswer = { form: 'header', result: 'failed' };

/** An effect that must not leave because what it rests on was not written. */
function giveUp(loop: Loop, effect: MemberEffect): readonly MemberEffect[] {
  const { ports } = loop.options;
  const moment: Moment = { now: ports.clock.now(), epochMs: ports.clock.epochMs() };
  const detail = 'the journal could not be written';
  switch (effect.kind) {
    case 'commit': {
      const { ticket, sequence } = effect;
      return stepTicket(loop.member, moment, ticket, {
        kind: 'committed',
        sequence,
        failure: detail,
      });
    }
    case 'run-handler':
      return handlerExited(loop.member, moment, effect.ticket, { code: null, detail });
    case 'answer':
      // That something is under way is told again; only an outcome must not stay out (R17).
      if (effect.isFinal) execute(loop, { ...effect, answer: journalFailed });
      return [];
    default:
      return [];
  }
}

/** R3: without a journal there is no vote, no ack, no lease; and everybody is told so. */
function loseJournal(loop: Loop, reason: string): void {
  const { member } = loop;
  if (member.isJournalUsable) {
    member.isJournalUsable = false;
    tell(loop, 'error', 'journal-lost', `NOT VOTING: the journal cannot be written: ${reason}`);
  }
  if (loop.isRetryingJournal) return;
  loop.isRetryingJournal = true;
  loop.options.defer(JOURNAL_RETRY_MS, () => {
    retryJournal(loop);
  });
}

function retryJournal(loop: Loop): void {
  loop.isRetryingJournal = false;
  if (loop.isStopped) return;
  loop.options.ports.journal.append(ticketEntries(loop.member), (failure) => {
    if (failure !== null) {
      loseJournal(loop, failure.message);
      return;
    }
    loop.member.isJournalUsable = true;
    tell(loop, 'info', 'journal-back', 'the journal can be written again: votes from now on');
    react(loop, () => []);
  });
}

const ticketEntries = (member: Member) =>
  [...member.tickets].map(([name, { state }]) => ticketEntry(name, durableOf(state)));

function tell(loop: Loop, level: LogEvent['level'], event: string, message: string): void {
  loop.options.ports.log.write({ level, event, message, fields: {} });
}

function stamp(loop: Loop): SentAt {
  loop.sentAt = nextSentAt(loop.sentAt, loop.options.ports.clock.epochMs());
  return loop.sentAt;
}
