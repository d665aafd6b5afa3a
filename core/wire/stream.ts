/**
 * Messages cut out of a TCP stream by their length field (booth-protocol 4.1), with bounds on
 * what a peer can make us keep. Timeouts are the shell's.
 */
import { judgeMagicAndVersion, readHeader } from './header.ts';
import { HEADER_BYTES, MAX_ANSWER_BYTES, MAX_REQUEST_BYTES } from './layout.ts';
import type { RefusalReason } from './message.ts';

/** What has come so far of a message; at most its bound. Plain data, never changed in place. */
export interface StreamState {
  readonly maxBytes: number;
  /** The start of the message until its header is whole. */
  readonly head: Uint8Array;
  /** What came after the head, newest first, so that many small chunks cost no copying. */
  readonly body: Piece | null;
  readonly sizeBytes: number;
}

interface Piece {
  readonly bytes: Uint8Array;
  readonly before: Piece | null;
}

export type StreamOutcome =
  | { readonly kind: 'needs-more'; readonly state: StreamState }
  | {
      readonly kind: 'complete';
      /** Exactly one message: as many bytes as its length field says. */
      readonly bytes: Uint8Array;
      /** What followed: the next answer; after a request it is to be ignored. */
      readonly surplus: Uint8Array;
    }
  | { readonly kind: 'refused'; readonly reason: RefusalReason };

const empty = new Uint8Array(0);

/** For a server: one request of at most 1024 bytes. */
export const requestStream: StreamState = {
  maxBytes: MAX_REQUEST_BYTES,
  head: empty,
  body: null,
  sizeBytes: 0,
};

/** For a client: answers of at most 4 MiB, one after another (each from a fresh state). */
export const answerStream: StreamState = { ...requestStream, maxBytes: MAX_ANSWER_BYTES };

/**
 * Takes the next chunk. Bytes are copied, so the chunk may be reused by the caller. Refuses as
 * soon as the header is whole and wrong; nothing may be fed after `complete` or `refused`.
 */
export function feed(state: StreamState, chunk: Uint8Array): StreamOutcome {
  const missing = HEADER_BYTES - state.head.length;
  const head = missing > 0 ? concat(state.head, chunk.subarray(0, missing)) : state.head;
  const body = missing > 0 ? chunk.subarray(missing) : chunk;
  if (head.length < HEADER_BYTES) {
    return { kind: 'needs-more', state: { ...state, head, sizeBytes: head.length } };
  }
  const reason = judgeHeader(head, state.maxBytes);
  if (reason !== null) return { kind: 'refused', reason };
  const { length } = readHeader(head);
  const wanted = length - (missing > 0 ? HEADER_BYTES : state.sizeBytes);
  const taken: Piece = { bytes: body.slice(0, wanted), before: state.body };
  const sizeBytes = length - wanted + taken.bytes.length;
  if (sizeBytes < length) {
    // An empty chunk must not lengthen the list for ever.
    const pieces = taken.bytes.length === 0 ? state.body : taken;
    return { kind: 'needs-more', state: { ...state, head, body: pieces, sizeBytes } };
  }
  return { kind: 'complete', bytes: join(head, taken, length), surplus: body.slice(wanted) };
}

function judgeHeader(head: Uint8Array, maxBytes: number): RefusalReason | null {
  const foreign = judgeMagicAndVersion(head);
  if (foreign !== null) return foreign;
  const { length } = readHeader(head);
  if (length < HEADER_BYTES) return 'bad-length';
  return length > maxBytes ? 'too-long' : null;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

function join(head: Uint8Array, last: Piece, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  bytes.set(head);
  let end = sizeBytes;
  for (let piece: Piece | null = last; piece !== null; piece = piece.before) {
    end -= piece.bytes.length;
    bytes.set(piece.bytes, end);
  }
  return bytes;
}
