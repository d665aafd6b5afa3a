/**
 * Shared-key authentication of messages: HMAC-SHA1 (booth-protocol 2.4, 3; booth-conf 8). Either
 * everything in a ring is authenticated or nothing.
 */
import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';
import { problem, type Problem } from '../base/problem.ts';
import { err, ok, type Result } from '../base/result.ts';
import { HASH_ID_SHA1, MAC_BYTES, TRAILER, TRAILER_BYTES, viewOf } from './layout.ts';

/** A loaded key of 8 to 64 bytes; its bytes do not show when it is printed or made JSON. */
export interface AuthKey {
  readonly secret: KeyObject;
}

/** Shortest key booth takes. */
export const MIN_KEY_BYTES = 8;
/** What booth uses of a key. */
export const MAX_KEY_BYTES = 64;

/**
 * Makes the key from the content of an authfile. White space is removed at both ends if all bytes
 * are ASCII, else the bytes are the key.
 *
 * Differs from booth: a key that begins with NUL is refused; booth switches authentication off.
 * Differs from booth: a file longer than 64 bytes is refused, where booth cuts silently, unless
 * only white space is cut and booth comes to the same key (64 characters and a newline).
 */
export function loadKey(fileBytes: Uint8Array, file?: string): Result<AuthKey, Problem> {
  const where = file === undefined ? undefined : { file };
  const refuse = (code: string, message: string): Result<AuthKey, Problem> =>
    err(problem(code, message, where));
  const isText = fileBytes.every((byte) => byte < 0x80);
  const head = fileBytes.subarray(0, MAX_KEY_BYTES);
  const rest = fileBytes.subarray(MAX_KEY_BYTES);
  if (!(rest.length === 0 || (isText && rest.every(isWhiteSpace)))) {
    return refuse(
      'authfile-too-long',
      `the key has more than ${MAX_KEY_BYTES} bytes, of which booth would use only the first ${MAX_KEY_BYTES}; make a new one with booth-keygen`,
    );
  }
  const key = isText ? trim(head) : head;
  if (key.length < MIN_KEY_BYTES) {
    return refuse(
      'authfile-too-short',
      `the key has ${key.length} bytes, at least ${MIN_KEY_BYTES} are needed; make a new one with booth-keygen`,
    );
  }
  if (key[0] === 0) {
    return refuse(
      'authfile-starts-with-nul',
      'the key begins with a NUL byte, which switches authentication off in booth; make a new one with booth-keygen',
    );
  }
  return ok({ secret: createSecretKey(key) });
}

/**
 * Checks the trailer at `trailerOffset` against all bytes before it, and returns the MAC in
 * hexadecimal. Hash id and size are checked before anything is computed; the MAC is compared in
 * constant time.
 *
 * Differs from booth: only hash id 2 is accepted (libgcrypt builds take 1 and 3 as well).
 * Differs from booth: the four unused bytes after the MAC must be zero, as booth sends them, so
 * that no byte of an authenticated message can be changed unnoticed.
 */
export function verify(
  bytes: Uint8Array,
  key: AuthKey,
  trailerOffset: number,
): Result<string, 'not-authenticated' | 'bad-hash-id' | 'bad-mac'> {
  if (trailerOffset < 0 || trailerOffset + TRAILER_BYTES > bytes.length) {
    return err('not-authenticated');
  }
  const view = viewOf(bytes);
  if (view.getUint32(trailerOffset + TRAILER.hashId) !== HASH_ID_SHA1) return err('bad-hash-id');
  const macOffset = trailerOffset + TRAILER.mac;
  const expected = macOf(bytes.subarray(0, trailerOffset), key);
  const isGenuine = timingSafeEqual(expected, bytes.subarray(macOffset, macOffset + MAC_BYTES));
  if (!isGenuine || view.getUint32(trailerOffset + TRAILER.padding) !== 0) return err('bad-mac');
  return ok(expected.toString('hex'));
}

/** Writes the trailer at `trailerOffset`, covering all bytes before it. */
export function sign(bytes: Uint8Array, key: AuthKey, trailerOffset: number): void {
  const view = viewOf(bytes);
  view.setUint32(trailerOffset + TRAILER.hashId, HASH_ID_SHA1);
  bytes.set(macOf(bytes.subarray(0, trailerOffset), key), trailerOffset + TRAILER.mac);
  view.setUint32(trailerOffset + TRAILER.padding, 0);
}

const macOf = (covered: Uint8Array, key: AuthKey) =>
  createHmac('sha1', key.secret).update(covered).digest();

/** C's isspace in the C locale. */
const isWhiteSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

function trim(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => !isWhiteSpace(byte));
  const last = bytes.findLastIndex((byte) => !isWhiteSpace(byte));
  return start < 0 ? new Uint8Array(0) : bytes.subarray(start, last + 1);
}
