// Datagrams of members, requests and answers: whatever is read is written again and read the same.
import { isDeepStrictEqual } from 'node:util';
import type { Random } from '../../../core/base/random.ts';
import { sign, type AuthKey } from '../../../core/wire/authentication.ts';
import { decodeAnswer } from '../../../core/wire/decode-answer.ts';
import { decodeDatagram, openDatagram } from '../../../core/wire/decode-datagram.ts';
import { decodeRequest } from '../../../core/wire/decode-request.ts';
import { encodeAnswer, encodeRequest, encodeRingMessage } from '../../../core/wire/encode.ts';
import { HEADER, HEADER_BYTES, MAGIC, VERSION, viewOf } from '../../../core/wire/layout.ts';
import { hold, type FuzzTarget } from '../target.ts';
import {
  answerSeeds,
  authKey,
  datagramSeeds,
  keys,
  requestSeeds,
  wireWords,
} from './wire-seeds.ts';

/** Magic, version and length as they must be, then perhaps the signature. */
export function asMessage(bytes: Uint8Array, random: Random): Uint8Array {
  if (bytes.length < HEADER_BYTES) return bytes;
  const view = viewOf(bytes);
  view.setUint32(HEADER.magic, MAGIC);
  view.setUint32(HEADER.version, VERSION);
  view.setUint32(HEADER.length, bytes.length);
  const trailerAt = bytes.length - 28;
  // The trailer of an answer with text follows the header.
  const at = random.next() < 0.2 ? HEADER_BYTES : trailerAt;
  if (trailerAt >= HEADER_BYTES && random.next() < 0.7) sign(bytes, authKey, at);
  return bytes;
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** Once read and written, what is read and written again stays as it is. */
function holdRoundTrip<T>(
  read: T,
  { decode, encode }: { decode: (bytes: Uint8Array) => T | null; encode: (value: T) => Uint8Array },
): void {
  const written = encode(read);
  const again = decode(written);
  hold(again !== null, 'what was read and written again is refused');
  hold(isDeepStrictEqual(again, read), 'what was read and written again reads otherwise');
  hold(sameBytes(encode(again), written), 'the same message gives other bytes');
}

/** With and without the key, in one word. */
const both = (one: (key: AuthKey | null) => string): string => keys.map(one).join(' ');

export const datagramTarget: FuzzTarget = {
  name: 'datagram',
  about: 'messages of members over UDP',
  seeds: datagramSeeds,
  words: wireWords,
  repair: asMessage,
  check: (bytes) =>
    both((key) => {
      const opened = openDatagram(bytes, key);
      const unopened = decodeDatagram(bytes);
      if (!opened.ok) return opened.error.reason;
      hold(unopened.ok, 'authenticated, but not well-formed');
      hold(isDeepStrictEqual(unopened.value.message, opened.value.message), 'read in two ways');
      const { message, sentAt } = opened.value;
      holdRoundTrip(message, {
        encode: (value) => encodeRingMessage(value, sentAt, key),
        decode: (written) => {
          const read = openDatagram(written, key);
          return read.ok ? read.value.message : null;
        },
      });
      return message.command;
    }),
};

export const requestTarget: FuzzTarget = {
  name: 'request',
  about: 'requests of clients',
  seeds: requestSeeds,
  words: wireWords,
  repair: asMessage,
  check: (bytes) =>
    both((key) => {
      const opened = decodeRequest(bytes, key);
      if (!opened.ok) return opened.error.reason;
      const { request, sentAt } = opened.value;
      holdRoundTrip(request, {
        encode: (value) => encodeRequest(value, sentAt, key),
        decode: (written) => {
          const read = decodeRequest(written, key);
          return read.ok ? read.value.request : null;
        },
      });
      return request.command;
    }),
};

export const answerTarget: FuzzTarget = {
  name: 'answer',
  about: 'answers of servers, read by clients',
  seeds: answerSeeds,
  words: wireWords,
  repair: asMessage,
  check: (bytes) =>
    both((key) => {
      const opened = decodeAnswer(bytes, key);
      if (!opened.ok) return opened.error;
      const { answer, from, sentAt } = opened.value;
      holdRoundTrip(answer, {
        encode: (value) => encodeAnswer(value, { from, sentAt, key }),
        decode: (written) => {
          const read = decodeAnswer(written, key);
          return read.ok ? read.value.answer : null;
        },
      });
      return answer.form === 'text' ? answer.command : `${answer.form} ${answer.result}`;
    }),
};
