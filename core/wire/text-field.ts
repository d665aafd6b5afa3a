/** Text in fixed fields that end at the first NUL (booth-protocol 2). */
import { assert } from '../base/assert.ts';
import { NAME_FIELD_BYTES, VALUE_FIELD_BYTES } from './layout.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** True for a ticket or attribute name that fits its field: at most 63 bytes of UTF-8, no NUL. */
export const fitsName = (text: string): boolean => fits(text, NAME_FIELD_BYTES);

/** True for an attribute value that fits its field: at most 127 bytes of UTF-8, no NUL. */
export const fitsValue = (text: string): boolean => fits(text, VALUE_FIELD_BYTES);

/** Writes text into a field whose bytes are still zero; the caller has checked that it fits. */
export function writeText(
  bytes: Uint8Array,
  field: { readonly offset: number; readonly sizeBytes: number },
  text: string,
): void {
  assert(fits(text, field.sizeBytes), `text fits a field of ${field.sizeBytes} bytes`);
  encoder.encodeInto(text, bytes.subarray(field.offset, field.offset + field.sizeBytes - 1));
}

/**
 * Reads a field up to its first NUL. null when there is no NUL, or when it holds anything but
 * printable ASCII without blanks: booth accepts no other ticket name in its configuration, so
 * nothing that could match is lost, and what is read may be logged as it is.
 */
export function readTicketName(bytes: Uint8Array, offset: number): string | null {
  let text = '';
  for (let index = 0; index < NAME_FIELD_BYTES; index += 1) {
    const byte = bytes[offset + index];
    if (byte === 0) return text;
    if (byte === undefined || byte <= 0x20 || byte >= 0x7f) return null;
    text += String.fromCharCode(byte);
  }
  return null;
}

/** Text XML 1.0 can hold at all; attributes end up in a cluster's CIB. */
const unstorable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

/** Any control character: one attribute is one line in the answer to `attr-list`. */
const control = /[\u0000-\u001f\u007f]/;

/**
 * Reads an attribute name; null when there is no NUL within 64 bytes, bytes are not UTF-8, or it
 * has control characters.
 */
export function readAttributeName(bytes: Uint8Array, offset: number): string | null {
  const text = readUtf8(bytes.subarray(offset, offset + NAME_FIELD_BYTES));
  return text === null || control.test(text) || unstorable.test(text) ? null : text;
}

/**
 * Reads an attribute value; null when there is no NUL within 128 bytes, bytes are not UTF-8, or it
 * has characters that XML cannot hold.
 */
export function readAttributeValue(bytes: Uint8Array, offset: number): string | null {
  const text = readUtf8(bytes.subarray(offset, offset + VALUE_FIELD_BYTES));
  return text === null || unstorable.test(text) ? null : text;
}

/** The text of an answer, which fills the rest of a message; wrong UTF-8 becomes U+FFFD. */
export const readRestText = (bytes: Uint8Array): string => decoder.decode(bytes);

/** The bytes of a text that follows a header. */
export const bytesOfText = (text: string): Uint8Array => encoder.encode(text);

function fits(text: string, sizeBytes: number): boolean {
  return text.length < sizeBytes && encoder.encode(text).length < sizeBytes && !text.includes('\0');
}

function readUtf8(field: Uint8Array): string | null {
  const end = field.indexOf(0);
  if (end < 0) return null;
  const raw = field.subarray(0, end);
  const text = decoder.decode(raw);
  const again = encoder.encode(text);
  return again.length === raw.length && again.every((byte, index) => byte === raw[index])
    ? text
    : null;
}
