// Bytes of a TCP connection, cut into messages: the same however they are cut into chunks.
import { crc32 } from '../../../core/base/member-id.ts';
import { seededRandom } from '../../../core/base/random.ts';
import { HEADER_BYTES } from '../../../core/wire/layout.ts';
import {
  answerStream,
  feed,
  requestStream,
  type StreamOutcome,
  type StreamState,
} from '../../../core/wire/stream.ts';
import { below } from '../mutate.ts';
import { hold, type FuzzTarget } from '../target.ts';
import { asMessage } from './messages.ts';
import { answerSeeds, requestSeeds, wireWords } from './wire-seeds.ts';

const joined = (seeds: readonly Uint8Array[]): Uint8Array => Buffer.concat(seeds);

/** What a stream comes to; chunks behind a whole message are surplus. */
function read(state: StreamState, chunks: readonly Uint8Array[]): StreamOutcome {
  let outcome: StreamOutcome = { kind: 'needs-more', state };
  for (const [index, chunk] of chunks.entries()) {
    if (outcome.kind !== 'needs-more') {
      if (outcome.kind === 'refused') return outcome;
      const surplus = Buffer.concat([outcome.surplus, ...chunks.slice(index)]);
      return { ...outcome, surplus };
    }
    outcome = feed(outcome.state, chunk);
  }
  if (outcome.kind === 'needs-more') holdBounds(outcome.state);
  return outcome;
}

function holdBounds(state: StreamState): void {
  let keptBytes = state.head.length;
  let pieces = 0;
  for (let piece = state.body; piece !== null; piece = piece.before) {
    keptBytes += piece.bytes.length;
    pieces += 1;
  }
  hold(keptBytes === state.sizeBytes, 'counts otherwise than it keeps');
  hold(keptBytes <= state.maxBytes, 'keeps more than a message may have');
  hold(pieces <= state.maxBytes, 'keeps empty pieces');
}

/** The input decides how it is cut, so that it replays. */
function inChunks(bytes: Uint8Array): Uint8Array[] {
  const random = seededRandom(crc32(bytes));
  const largest = 1 + below(random, random.next() < 0.3 ? 3 : 200);
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = below(random, largest + 1);
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

const wordOf = (outcome: StreamOutcome): string =>
  outcome.kind === 'refused' ? outcome.reason : outcome.kind;

function readAlike(state: StreamState, bytes: Uint8Array): string {
  const whole = read(state, [bytes]);
  const pieces = read(state, inChunks(bytes));
  hold(wordOf(pieces) === wordOf(whole), 'chunks come to something else than the whole');
  if (whole.kind === 'complete' && pieces.kind === 'complete') {
    hold(Buffer.compare(whole.bytes, pieces.bytes) === 0, 'chunks give another message');
    hold(Buffer.compare(whole.surplus, pieces.surplus) === 0, 'chunks leave another surplus');
    const all = Buffer.concat([whole.bytes, whole.surplus]);
    hold(Buffer.compare(all, bytes) === 0, 'message and surplus are not the input');
  }
  if (whole.kind === 'needs-more') {
    hold(whole.state.sizeBytes === bytes.length, 'bytes are lost while more are needed');
    hold(whole.state.head.length <= HEADER_BYTES, 'the head is longer than a header');
  }
  return wordOf(whole);
}

export const streamTarget: FuzzTarget = {
  name: 'stream',
  about: 'messages cut out of TCP streams',
  seeds: () => [
    ...requestSeeds(),
    ...answerSeeds(),
    joined(requestSeeds()),
    joined(answerSeeds()),
    new Uint8Array(0),
  ],
  words: wireWords,
  repair: asMessage,
  check: (bytes) => `${readAlike(requestStream, bytes)} ${readAlike(answerStream, bytes)}`,
};
