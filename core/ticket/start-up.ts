/**
 * Coming up: what is remembered, what the cluster still has, and what the ring says about it
 * (R7, R8). A member without its memory abstains; the proof that ends this early is that every
 * other member answered this very start's question and so said whether it leads.
 */
import type { Instant } from '../base/instant.ts';
import { after, later } from '../base/instant.ts';
import { MAX_TERM_JUMP, isSite, peersOf } from './context.ts';
import type { PeerMessage, StartInput } from './input.ts';
import { jitterMs } from './jitter.ts';
import { learnHolder } from './learn.ts';
import { abstentionEnd, drainMoment, leftMs, surrenderAt } from './lease.ts';
import { startRound } from './round.ts';
import type { DurableTicket, StartUp } from './state.ts';
import { liveHolder } from './state.ts';
import { commitRevoke, refreshCommit, delayCommit } from './store.ts';
import type { Turn } from './turn.ts';
import { broadcast, change, compose, freshNonce, persist, send, tell } from './turn.ts';

/** booth sends STATUS once; a lost one would cost us the whole abstention. */
const QUESTION_REPEAT_MS = 1000;
const MS_PER_TERM = 1000;
const TERMS_TOLD_MAX = 2000;

export function start(turn: Turn, input: StartInput): void {
  const { context } = turn;
  const { now } = context;
  if (input.durable !== null) restore(turn, input.durable, input.isSameBoot);
  if (input.durable === null || !input.isMemoryComplete) abstain(turn);
  judgeStoredGrant(turn, input);
  planFromMemory(turn);
  persist(turn);
  const nonce = freshNonce(turn);
  change(turn, {
    startUp: {
      nonce,
      answered: [],
      proven: [],
      highestTerm: 0,
      repeatAt: after(now, QUESTION_REPEAT_MS),
    },
  });
  broadcast(turn, question(turn, nonce));
  settleStartUp(turn);
}

/** STATUS: always answered, with the holder while it is live and never with an old vote. */
export function onStatus(turn: Turn, message: PeerMessage): void {
  const { state, context } = turn;
  const isHere = state.role === 'leader';
  const leader = isHere ? context.self.id : liveHolder(state, context.now);
  const terms = message.isMarked && leader === null ? termsSinceRevoke(turn) : null;
  // Elected here, and perhaps acked by the one that asks and has forgotten it: no proof (R7).
  const isOwnWordBinding = !isHere && isOwnWordLive(turn);
  const leftOrTermsMs =
    leader === null
      ? (terms ?? 0) * MS_PER_TERM
      : leftMs(state.promise?.until ?? null, context.now);
  send(
    turn,
    [message.from],
    compose(turn, {
      command: 'my-index',
      request: 'status',
      options: isOwnWordBinding ? 0 : message.options,
      leader,
      result: terms === null ? 'success' : 'ticket-idle',
      // A leader's own word covers its lease, and the acks that may still be under way to it.
      validForMs: leftOrTermsMs,
    }),
  );
}

/** MY_INDEX: what another member knows. It never makes anybody acquire (9.2.4, 9.2.5). */
export function onMyIndex(turn: Turn, message: PeerMessage): void {
  learnHolder(turn, message);
  recordAnswer(turn, message);
  const { role, election, holder } = turn.state;
  // An election, and a leadership, has its term, which must not change under it.
  const isFree = role !== 'leader' && election === null && holder.kind === 'unknown';
  if (message.result === 'ticket-idle' && isFree) {
    const told = message.term - Math.round(message.validForMs / MS_PER_TERM);
    const term = Math.max(0, told);
    change(turn, {
      holder: { kind: 'nobody', term },
      term: Math.max(turn.state.term, term),
      isTermContested: true,
    });
    persist(turn);
  }
  settleStartUp(turn);
}

/**
 * How far the revoke lies back, as a marked member tells another one that has no memory: the
 * message's own term is that of its sender, and a heartbeat of that term may be on its way. It
 * travels where a lease would, for there is none; null when it does not fit (2147 s, 2.6).
 */
function termsSinceRevoke({ state }: Turn): number | null {
  if (state.holder.kind !== 'nobody') return null;
  const terms = state.term - state.holder.term;
  return terms <= TERMS_TOLD_MAX ? terms : null;
}

/** Repeats the question to whoever has not answered, while it still matters. */
export function repeatQuestion(turn: Turn): void {
  const { startUp } = turn.state;
  if (startUp === null) return;
  const { now } = turn.context;
  change(turn, { startUp: { ...startUp, repeatAt: after(now, QUESTION_REPEAT_MS) } });
  const heard = turn.state.abstainUntil === null ? startUp.answered : startUp.proven;
  const unheard = peersOf(turn.context).filter(({ id }) => !heard.includes(id));
  send(
    turn,
    unheard.map(({ id }) => id),
    question(turn, startUp.nonce),
  );
}

/** The abstention is over by time, or because it proved needless. */
export function settleStartUp(turn: Turn): void {
  const { state, context } = turn;
  const { startUp, abstainUntil } = state;
  const peerCount = peersOf(context).length;
  const isProven = startUp?.proven.length === peerCount;
  const isOver = abstainUntil === null || abstainUntil <= context.now;
  if (!isProven && !isOver) return;
  if (abstainUntil !== null) endAbstention(turn, abstainUntil, isProven);
  const isEveryoneIn = startUp?.answered.length === peerCount;
  // Only a proof is worth asking again and again for.
  if (isOver || isEveryoneIn) change(turn, { startUp: null });
}

function endAbstention(turn: Turn, abstainUntil: Instant, isProven: boolean): void {
  const { state, context } = turn;
  const { config, self, now } = context;
  const how = isProven
    ? 'every other member answered'
    : 'the longest promise it may have forgotten is over';
  tell(turn, 'info', {
    event: 'abstention-ended',
    message: `votes from now on: ${how}`,
    fields: { isProven },
  });
  // A vote forgotten was given in a term that its candidate knows.
  const highestTerm = state.startUp?.highestTerm ?? 0;
  if (highestTerm > 0) closeTerms(turn, highestTerm);
  const drained = after(now, config.acquireAfterMs);
  const known = drainMoment(turn.state, self.id, config);
  const { plannedElection } = state;
  change(turn, {
    abstainUntil: null,
    drainUntil: known === null ? drained : later(known, drained),
    // What waited for the abstention's end need not wait longer.
    plannedElection:
      plannedElection?.at === abstainUntil ? { ...plannedElection, at: now } : plannedElection,
  });
  persist(turn);
}

function restore(turn: Turn, durable: DurableTicket, isSameBoot: boolean): void {
  change(turn, durable);
  const { now } = turn.context;
  if (isSameBoot) return;
  if (durable.abstainUntil !== null) abstain(turn);
  // R7: after a reboot the old instants say nothing; promises count anew, leases are over.
  const { promise, drainUntil } = durable;
  change(turn, {
    lease: null,
    promise: promise === null ? null : { ...promise, until: after(now, promise.spanMs) },
    drainUntil: drainUntil === null ? null : after(now, turn.context.config.acquireAfterMs),
  });
}

function abstain(turn: Turn): void {
  const { now, config, members } = turn.context;
  if (members.length < 2 || config.mode === 'manual') return;
  const until = abstentionEnd(now, config);
  change(turn, { abstainUntil: until });
  const seconds = ((until - now) / 1000).toFixed(1);
  tell(turn, 'warning', {
    event: 'abstaining',
    message: `no memory of earlier promises: does not vote for ${seconds} s, or until every other member has answered`,
    fields: { leftMs: Math.round(until - now) },
  });
}

/** R8: a grant found in the cluster stays only under a stored lease that provably still runs. */
function judgeStoredGrant(turn: Turn, input: StartInput): void {
  const { cluster } = input;
  if (!isSite(turn.context)) return;
  takeOverTerm(turn, cluster?.term ?? 0);
  const isGranted = cluster?.granted === true;
  if (isGranted && (isLeaseLive(turn) || isManualHolder(turn))) {
    const { commit } = turn.state;
    change(turn, { commit: { ...commit, wanted: 'granted', stored: 'granted' } });
    // The cluster may have missed the last renewal before the restart (R14).
    refreshCommit(turn);
    return;
  }
  if (isGranted)
    tell(turn, 'warning', {
      event: 'stored-grant-suspect',
      message:
        'the cluster still has the ticket granted, but no lease is known to run: revoking it first',
    });
  if (!isLeaseLive(turn)) change(turn, { lease: null });
  // A write of the process before this one may still be under way to the cluster.
  const mayBeUnderWay = turn.state.abstainUntil !== null || isOwnWordLive(turn);
  if (isGranted || cluster === null || mayBeUnderWay) {
    keepOwnWord(turn);
    commitRevoke(turn);
  } else change(turn, { commit: { ...turn.state.commit, stored: 'revoked' } });
  if (isLeaseLive(turn)) waitAgain(turn);
}

/** R9, R10: a grant that waited when the process ended waits on; every site's ack ends it early. */
function waitAgain(turn: Turn): void {
  const { now, config } = turn.context;
  delayCommit(turn, after(now, config.expireMs + config.acquireAfterMs));
  delayCommit(turn, turn.state.drainUntil);
}

/** Until the cluster says that it is revoked there, nobody else is helped (R5, R8). */
function keepOwnWord(turn: Turn): void {
  const { state, context } = turn;
  if (state.promise !== null || context.config.mode === 'manual') return;
  const until = abstentionEnd(context.now, context.config);
  const spanMs = until - context.now;
  change(turn, { promise: { to: context.self.id, term: state.term, until, spanMs } });
}

/**
 * The cluster may remember a newer term than a journal that was lost; one that far above is
 * damage, and the others would refuse every message of a member in it (R11).
 */
function takeOverTerm(turn: Turn, term: number): void {
  const jump = term - turn.state.term;
  if (jump > 0 && jump <= MAX_TERM_JUMP) change(turn, { term });
}

const isManualHolder = ({ state, context }: Turn): boolean =>
  context.config.mode === 'manual' &&
  state.holder.kind === 'member' &&
  state.holder.id === context.self.id;

const isLeaseLive = ({ state, context }: Turn): boolean =>
  state.lease !== null && surrenderAt(state.lease.until, context.commitMarginMs) > context.now;

const isOwnWordLive = ({ state, context }: Turn): boolean =>
  state.promise !== null &&
  state.promise.to === context.self.id &&
  state.promise.until > context.now;

/** What was under way before the restart goes on. */
function planFromMemory(turn: Turn): void {
  const { state, context } = turn;
  const { now, config, self } = context;
  const { holder } = state;
  if (holder.kind !== 'member' || !isSite(context)) {
    change(turn, { role: holder.kind === 'member' ? 'follower' : 'init' });
    return;
  }
  const isOwn = holder.id === self.id;
  if (config.mode === 'manual') {
    change(turn, { role: isOwn ? 'leader' : 'follower', claims: [holder.id] });
    if (isOwn) startRound(turn, 'heartbeat');
    return;
  }
  change(turn, { role: 'follower' });
  if (isOwn && state.lease !== null) {
    turn.why = 'restarted inside its lease';
    change(turn, { plannedElection: { at: now, reason: 'reacquire' } });
    return;
  }
  const promisedUntil = state.promise === null ? now : later(state.promise.until, now);
  const waitMs = config.acquireAfterMs + config.timeoutMs + jitterMs(context);
  const reason = isOwn ? 'reacquire' : 'ticket-lost';
  change(turn, { plannedElection: { at: after(promisedUntil, waitMs), reason } });
}

function recordAnswer(turn: Turn, message: PeerMessage): void {
  const { startUp } = turn.state;
  if (startUp === null || message.request !== 'status') return;
  // R7: an answer that names somebody to whom no word was given now may name the one to whom the
  // forgotten word was given: it proves nothing, and is asked for again.
  const holder = liveHolder(turn.state, turn.context.now);
  const isClear = message.leader === null || message.leader === holder;
  const isProof = message.isMarked && message.options === startUp.nonce && isClear;
  change(turn, {
    startUp: {
      ...startUp,
      answered: withMember(startUp.answered, message.from),
      proven: isProof ? withMember(startUp.proven, message.from) : startUp.proven,
      highestTerm: Math.max(startUp.highestTerm, message.term),
    },
  });
}

const withMember = (members: StartUp['answered'], id: PeerMessage['from']): StartUp['answered'] =>
  members.includes(id) ? members : [...members, id];

/** No vote in terms in which one may have been given and forgotten. */
function closeTerms(turn: Turn, term: number): void {
  const { state } = turn;
  if (state.vote !== null && state.vote.term >= term) return;
  change(turn, { term: Math.max(state.term, term), vote: { term, candidate: null } });
}

const question = (turn: Turn, nonce: number) =>
  compose(turn, { command: 'status', options: nonce });
