// Messages of every kind, as our own encoders write them, with and without a key.
import { memberIdOf } from '../../../core/base/member-id.ts';
import { encodeAnswer, encodeRequest, encodeRingMessage } from '../../../core/wire/encode.ts';
import type { ClientAnswer, ClientRequest, RingMessage } from '../../../core/wire/message.ts';
import { keyOf } from '../../core/wire/keys.ts';

export const authKey = keyOf('a shared secret');
export const keys = [null, authKey] as const;

const from = memberIdOf(0x1234_5678);
const sentAt = { secs: 1_795_179_550, usecs: 14_915 };

const ringCommands = [
  ...(['status', 'my-index', 'req-vote', 'vote-for', 'heartbeat'] as const),
  ...(['ack', 'update', 'revoke', 'rejected'] as const),
];
const reasons = ['none', 'admin', 'ticket-lost', 'reacquire', 'step-down', 'split'] as const;

const ringMessages = ringCommands.flatMap((command, index): RingMessage[] => [
  {
    ...{ from, command, request: null, options: index, reason: reasons[index % 6] ?? 'none' },
    ...{ result: 'success', ticket: 'db8', leader: from, term: 7, validFor: 60 },
    ...{ isMarked: false, leaseUnit: null },
  },
  {
    ...{ from, command, request: 'heartbeat', options: 0xffffffff, reason: 'none' },
    ...{ result: 'term-outdated', ticket: 'x'.repeat(63), leader: null, term: 0xffffffff },
    ...{ validFor: 60_000, isMarked: true, leaseUnit: index % 2 === 0 ? 's' : 'ms' },
  },
]);

const options = { isImmediate: true, isWaiting: false, isWaitingForCommit: true };
const named = { from, ticket: 'db8', attribute: 'role', value: '' };

const requests: readonly ClientRequest[] = [
  { command: 'list', from },
  { command: 'peers', from },
  { command: 'grant', from, ticket: 'db8', options },
  { command: 'revoke-request', from, ticket: 'y'.repeat(63), options },
  { ...named, command: 'attr-set', value: 'é'.repeat(63) },
  { ...named, command: 'attr-get' },
  { ...named, command: 'attr-delete' },
  { ...named, command: 'attr-list', attribute: '' },
];

const answers: readonly ClientAnswer[] = [
  { form: 'header', result: 'success' },
  { form: 'header', result: 'auth-failed' },
  { form: 'ticket', result: 'async', ticket: 'db8', leader: from, term: 3, validFor: 60 },
  { form: 'ticket', result: 'overgrant', ticket: '', leader: null, term: 0, validFor: 0 },
  { form: 'text', command: 'result-list', text: 'ticket: db8, leader: NONE\n' },
  { form: 'text', command: 'attr-get', text: 'é😀' },
  { form: 'text', command: 'attr-list', text: '' },
];

export const datagramSeeds = (): readonly Uint8Array[] =>
  keys.flatMap((key) => ringMessages.map((message) => encodeRingMessage(message, sentAt, key)));

export const requestSeeds = (): readonly Uint8Array[] =>
  keys.flatMap((key) => requests.map((request) => encodeRequest(request, sentAt, key)));

export const answerSeeds = (): readonly Uint8Array[] =>
  keys.flatMap((key) => answers.map((answer) => encodeAnswer(answer, { from, sentAt, key })));

/** booth's four-character codes. */
export const wireWords: readonly string[] = [
  ...['Stat', 'MIdx', 'RVot', 'VtFr', 'HrtB', 'Ack.', 'UpdE', 'Revk', 'RJC!'],
  ...['CLst', 'Peer', 'CGnt', 'CRvk', 'ASet', 'AGet', 'ADel', 'ALst', 'Rslt', 'RLst'],
  ...['Admn', 'TLst', 'Racq', 'Spdn', 'LocF', 'Splt', 'Over', 'IArg', 'Auth', '\0', '\ufeff'],
];
