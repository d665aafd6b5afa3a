import { describe, expect, test } from 'vitest';
import { assert } from '../../../core/base/assert.ts';
import { parseAddress } from '../../../core/base/address.ts';
import { memberIdOfAddress } from '../../../core/base/member-id.ts';
import { verify } from '../../../core/wire/authentication.ts';
import { decodeAnswer } from '../../../core/wire/decode-answer.ts';
import { decodeDatagram, openDatagram } from '../../../core/wire/decode-datagram.ts';
import { decodeRequest } from '../../../core/wire/decode-request.ts';
import { encodeAnswer, encodeRequest, encodeRingMessage } from '../../../core/wire/encode.ts';
import { bytesOf, hasVectors, hexOf, keyNamed, unlessAbsent, vectors } from './vectors.ts';
import type { VectorMessage } from './vectors.ts';

const everyMessage = vectors.rings.flatMap((ring) => ring.messages);
const messages = (direction: VectorMessage['direction']) =>
  everyMessage.filter((message) => message.direction === direction);
const keyFor = (message: VectorMessage) => keyNamed(message.hmac?.verifies_with_key ?? null);
const number = (text: string) => Number.parseInt(text, 16);
/** A leader as the vectors write it, from ours. */
const leaderText = (leader: number | null) =>
  `0x${(leader ?? 0xffffffff).toString(16).padStart(8, '0')}`;

describe.skipIf(!hasVectors)(`captured messages${unlessAbsent}`, () => {
  test('are all there', () => {
    expect(vectors.rings.map((ring) => ring.messages.length)).toEqual([425, 416, 52, 61]);
    expect(messages('member to member').length).toBeGreaterThan(700);
    expect(messages('client to server').length).toBeGreaterThan(80);
    expect(messages('server to client').length).toBeGreaterThan(120);
  });

  test('of members decode and encode to the same bytes', () => {
    for (const vector of messages('member to member')) {
      const key = keyFor(vector);
      const opened = openDatagram(bytesOf(vector.hex), key);
      assert(opened.ok, `${vector.id} opens`);
      const { message, sentAt, mac } = opened.value;
      expect(hexOf(encodeRingMessage(message, sentAt, key)), vector.id).toBe(vector.hex);
      expect(mac, vector.id).toBe(vector.hmac?.mac ?? null);
    }
  });

  test('of members decode to what the vectors say', () => {
    for (const vector of messages('member to member')) {
      const { header, ticket } = vector.decoded;
      const decoded = decodeDatagram(bytesOf(vector.hex));
      assert(decoded.ok, `${vector.id} decodes`);
      const { message, sentAt, opts, trailerOffset } = decoded.value;
      expect([opts, sentAt.secs, sentAt.usecs]).toEqual([header.opts, header.secs, header.usecs]);
      expect(message.from).toBe(number(header.from));
      expect(message.isMarked).toBe(false);
      expect(trailerOffset).toBe(vector.hmac?.offset ?? null);
      expect({
        id: message.ticket,
        leader: leaderText(message.leader),
        term: message.term,
        term_valid_for: message.validFor,
      }).toEqual(ticket);
    }
  });

  test('of clients decode and encode to the same bytes, but for 28 surplus zeros', () => {
    for (const vector of messages('client to server')) {
      const key = keyFor(vector);
      const bytes = bytesOf(vector.hex);
      const opened = decodeRequest(bytes, key);
      assert(opened.ok, `${vector.id} decodes`);
      const { request, sentAt, mac } = opened.value;
      const counted = encodeRequest(request, sentAt, key);
      const surplus = new Uint8Array(vector.decoded.uncounted_trailing_bytes ?? 0);
      expect(hexOf(counted) + hexOf(surplus), vector.id).toBe(vector.hex);
      expect(mac, vector.id).toBe(vector.hmac?.mac ?? null);
      expect(request.from).toBe(number(vector.decoded.header.from));
      if ('attribute' in request) {
        const { ticket, attribute: name, value } = request;
        expect({ ticket, name, value }).toEqual(vector.decoded.attribute);
      }
    }
  });

  test('of servers decode and encode to the same bytes', () => {
    for (const vector of messages('server to client')) {
      const key = keyFor(vector);
      const opened = decodeAnswer(bytesOf(vector.hex), key);
      assert(opened.ok, `${vector.id} decodes`);
      const { answer, from, sentAt } = opened.value;
      expect(hexOf(encodeAnswer(answer, { from, sentAt, key })), vector.id).toBe(vector.hex);
      if (answer.form === 'text') expect(answer.text).toBe(vector.decoded.text ?? '');
      if (answer.form === 'ticket') expect(answer.ticket).toBe(vector.decoded.ticket?.id);
    }
  });

  test('verify with their key and with no other', () => {
    const signed = everyMessage.filter((message) => message.hmac !== null);
    expect(signed.length).toBe(536);
    for (const { id, hex, hmac } of signed) {
      for (const name of ['k1', 'k2', 'k3', 'k6']) {
        const key = keyNamed(name);
        assert(key !== null && hmac !== null, 'the key is known');
        const verdict = verify(bytesOf(hex), key, hmac.offset);
        expect(verdict.ok, `${id} with ${name}`).toBe(name === hmac.verifies_with_key);
      }
    }
  });

  test('without HMAC are refused by who has a key', () => {
    const key = keyNamed('k1');
    for (const { id, hex, direction, hmac } of everyMessage) {
      if (hmac !== null) continue;
      const bytes = bytesOf(hex);
      const outcome =
        direction === 'member to member'
          ? openDatagram(bytes, key)
          : direction === 'client to server'
            ? decodeRequest(bytes, key)
            : decodeAnswer(bytes, key);
      expect(outcome.ok, id).toBe(false);
    }
  });

  test('of authenticated members are understood by a member without a key', () => {
    for (const vector of messages('member to member')) {
      const decoded = openDatagram(bytesOf(vector.hex), null);
      assert(decoded.ok, `${vector.id} opens`);
      expect(decoded.value.message.ticket).toBe(vector.decoded.ticket?.id);
      expect(decoded.value.mac).toBeNull();
    }
  });

  test('keys load as booth loads them', () => {
    for (const [name, { key_hex: hex, key_length: length }] of Object.entries(vectors.keys)) {
      const secret = keyNamed(name)?.secret.export();
      expect(secret?.toString('hex'), name).toBe(hex);
      expect(secret?.length, name).toBe(length);
    }
  });

  test('site ids are what booth computes', () => {
    expect(vectors.site_ids.length).toBeGreaterThan(5);
    for (const { address, binary_hex: binary, site_id_decimal: id } of vectors.site_ids) {
      const parsed = parseAddress(address);
      assert(parsed !== null, `${address} is an address`);
      expect(hexOf(parsed.bytes)).toBe(binary);
      expect(memberIdOfAddress(parsed)).toBe(id);
    }
  });
});
