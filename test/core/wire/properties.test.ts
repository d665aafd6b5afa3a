import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assert } from '../../../core/base/assert.ts';
import { memberIdOf } from '../../../core/base/member-id.ts';
import type { AuthKey } from '../../../core/wire/authentication.ts';
import { decodeAnswer } from '../../../core/wire/decode-answer.ts';
import { decodeDatagram, openDatagram } from '../../../core/wire/decode-datagram.ts';
import { decodeRequest } from '../../../core/wire/decode-request.ts';
import { encodeAnswer, encodeRequest, encodeRingMessage } from '../../../core/wire/encode.ts';
import type { ClientAnswer, ClientRequest, RingMessage } from '../../../core/wire/message.ts';
import { answerStream, feed, requestStream } from '../../../core/wire/stream.ts';
import { fitsName, fitsValue } from '../../../core/wire/text-field.ts';
import { keyOf } from './keys.ts';
import { bytesOf, hasVectors, keyNamed, unlessAbsent, vectors } from './vectors.ts';

const authKey = keyOf('a shared secret');
const key = fc.constantFrom<AuthKey | null>(null, authKey);
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const member = fc.integer({ min: 0, max: 0x7fffffff }).map(memberIdOf);
const sentAt = fc.record({ secs: u32, usecs: fc.nat({ max: 999_999 }) });
const leader = fc.option(member);
const ticketCharacter = fc.constantFrom(...'abcXYZ019-/_.~!');
const ticket = fc.string({ unit: ticketCharacter, minLength: 1, maxLength: 63 });
const printable = fc
  .string({ unit: 'binary' })
  .filter((text) => !/[\p{Cc}\p{Cs}\ufffe\uffff]/u.test(text));
const attributeName = printable.filter((text) => text !== '' && fitsName(text));
const attributeValue = printable.filter(fitsValue);

const result = fc.constantFrom(
  ...([
    'success',
    'async',
    'sync-success',
    'sync-fail',
    'busy',
    'more',
    'pending',
    'overgrant',
    'ticket-idle',
    'redirect',
    'invalid-argument',
    'failed',
    'auth-failed',
    'handler-failed',
    'prerequisite-failed',
    'no-attribute',
    'term-outdated',
    'term-still-valid',
    'you-are-outdated',
  ] as const),
);
const ringCommand = fc.constantFrom(
  ...([
    'status',
    'my-index',
    'req-vote',
    'vote-for',
    'heartbeat',
    'ack',
    'update',
    'revoke',
    'rejected',
  ] as const),
);
const mark: fc.Arbitrary<Pick<RingMessage, 'isMarked' | 'leaseUnit'>> = fc.constantFrom(
  { isMarked: false, leaseUnit: null },
  { isMarked: true, leaseUnit: 's' },
  { isMarked: true, leaseUnit: 'ms' },
);
const unmarkedMessage = fc.record({
  from: member,
  command: ringCommand,
  request: fc.option(ringCommand),
  options: u32,
  reason: fc.constantFrom(
    ...(['none', 'admin', 'ticket-lost', 'reacquire', 'step-down', 'local-fail', 'split'] as const),
  ),
  result,
  ticket,
  leader,
  term: u32,
  validFor: u32,
});
const ringMessage: fc.Arbitrary<RingMessage> = fc
  .tuple(unmarkedMessage, mark)
  .map(([message, marks]) => ({ ...message, ...marks }));

const options = fc.record({
  isImmediate: fc.boolean(),
  isWaiting: fc.boolean(),
  isWaitingForCommit: fc.boolean(),
});
const nothing = fc.constant('');
const request: fc.Arbitrary<ClientRequest> = fc.oneof(
  fc.record({ command: fc.constantFrom('list', 'peers'), from: member }),
  fc.record({ command: fc.constantFrom('grant', 'revoke-request'), from: member, ticket, options }),
  fc.record({
    command: fc.constant('attr-set'),
    from: member,
    ticket,
    attribute: attributeName,
    value: attributeValue,
  }),
  fc.record({
    command: fc.constantFrom('attr-get', 'attr-delete'),
    from: member,
    ticket,
    attribute: attributeName,
    value: nothing,
  }),
  fc.record({
    command: fc.constant('attr-list'),
    from: member,
    ticket,
    attribute: nothing,
    value: nothing,
  }),
);
const answer: fc.Arbitrary<ClientAnswer> = fc.oneof(
  fc.record({ form: fc.constant('header'), result }),
  fc.record({
    form: fc.constant('ticket'),
    result,
    ticket: fc.oneof(nothing, ticket),
    leader,
    term: u32,
    validFor: u32,
  }),
  fc.record({
    form: fc.constant('text'),
    command: fc.constantFrom('result-list', 'attr-get', 'attr-list'),
    text: fc.string({ unit: 'grapheme', maxLength: 500 }),
  }),
);

/** Gives the bytes to everything that reads bytes; none may throw. */
function readEveryWay(bytes: Uint8Array, holder: AuthKey | null): void {
  decodeDatagram(bytes);
  openDatagram(bytes, holder);
  decodeRequest(bytes, holder);
  decodeAnswer(bytes, holder);
  feed(requestStream, bytes);
  feed(answerStream, bytes);
}

describe('what is encoded decodes to the same', () => {
  test('member messages', () => {
    fc.assert(
      fc.property(ringMessage, sentAt, key, (message, time, holder) => {
        const bytes = encodeRingMessage(message, time, holder);
        expect(bytes.length).toBe(holder === null ? 124 : 152);
        const opened = openDatagram(bytes, holder);
        assert(opened.ok, 'opens');
        expect(opened.value.message).toEqual(message);
        expect(opened.value.sentAt).toEqual(holder === null ? { secs: 0, usecs: 0 } : time);
      }),
      { numRuns: 500 },
    );
  });

  test('requests', () => {
    fc.assert(
      fc.property(request, sentAt, key, (asked, time, holder) => {
        const opened = decodeRequest(encodeRequest(asked, time, holder), holder);
        assert(opened.ok, 'decodes');
        expect(opened.value.request).toEqual(asked);
      }),
      { numRuns: 500 },
    );
  });

  test('answers', () => {
    fc.assert(
      fc.property(answer, member, sentAt, key, (given, from, time, holder) => {
        const bytes = encodeAnswer(given, { from, sentAt: time, key: holder });
        const opened = decodeAnswer(bytes, holder);
        assert(opened.ok, 'decodes');
        expect(opened.value.answer).toEqual(given);
        expect(opened.value.from).toBe(from);
      }),
      { numRuns: 500 },
    );
  });
});

describe('no input throws', () => {
  test('random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1200 }), key, (bytes, holder) => {
        readEveryWay(bytes, holder);
        expect(openDatagram(bytes, authKey).ok).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  test('random bytes behind a right header', () => {
    const body = fc.uint8Array({ minLength: 48, maxLength: 1024 });
    fc.assert(
      fc.property(body, ringMessage, request, key, (bytes, message, asked, holder) => {
        for (const whole of [
          encodeRingMessage(message, { secs: 0, usecs: 0 }, null),
          encodeRequest(asked, { secs: 0, usecs: 0 }, null),
        ]) {
          bytes.set(whole.subarray(0, 48));
          new DataView(bytes.buffer, bytes.byteOffset).setUint32(24, bytes.length);
          readEveryWay(bytes, holder);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test.skipIf(!hasVectors)(
    `captured messages, mutated; signed ones are refused${unlessAbsent}`,
    () => {
      const everyMessage = vectors.rings.flatMap((ring) => ring.messages);
      const mutations = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), {
        minLength: 1,
        maxLength: 8,
      });
      fc.assert(
        fc.property(fc.nat(), mutations, fc.nat({ max: 400 }), (pick, changes, size) => {
          const vector = everyMessage[pick % everyMessage.length];
          assert(vector !== undefined, 'a message');
          const holder = keyNamed(vector.hmac?.verifies_with_key ?? null);
          const original = bytesOf(vector.hex);
          const changed = original.slice();
          for (const [place, change] of changes) {
            const index = place % changed.length;
            changed[index] = (changed[index] ?? 0) ^ change;
          }
          readEveryWay(changed, holder);
          readEveryWay(original.subarray(0, size), holder);
          const isChanged = Buffer.compare(changed, original) !== 0;
          if (vector.transport === 'udp' && holder !== null && isChanged) {
            expect(openDatagram(changed, holder).ok).toBe(false);
          }
        }),
        { numRuns: 3000 },
      );
    },
  );
});

describe('one flipped bit anywhere in a signed message', () => {
  const time = { secs: 1_795_179_550, usecs: 14_915 };
  const flips = function* (bytes: Uint8Array, bits: number) {
    for (let bit = 0; bit < bits; bit += 1) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      yield flipped;
    }
  };

  test('is noticed in datagrams', () => {
    fc.assert(
      fc.property(ringMessage, (message) => {
        const bytes = encodeRingMessage(message, time, authKey);
        for (const flipped of flips(bytes, bytes.length * 8)) {
          expect(openDatagram(flipped, authKey).ok).toBe(false);
        }
      }),
      { numRuns: 12 },
    );
  });

  test('is noticed in requests', () => {
    fc.assert(
      fc.property(request, (asked) => {
        const bytes = encodeRequest(asked, time, authKey);
        for (const flipped of flips(bytes, bytes.length * 8)) {
          expect(decodeRequest(flipped, authKey).ok).toBe(false);
        }
      }),
      { numRuns: 8 },
    );
  });

  test('is noticed in answers, but for the text, which booth leaves uncovered', () => {
    fc.assert(
      fc.property(answer, (given) => {
        const bytes = encodeAnswer(given, { from: memberIdOf(7), sentAt: time, key: authKey });
        const covered = given.form === 'text' ? 76 : bytes.length;
        for (const flipped of flips(bytes, covered * 8)) {
          expect(decodeAnswer(flipped, authKey).ok).toBe(false);
        }
      }),
      { numRuns: 12 },
    );
  });
});

test.each([
  ['', true, true],
  ['x'.repeat(63), true, true],
  ['x'.repeat(64), false, true],
  ['\u00e9'.repeat(32), false, true],
  ['x'.repeat(127), false, true],
  ['x'.repeat(128), false, false],
  ['a\0b', false, false],
])('%j fits a name: %j, a value: %j', (text, isName, isValue) => {
  expect(fitsName(text)).toBe(isName);
  expect(fitsValue(text)).toBe(isValue);
});
