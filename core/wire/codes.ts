/**
 * booth's four-character codes and our words for them (booth-protocol 2.8). The only place where
 * booth's wire names appear. Reserved codes that nobody sends are absent, and so refused.
 */
import type { ClientAnswer, ClientCommand, Reason, ResultCode, RingCommand } from './message.ts';

/** Commands of answers to clients; `result` carries no text. */
export type AnswerCommand = 'result' | Extract<ClientAnswer, { form: 'text' }>['command'];

/** Four ASCII characters as one number, the first in the most significant byte. */
const fourCharacters = (text: string): number =>
  [0, 1, 2, 3].reduce((code, index) => code * 256 + text.charCodeAt(index), 0);

const RING_COMMANDS: Readonly<Record<RingCommand, number>> = {
  status: fourCharacters('Stat'),
  'my-index': fourCharacters('MIdx'),
  'req-vote': fourCharacters('RVot'),
  'vote-for': fourCharacters('VtFr'),
  heartbeat: fourCharacters('HrtB'),
  ack: fourCharacters('Ack.'),
  update: fourCharacters('UpdE'),
  revoke: fourCharacters('Revk'),
  rejected: fourCharacters('RJC!'),
};

const CLIENT_COMMANDS: Readonly<Record<ClientCommand, number>> = {
  list: fourCharacters('CLst'),
  peers: fourCharacters('Peer'),
  grant: fourCharacters('CGnt'),
  'revoke-request': fourCharacters('CRvk'),
  'attr-set': fourCharacters('ASet'),
  'attr-get': fourCharacters('AGet'),
  'attr-delete': fourCharacters('ADel'),
  'attr-list': fourCharacters('ALst'),
};

const ANSWER_COMMANDS: Readonly<Record<AnswerCommand, number>> = {
  result: fourCharacters('Rslt'),
  'result-list': fourCharacters('RLst'),
  'attr-get': fourCharacters('AGet'),
  'attr-list': fourCharacters('ALst'),
};

const REASONS: Readonly<Record<Reason, number>> = {
  none: 0,
  admin: fourCharacters('Admn'),
  'ticket-lost': fourCharacters('TLst'),
  reacquire: fourCharacters('Racq'),
  'step-down': fourCharacters('Spdn'),
  'local-fail': fourCharacters('LocF'),
  split: fourCharacters('Splt'),
};

const RESULTS: Readonly<Record<ResultCode, number>> = {
  success: 0,
  async: fourCharacters('Asyn'),
  'sync-success': fourCharacters('Sccs'),
  'sync-fail': fourCharacters('Suc?'),
  busy: fourCharacters('Busy'),
  more: fourCharacters('More'),
  pending: fourCharacters('Pend'),
  overgrant: fourCharacters('Over'),
  'ticket-idle': fourCharacters('Tidl'),
  redirect: fourCharacters('Redr'),
  'invalid-argument': fourCharacters('IArg'),
  failed: fourCharacters('Fail'),
  'auth-failed': fourCharacters('Auth'),
  'handler-failed': fourCharacters('XPrg'),
  'prerequisite-failed': fourCharacters('APrq'),
  'no-attribute': fourCharacters('NAtr'),
  'term-outdated': fourCharacters('TOdt'),
  'term-still-valid': fourCharacters('TVld'),
  'you-are-outdated': fourCharacters('Outd'),
};

/** One closed set of words, translated both ways; an unknown code has no word (null). */
export interface CodeTable<Name extends string> {
  readonly codeOf: (name: Name) => number;
  readonly nameOf: (code: number) => Name | null;
}

export const ringCommands = tableOf(RING_COMMANDS);
export const clientCommands = tableOf(CLIENT_COMMANDS);
export const answerCommands = tableOf(ANSWER_COMMANDS);
export const reasons = tableOf(REASONS);
export const resultCodes = tableOf(RESULTS);

function tableOf<Name extends string>(codes: Readonly<Record<Name, number>>): CodeTable<Name> {
  const names = new Map<number, Name>();
  for (const name in codes) names.set(codes[name], name);
  return {
    codeOf: (name) => codes[name],
    nameOf: (code) => names.get(code) ?? null,
  };
}
