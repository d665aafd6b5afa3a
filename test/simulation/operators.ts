/** The operators of the sites: they ask, follow where they are sent, and read what they are told. */
import { assert } from '../../core/base/assert.ts';
import { decodeAnswer } from '../../core/wire/decode-answer.ts';
import { encodeRequest } from '../../core/wire/encode.ts';
import type { ClientAnswer, ClientRequest } from '../../core/wire/message.ts';
import { nextSentAt } from '../../core/wire/sent-at.ts';
import { hand, wallMs } from './engine/daemon.ts';
import type { Ring } from './engine/ring.ts';
import type { Asked } from './observation.ts';
import type { OperatorAct } from './plan.ts';
import { forge } from './strangers.ts';
import { hostOf } from './strike.ts';

/** An operator who is sent on more often than this gives up. */
const REDIRECTS_MAX = 3;

interface Question extends Asked {
  readonly askedAtMs: number;
  readonly isWaitingForCommit: boolean;
  readonly redirects: number;
  /** Where to grant it after this revoke. */
  readonly moveTo: string | null;
}

export interface Operators {
  readonly act: (act: OperatorAct) => void;
  /** Asks every member that runs for its list. */
  readonly listAll: () => void;
}

export function createOperators(ring: Ring): Operators {
  const questions = new Map<number, Question>();
  /** Answered finally; an answer after that is seen all the same. */
  const ended = new Set<number>();
  const lists = new Map<number, string>();
  ring.onAnswer = (host, connection, bytes, isFinal) => {
    const content = readAnswer(ring, bytes);
    if (content?.form === 'text') {
      if (lists.has(connection)) ring.observe({ kind: 'listed', host, text: content.text });
      return;
    }
    const question = questions.get(connection);
    if (question === undefined) return;
    const { ticket, verb, isForced, request, askedAtMs } = question;
    const asked = { host, ticket, verb, isForced, request, askedAtMs };
    ring.observe({ kind: 'answered', ...asked, result: content?.result ?? null, isFinal });
    if (!isFinal || ended.has(connection)) return;
    ended.add(connection);
    goOn(question, content);
  };
  /** What an answer leads the operator to do next. */
  const goOn = (question: Question, answer: ClientAnswer | null): void => {
    const { moveTo, redirects } = question;
    if (answer?.form === 'ticket' && answer.result === 'redirect' && redirects < REDIRECTS_MAX) {
      const holder = [...ring.hosts.values()].find(({ member }) => member.id === answer.leader);
      if (holder !== undefined)
        askSoon({ ...question, host: holder.name, redirects: redirects + 1 });
    } else if (answer?.form === 'ticket' && answer.result === 'success' && moveTo !== null)
      askSoon({ ...question, host: moveTo, verb: 'grant', moveTo: null, redirects: 0 });
  };
  const askSoon = (question: Question): void => {
    ring.time.after(1, () => {
      ask(question);
    });
  };
  /** Nothing is asked where no daemon listens. */
  const send = (host: string, request: ClientRequest): number | null => {
    const to = hostOf(ring, host);
    if (to.running === null) return null;
    ring.requests += 1;
    const connection = ring.requests;
    const sentAt = nextSentAt(null, wallMs(to, ring.time.nowMs()));
    const bytes = encodeRequest(request, sentAt, ring.options.key);
    // The answer may come inside the call, so it is known by then what was asked.
    ring.time.after(0, () => {
      hand(ring, to, (running) => {
        running.receiveRequest(connection, bytes);
      });
    });
    return connection;
  };
  const ask = (wanted: Omit<Question, 'request' | 'askedAtMs'>): void => {
    const { host, ticket, verb, isForced, isWaitingForCommit } = wanted;
    const options = { isImmediate: isForced, isWaiting: true, isWaitingForCommit };
    const command = verb === 'grant' ? 'grant' : 'revoke-request';
    const from = hostOf(ring, host).member.id;
    const request = send(host, { command, from, ticket, options });
    if (request === null) return;
    questions.set(request, { ...wanted, request, askedAtMs: ring.time.nowMs() });
    ring.observe({ kind: 'asked', host, ticket, verb, isForced, request });
  };
  return {
    act: (act) => {
      if (act.kind === 'forge') {
        forge(ring, act);
        return;
      }
      if (act.kind === 'set-ready') {
        const { host, ticket, value } = act;
        const from = hostOf(ring, host).member.id;
        send(host, { command: 'attr-set', from, ticket, attribute: 'ready', value });
        return;
      }
      const { host, ticket } = act;
      const plain = { host, ticket, isForced: false, isWaitingForCommit: true, redirects: 0 };
      if (act.kind === 'move') ask({ ...plain, verb: 'revoke', moveTo: act.to });
      else if (act.kind === 'revoke') ask({ ...plain, verb: 'revoke', moveTo: null });
      else {
        const { isForced, isWaitingForCommit } = act;
        ask({ ...plain, verb: 'grant', isForced, isWaitingForCommit, moveTo: null });
      }
    },
    listAll: () => {
      for (const { name, member } of ring.hosts.values()) {
        const connection = send(name, { command: 'list', from: member.id });
        if (connection !== null) lists.set(connection, name);
      }
    },
  };
}

function readAnswer(ring: Ring, bytes: Uint8Array): ClientAnswer | null {
  if (bytes.length === 0) return null;
  const answer = decodeAnswer(bytes, ring.options.key);
  assert(answer.ok, 'our answers can be read');
  return answer.value.answer;
}
