/** The operators of the sites: they ask, follow where they are sent, and read what they are told. */
import type { ClientAnswer } from '../../core/wire/message.ts';
import { createClients, type ClientAnswered } from './clients.ts';
import type { Ring } from './engine/ring.ts';
import type { Asked } from './observation.ts';
import type { OperatorAct } from './plan.ts';
import { hostOf } from './strike.ts';
import { forge } from './strangers.ts';

/** An operator who is sent on more often than this gives up. */
const REDIRECTS_MAX = 3;

interface Question extends Asked {
  readonly askedAtMs: number;
  readonly isWaitingForCommit: boolean;
  readonly redirects: number;
  /** Where to grant it after this revoke. */
  readonly moveTo: string | null;
  /** null: the client waits for its answer. */
  readonly hangsUpAfterMs: number | null;
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
  const onAnswer = ({ host, connection, answer, isFinal, isHeard }: ClientAnswered): void => {
    if (answer?.form === 'text') {
      if (lists.has(connection)) ring.observe({ kind: 'listed', host, text: answer.text });
      return;
    }
    const question = questions.get(connection);
    if (question === undefined) return;
    const { askedAtMs } = question;
    const asked = { ...askedOf(question), host, askedAtMs };
    ring.observe({ kind: 'answered', ...asked, result: answer?.result ?? null, isFinal, isHeard });
    if (!isFinal || ended.has(connection)) return;
    ended.add(connection);
    if (isHeard) goOn(question, answer);
  };
  const clients = createClients(ring, onAnswer);
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
  const ask = (wanted: Omit<Question, 'request' | 'askedAtMs'>): void => {
    const { host, ticket, verb, isForced, isWaitingForCommit, hangsUpAfterMs } = wanted;
    const options = { isImmediate: isForced, isWaiting: true, isWaitingForCommit };
    const command = verb === 'grant' ? 'grant' : 'revoke-request';
    const from = hostOf(ring, host).member.id;
    const client = clients.send(host, { command, from, ticket, options });
    if (client === null) return;
    const { connection, hangUp } = client;
    const question = { ...wanted, request: connection, askedAtMs: ring.time.nowMs() };
    questions.set(connection, question);
    ring.observe({ kind: 'asked', ...askedOf(question) });
    if (hangsUpAfterMs === null) return;
    ring.time.after(hangsUpAfterMs, () => {
      if (ended.has(connection)) return;
      ring.observe({ kind: 'hung-up', ...askedOf(question) });
      hangUp();
    });
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
        clients.send(host, { command: 'attr-set', from, ticket, attribute: 'ready', value });
        return;
      }
      ask({ ...questionOf(act), redirects: 0 });
    },
    listAll: () => {
      for (const { name, member } of ring.hosts.values()) {
        const client = clients.send(name, { command: 'list', from: member.id });
        if (client !== null) lists.set(client.connection, name);
      }
    },
  };
}

const askedOf = ({ host, ticket, verb, isForced, request }: Asked): Asked => ({
  host,
  ticket,
  verb,
  isForced,
  request,
});

function questionOf(act: Extract<OperatorAct, { kind: 'grant' | 'revoke' | 'move' }>) {
  const { host, ticket } = act;
  const plain = { host, ticket, isForced: false, isWaitingForCommit: true, moveTo: null };
  if (act.kind === 'move')
    return { ...plain, verb: 'revoke', moveTo: act.to, hangsUpAfterMs: null } as const;
  const hangsUpAfterMs = act.hangsUpAfterMs ?? null;
  if (act.kind === 'revoke') return { ...plain, verb: 'revoke', hangsUpAfterMs } as const;
  const { isForced, isWaitingForCommit } = act;
  return { ...plain, verb: 'grant', isForced, isWaitingForCommit, hangsUpAfterMs } as const;
}
