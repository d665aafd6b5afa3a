/**
 * booth's known weaknesses on the wire (booth-protocol 3.4, 9.1, 9.4.3), each as an attempt that
 * must fail here.
 */
import { expect, test } from 'vitest';
import { assert } from '../../../core/base/assert.ts';
import { memberIdOf } from '../../../core/base/member-id.ts';
import { sign, type AuthKey } from '../../../core/wire/authentication.ts';
import { decodeAnswer } from '../../../core/wire/decode-answer.ts';
import { decodeDatagram, openDatagram } from '../../../core/wire/decode-datagram.ts';
import { decodeRequest } from '../../../core/wire/decode-request.ts';
import { encodeAnswer, encodeRequest, encodeRingMessage } from '../../../core/wire/encode.ts';
import type { ClientRequest, RingMessage } from '../../../core/wire/message.ts';
import { keyOf } from './keys.ts';

const key = keyOf('a shared secret');
const sentAt = { secs: 1_795_179_550, usecs: 14_915 };
const from = memberIdOf(0x72ed8a10);
const heartbeat: RingMessage = {
  from,
  command: 'heartbeat',
  request: null,
  options: 0,
  reason: 'none',
  result: 'success',
  ticket: 'ticket-web',
  leader: from,
  term: 5,
  validFor: 39,
  isMarked: true,
  leaseUnit: 's',
};
const grant: ClientRequest = {
  command: 'grant',
  from,
  ticket: 'ticket-web',
  options: { isImmediate: false, isWaiting: true, isWaitingForCommit: false },
};
const attributeSet: ClientRequest = {
  command: 'attr-set',
  from,
  ticket: 'ticket-web',
  attribute: 'repl',
  value: 'UPTODATE',
};

/** The bytes with numbers written over some offsets; then signed anew, if they were signed. */
function forged(
  bytes: Uint8Array,
  words: Readonly<Record<number, number>>,
  signer: AuthKey | null = null,
): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  for (const [offset, word] of Object.entries(words)) view.setUint32(Number(offset), word);
  if (signer !== null) sign(copy, signer, copy.length - 28);
  return copy;
}

const datagram = (signer: AuthKey | null) => encodeRingMessage(heartbeat, sentAt, signer);
const reasonOf = (bytes: Uint8Array, holder: AuthKey | null) => {
  const opened = openDatagram(bytes, holder);
  return opened.ok ? null : opened.error.reason;
};
const requestReasonOf = (bytes: Uint8Array, holder: AuthKey | null) => {
  const opened = decodeRequest(bytes, holder);
  return opened.ok ? null : opened.error.reason;
};

test.each([0, 8, 255, 0xffffffff])(
  'CVE-2024-3049: unknown hash id %d with a zero MAC passes neither way',
  (hashId) => {
    const zeroMac = { 124: hashId, 128: 0, 132: 0, 136: 0, 140: 0, 144: 0, 148: 0 };
    expect(reasonOf(forged(datagram(key), zeroMac), key)).toBe('bad-hash-id');
    const request = encodeRequest(grant, sentAt, key);
    expect(requestReasonOf(forged(request, zeroMac), key)).toBe('bad-hash-id');
  },
);

test.each([1, 3])('hash id %d with the right MAC passes neither way', (hashId) => {
  expect(reasonOf(forged(datagram(key), { 124: hashId }), key)).toBe('bad-hash-id');
  const request = encodeRequest(grant, sentAt, key);
  expect(requestReasonOf(forged(request, { 124: hashId }), key)).toBe('bad-hash-id');
});

test('CVE-2022-2553: with a key nothing unauthenticated passes, and what we send is signed', () => {
  expect(reasonOf(datagram(null), key)).toBe('not-authenticated');
  expect(requestReasonOf(encodeRequest(grant, sentAt, null), key)).toBe('bad-hash-id');
  const listOfHeaderOnly = forged(encodeRequest({ command: 'list', from }, sentAt, null), {
    24: 48,
  }).subarray(0, 48);
  expect(requestReasonOf(listOfHeaderOnly, key)).toBe('not-authenticated');
  const answer = encodeAnswer({ form: 'header', result: 'more' }, { from, sentAt, key: null });
  expect(decodeAnswer(answer, key).ok).toBe(false);
  for (const bytes of [datagram(key), encodeRequest(grant, sentAt, key)]) {
    expect(new DataView(bytes.buffer).getUint32(0) & 1).toBe(1);
    expect(bytes.length).toBe(152);
  }
});

test('a failure of authentication over TCP is answered by a header that says so', () => {
  const opened = decodeRequest(encodeRequest(grant, sentAt, keyOf('another secret')), key);
  assert(!opened.ok, 'refused');
  expect(opened.error).toEqual({
    reason: 'bad-mac',
    from,
    answer: { form: 'header', result: 'auth-failed' },
  });
});

test('the text of an answer is covered by nothing: a changed byte goes unnoticed, a changed header does not', () => {
  const answer = encodeAnswer(
    { form: 'text', command: 'result-list', text: 'leader: none\n' },
    { from, sentAt, key },
  );
  const changed = answer.slice();
  changed[76] = 0x4c;
  const opened = decodeAnswer(changed, key);
  assert(opened.ok && opened.value.answer.form === 'text', 'opens');
  expect(opened.value.answer.text).toBe('Leader: none\n');
  expect(decodeAnswer(forged(answer, { 4: 0 }), key).ok).toBe(false);
});

test('9.1.1: a datagram from 0xFFFFFFFF is dropped first thing, whatever else it is', () => {
  for (const bytes of [
    forged(datagram(key), { 20: 0xffffffff }, key),
    forged(datagram(null), { 20: 0xffffffff }),
    forged(datagram(null), { 20: 0xffffffff, 12: 0, 24: 3 }),
    forged(new Uint8Array(1500), { 20: 0xffffffff }),
    forged(new Uint8Array(48), { 20: 0xffffffff }),
  ]) {
    const refusal = { ok: false, error: { reason: 'unknown-sender', from: null } };
    expect(openDatagram(bytes, key)).toEqual(refusal);
    expect(decodeDatagram(bytes)).toEqual(refusal);
  }
});

test('9.1.2: a heartbeat that names another leader decodes, for the ticket to refuse', () => {
  const opened = openDatagram(forged(datagram(key), { 112: 0xffffffff }, key), key);
  assert(opened.ok, 'opens');
  expect(opened.value.message.leader).toBeNull();
});

test('9.1.8: datagrams without a whole ticket are refused', () => {
  for (const size of [48, 76, 100, 123]) {
    const short = forged(datagram(null), { 24: size }).subarray(0, size);
    expect(reasonOf(short, null)).toBe('too-short');
    expect(reasonOf(short, key)).toBe('too-short');
  }
  for (const size of [0, 1, 24, 47]) {
    const refused = openDatagram(datagram(null).subarray(0, size), null);
    expect(refused).toEqual({ ok: false, error: { reason: 'too-short', from: null } });
  }
});

test.each([
  ['another magic', { 12: 0x5f1ba08d }, 'bad-magic'],
  ['an older version', { 16: 0x00010002 }, 'bad-version'],
  ['a newer version', { 16: 0x00010004 }, 'bad-version'],
  ['a length field that is too small', { 24: 123 }, 'bad-length'],
  ['a length field that is too large', { 24: 153 }, 'bad-length'],
  ['the attribute bit', { 0: 4 }, 'attribute-over-udp'],
  ['a client command', { 28: 0x434c7374 }, 'unknown-command'],
  ['a geostore command', { 28: 0x41536574 }, 'unknown-command'],
  ['the result command', { 28: 0x52736c74 }, 'unknown-command'],
  ['no command', { 28: 0 }, 'unknown-command'],
  ['a client command as request', { 32: 0x434c7374 }, 'unknown-code'],
  ["booth's internal reason", { 40: 0x41616161 }, 'unknown-code'],
  ['an unknown reason', { 40: 1 }, 'unknown-code'],
  ['an unknown result', { 44: 1 }, 'unknown-code'],
  ['no ticket name', { 48: 0 }, 'bad-ticket-name'],
  ['a blank in the ticket name', { 48: 0x61206200 }, 'bad-ticket-name'],
  ['a byte above 0x7e in the ticket name', { 48: 0x61c3a900 }, 'bad-ticket-name'],
  ['an escape sequence in the ticket name', { 48: 0x1b5b324a }, 'bad-ticket-name'],
])('a datagram with %s is refused, and its sender known', (_title, words, reason) => {
  expect(openDatagram(forged(datagram(null), words), null)).toEqual({
    ok: false,
    error: { reason, from },
  });
  const signed = openDatagram(forged(datagram(key), { ...words }, key), key);
  expect(signed.ok).toBe(false);
});

test('a ticket name of 63 bytes passes, of 64 without a NUL does not', () => {
  const name = 'x'.repeat(63);
  const bytes = encodeRingMessage({ ...heartbeat, ticket: name }, sentAt, null);
  const decoded = decodeDatagram(bytes);
  assert(decoded.ok, 'decodes');
  expect(decoded.value.message.ticket).toBe(name);
  const full = bytes.slice();
  full[111] = 0x78;
  expect(reasonOf(full, null)).toBe('bad-ticket-name');
});

test('bytes after the NUL of a name are ignored', () => {
  const decoded = decodeDatagram(forged(datagram(null), { 64: 0x6a6a6a6a, 108: 0x6a6a6a6a }));
  assert(decoded.ok, 'decodes');
  expect(decoded.value.message).toEqual(heartbeat);
});

test('datagrams of up to 1024 bytes pass if all is signed, larger ones never', () => {
  for (const size of [153, 192, 1024]) {
    const longer = new Uint8Array(size);
    longer.set(datagram(key).subarray(0, 124));
    expect(reasonOf(forged(longer, { 24: size }, key), key)).toBeNull();
    expect(reasonOf(forged(longer, { 24: size }), key)).toBe('bad-hash-id');
    expect(reasonOf(forged(longer, { 24: size }), null)).toBeNull();
  }
  const tooLong = new Uint8Array(1025);
  tooLong.set(datagram(key).subarray(0, 124));
  expect(reasonOf(forged(tooLong, { 24: 1025 }, key), key)).toBe('too-long');
});

test('a forger is counted as one before the content of his message is looked at', () => {
  const unknownCommand = forged(datagram(key), { 28: 0x5a5a5a5a });
  expect(reasonOf(unknownCommand, key)).toBe('bad-mac');
  expect(reasonOf(forged(unknownCommand, {}, key), key)).toBe('unknown-command');
});

test.each([
  { command: 'attr-set', field: 'name', start: 112, end: 176, result: 'invalid-argument' },
  { command: 'attr-set', field: 'value', start: 176, end: 304, result: 'invalid-argument' },
  { command: 'attr-get', field: 'name', start: 112, end: 176, result: 'no-attribute' },
  { command: 'attr-delete', field: 'name', start: 112, end: 176, result: 'no-attribute' },
] as const)('9.4.3: $command whose $field does not end is refused', (row) => {
  const { command, start, end, result } = row;
  const bytes = encodeRequest({ ...attributeSet, command, value: '' }, sentAt, null);
  bytes.fill(0x61, start, end);
  const opened = decodeRequest(bytes, null);
  assert(!opened.ok, 'refused');
  expect(opened.error.reason).toBe('bad-attribute');
  expect(opened.error.answer).toEqual({ form: 'header', result });
});

test.each([
  ['no name', { 112: 0 }, 'bad-attribute'],
  ['a line break in the name', { 112: 0x610a6200 }, 'bad-attribute'],
  ['a name that is not UTF-8', { 112: 0x61ff6200 }, 'bad-attribute'],
  ['an overlong encoding in the name', { 112: 0xc0af6100 }, 'bad-attribute'],
  ['a control character in the value', { 176: 0x61016200 }, 'bad-attribute'],
  ['a value that is not UTF-8', { 176: 0x61ff6200 }, 'bad-attribute'],
  ['a surrogate in the value', { 176: 0xeda08000 }, 'bad-attribute'],
  ['no ticket', { 48: 0 }, 'bad-ticket-name'],
])('9.4.3: attribute set with %s is refused', (_title, words, reason) => {
  const bytes = forged(encodeRequest(attributeSet, sentAt, key), words, key);
  expect(requestReasonOf(bytes, key)).toBe(reason);
});

test('9.4.2: quotes in an attribute value are text like any other', () => {
  const value = "'; touch /tmp/x; '\n\u00e9\u{1f600}";
  const opened = decodeRequest(encodeRequest({ ...attributeSet, value }, sentAt, key), key);
  assert(opened.ok, 'decodes');
  expect(opened.value.request).toEqual({ ...attributeSet, value });
});

test('fields a geostore command does not take are ignored', () => {
  const words = { 112: 0xffffffff, 176: 0xffffffff };
  const list = { ...attributeSet, command: 'attr-list', attribute: '', value: '' } as const;
  const opened = decodeRequest(forged(encodeRequest(list, sentAt, key), words, key), key);
  assert(opened.ok, 'decodes');
  expect(opened.value.request).toEqual(list);
});

test('a trailer is never taken for payload: a signed grant of 124 bytes has no whole ticket', () => {
  const cut = encodeRequest(grant, sentAt, key).subarray(0, 124);
  expect(requestReasonOf(forged(cut, { 24: 124 }, key), key)).toBe('bad-ticket-name');
});

test('an answer with no room for a trailer is not authenticated', () => {
  const answer = encodeAnswer({ form: 'header', result: 'more' }, { from, sentAt, key: null });
  expect(decodeAnswer(answer, key)).toEqual({ ok: false, error: 'not-authenticated' });
});

test('a grant cut short in its ticket is answered as one of an unknown ticket', () => {
  const bytes = forged(encodeRequest(grant, sentAt, null), { 24: 123 });
  const opened = decodeRequest(bytes, null);
  assert(!opened.ok, 'refused');
  expect(opened.error.reason).toBe('bad-ticket-name');
  expect(opened.error.answer).toMatchObject({
    form: 'ticket',
    result: 'invalid-argument',
    leader: 0,
  });
});

test.each([
  ['47 bytes', encodeRequest(grant, sentAt, null).subarray(0, 47), 'too-short'],
  ['a length field of 47', forged(encodeRequest(grant, sentAt, null), { 24: 47 }), 'bad-length'],
  [
    'fewer bytes than counted',
    forged(encodeRequest(grant, sentAt, null), { 24: 125 }),
    'bad-length',
  ],
  [
    'a length field of 1025',
    forged(new Uint8Array(1025), { 12: 0x5f1ba08c, 16: 0x10003, 24: 1025 }),
    'too-long',
  ],
  ['another magic', forged(encodeRequest(grant, sentAt, null), { 12: 0 }), 'bad-magic'],
])('a request of %s gets no answer', (_title, bytes, reason) => {
  const refused = decodeRequest(bytes, key);
  expect(refused).toEqual({ ok: false, error: { reason, from: null, answer: null } });
});

test.each([
  ['47 bytes', {}, 47, 'too-short'],
  ['another magic', { 12: 0 }, 48, 'bad-magic'],
  ['a length field that is wrong', { 24: 49 }, 48, 'bad-length'],
  ['a command that is none of a server', { 28: 0x434c7374 }, 48, 'unknown-command'],
  ['an unknown result', { 44: 7 }, 48, 'unknown-code'],
  ['a text with a result', { 28: 0x524c7374, 44: 0x4661696c }, 48, 'unknown-code'],
])('an answer of %s is refused', (_title, words, size, reason) => {
  const answer = encodeAnswer({ form: 'header', result: 'more' }, { from, sentAt, key: null });
  const refused = decodeAnswer(forged(answer, words).subarray(0, size), null);
  expect(refused).toEqual({ ok: false, error: reason });
});

test('an answer with a ticket name that does not end is refused', () => {
  const { ticket, leader, term, validFor } = heartbeat;
  const answer = { form: 'ticket', result: 'success', ticket, leader, term, validFor } as const;
  const bytes = encodeAnswer(answer, { from, sentAt, key: null });
  bytes.fill(0x61, 48, 112);
  expect(decodeAnswer(bytes, null)).toEqual({ ok: false, error: 'bad-ticket-name' });
});

test('a text longer than 4 MiB is refused', () => {
  const text = 'x'.repeat(4 * 1024 * 1024);
  const bytes = encodeAnswer({ form: 'text', command: 'attr-get', text }, { from, sentAt, key });
  expect(decodeAnswer(bytes, key)).toEqual({ ok: false, error: 'too-long' });
});
