/** Where booth's fields lie in a message: offsets and sizes in bytes (booth-protocol 1, 2.1–2.5). */
export const MAGIC = 0x5f1ba08c;
export const VERSION = 0x00010003;

/** Offsets in the header; every field is an unsigned 32-bit big-endian number. */
export const HEADER = {
  opts: 0,
  secs: 4,
  usecs: 8,
  magic: 12,
  version: 16,
  from: 20,
  length: 24,
  command: 28,
  request: 32,
  options: 36,
  reason: 40,
  result: 44,
} as const;
export const HEADER_BYTES = 48;

/** Offsets of the ticket payload, from the start of the message. */
export const TICKET = { name: 48, leader: 112, term: 116, validFor: 120 } as const;
/** Header and ticket payload: a member message without authentication. */
export const TICKET_MESSAGE_BYTES = 124;

/** Offsets of the attribute payload, from the start of the message. */
export const ATTRIBUTE = { ticket: 48, name: 112, value: 176 } as const;
/** Header and attribute payload: a geostore request without authentication. */
export const ATTRIBUTE_MESSAGE_BYTES = 304;

/** Ticket and attribute names, the final NUL included. */
export const NAME_FIELD_BYTES = 64;
/** Attribute values, the final NUL included. */
export const VALUE_FIELD_BYTES = 128;

/** Offsets from the start of the trailer; `padding` is zero (2.4). */
export const TRAILER = { hashId: 0, mac: 4, padding: 24 } as const;
export const TRAILER_BYTES = 28;
export const MAC_BYTES = 20;

/** Largest client request, largest datagram. */
export const MAX_REQUEST_BYTES = 1024;
/**
 * Largest answer a client reads. booth sets no bound; a list of 1000 tickets has about 80 kB.
 */
export const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** Bits of `opts`; the last two are geobooth's own, which booth ignores. */
export const OPT_AUTHENTICATED = 0x1;
export const OPT_ATTRIBUTE = 0x4;
export const OPT_MARKED = 0x100;
/** In marked messages: the lease is in milliseconds, whatever the receiver's configuration says. */
export const OPT_MILLISECONDS = 0x200;

/** Bits of `options` in client requests (2.8). */
export const OPTION_IMMEDIATE = 0x1;
export const OPTION_WAIT = 0x2;
export const OPTION_WAIT_FOR_COMMIT = 0x4;

/** Number of SHA-1 on the wire (2.4). */
export const HASH_ID_SHA1 = 2;

/** A view for reading and writing numbers in `bytes`, which may lie inside a larger buffer. */
export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
