import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assert } from '../../../core/base/assert.ts';
import { memberIdOf } from '../../../core/base/member-id.ts';
import { encodeAnswer, encodeRequest } from '../../../core/wire/encode.ts';
import { MAX_ANSWER_BYTES } from '../../../core/wire/layout.ts';
import { answerStream, feed, requestStream } from '../../../core/wire/stream.ts';
import type { StreamOutcome, StreamState } from '../../../core/wire/stream.ts';
import { hexOf } from './vectors.ts';

const from = memberIdOf(7);
const sentAt = { secs: 0, usecs: 0 };
const list = encodeRequest({ command: 'list', from }, sentAt, null);
const sender = { from, sentAt, key: null };
const text = (characters: number) =>
  encodeAnswer({ form: 'text', command: 'result-list', text: 'x'.repeat(characters) }, sender);

/** The list request with another length field, padded or cut to `sizeBytes`. */
function withLength(length: number, sizeBytes: number = length): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  bytes.set(list.subarray(0, sizeBytes));
  new DataView(bytes.buffer).setUint32(24, length);
  return bytes;
}

function feedAll(state: StreamState, chunks: readonly Uint8Array[]): StreamOutcome {
  let outcome: StreamOutcome = { kind: 'needs-more', state };
  for (const chunk of chunks) {
    if (outcome.kind !== 'needs-more') return outcome;
    outcome = feed(outcome.state, chunk);
  }
  return outcome;
}

/** Cuts bytes at the given places, in any order. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const sorted = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length];
  sorted.sort((a, b) => a - b);
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
}

describe('a request', () => {
  test('is complete however it is cut, and what follows is handed out apart', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(), { maxLength: 20 }),
        fc.integer({ min: 0, max: 200 }),
        (places, surplusBytes) => {
          const stream = new Uint8Array(list.length + surplusBytes);
          stream.set(list);
          stream.fill(0x6a, list.length);
          const chunks = cut(stream, places);
          const outcome = feedAll(requestStream, chunks);
          assert(outcome.kind === 'complete', 'complete');
          expect(hexOf(outcome.bytes)).toBe(hexOf(list));
          expect(outcome.surplus.every((byte) => byte === 0x6a)).toBe(true);
        },
      ),
    );
  });

  test('is complete byte by byte exactly with its last byte', () => {
    const chunks = [...list].map((byte) => Uint8Array.of(byte));
    expect(feedAll(requestStream, chunks.slice(0, -1)).kind).toBe('needs-more');
    expect(feedAll(requestStream, chunks).kind).toBe('complete');
  });

  test('may be a header alone, and may have 1024 bytes', () => {
    expect(feed(requestStream, withLength(48)).kind).toBe('complete');
    expect(feed(requestStream, withLength(1024)).kind).toBe('complete');
  });

  test.each([
    ['a length of 47', withLength(47, 124), 'bad-length'],
    ['a length of 0', withLength(0, 124), 'bad-length'],
    ['a length of 1025', withLength(1025), 'too-long'],
    ['a length of 4 GiB', withLength(0xffffffff, 124), 'too-long'],
    ['another magic', Uint8Array.from(list, (byte, at) => (at === 12 ? 0 : byte)), 'bad-magic'],
    ['another version', Uint8Array.from(list, (byte, at) => (at === 19 ? 2 : byte)), 'bad-version'],
    ['an HTTP request', new TextEncoder().encode(`GET /${'x'.repeat(50)} HTTP/1.1`), 'bad-magic'],
  ])('with %s is refused as soon as its header is there', (_title, bytes, reason) => {
    expect(feed(requestStream, bytes.subarray(0, 47)).kind).toBe('needs-more');
    expect(feed(requestStream, bytes.subarray(0, 48))).toEqual({ kind: 'refused', reason });
  });

  test('never keeps more than its bound, nor grows by empty chunks', () => {
    const started = feed(requestStream, withLength(1024).subarray(0, 60));
    assert(started.kind === 'needs-more', 'needs more');
    let outcome: StreamOutcome = started;
    for (let round = 0; round < 100; round += 1) {
      assert(outcome.kind === 'needs-more', 'needs more');
      outcome = feed(outcome.state, new Uint8Array(0));
    }
    expect(outcome).toEqual(started);
    const flooded = feed(started.state, new Uint8Array(5000));
    assert(flooded.kind === 'complete', 'complete');
    expect(flooded.bytes.length).toBe(1024);
  });

  test('survives its chunks being overwritten by the caller', () => {
    const reused = list.slice(0, 60);
    const started = feed(requestStream, reused);
    assert(started.kind === 'needs-more', 'needs more');
    reused.fill(0xee);
    const outcome = feed(started.state, list.subarray(60));
    assert(outcome.kind === 'complete', 'complete');
    expect(hexOf(outcome.bytes)).toBe(hexOf(list));
  });
});

describe('answers', () => {
  test('come one after another from one stream', () => {
    const more = encodeAnswer({ form: 'header', result: 'more' }, sender);
    const done = encodeAnswer({ form: 'header', result: 'success' }, sender);
    const first = feed(answerStream, Uint8Array.from([...more, ...done]));
    assert(first.kind === 'complete', 'complete');
    expect(hexOf(first.bytes)).toBe(hexOf(more));
    const second = feed(answerStream, first.surplus);
    assert(second.kind === 'complete', 'complete');
    expect(hexOf(second.bytes)).toBe(hexOf(done));
    expect(second.surplus.length).toBe(0);
  });

  test('may be long: 100 kB in small pieces', () => {
    const bytes = text(100_000);
    const chunks = cut(
      bytes,
      Array.from({ length: 5000 }, (_, index) => index * 20),
    );
    const outcome = feedAll(answerStream, chunks);
    assert(outcome.kind === 'complete', 'complete');
    expect(Buffer.compare(outcome.bytes, bytes)).toBe(0);
  });

  test('are bounded', () => {
    expect(feed(answerStream, withLength(MAX_ANSWER_BYTES, 124)).kind).toBe('needs-more');
    const refused = feed(answerStream, withLength(MAX_ANSWER_BYTES + 1, 124));
    expect(refused).toEqual({ kind: 'refused', reason: 'too-long' });
  });
});
