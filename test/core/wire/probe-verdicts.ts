/** What ours does with the crafted requests of the vectors, where it is not simply what boothd did. */
import type { RefusalReason } from '../../../core/wire/message.ts';

/** boothd answered these; we refuse them. */
export const stricterThanBooth: Readonly<Record<string, RefusalReason>> = {
  'attribute set, name of 64 bytes without a NUL': 'bad-attribute',
  'auth: hash id 1 with the correct SHA-1 MAC': 'bad-hash-id',
  'auth: hash id 3 with the correct SHA-1 MAC': 'bad-hash-id',
  'auth: correct MAC, last 4 bytes of the 24-byte area not zero': 'bad-mac',
  'auth: client timestamp one day in the future': 'from-the-future',
  'auth: client timestamp three years in the future': 'from-the-future',
  'auth: the same request replayed': 'replayed',
  'udp: first packet ever from this peer, timestamp 11 days old': 'too-old',
  'udp: timestamp newer than the last but still 11 days old': 'too-old',
  'udp: exact replay within the skew window': 'replayed',
};

/**
 * boothd answered these; they are the bytes of the first probe again, so with a key ours refuses
 * them as replayed. Without a key they show that framing is as booth's.
 */
export const sameBytesAsTheFirst = new Set([
  'list in three pieces',
  'two requests in one write: only the first is answered',
  'list followed by 28 bytes that the length field does not count',
]);

/** boothd refused these (silence, or an answer that says no); so do we. */
export const refusedByBoth: Readonly<Record<string, RefusalReason | 'incomplete'>> = {
  'wrong magic': 'bad-magic',
  'wrong version 0x00010002': 'bad-version',
  'length field 47': 'bad-length',
  'length field 1025, 1025 bytes sent': 'too-long',
  'length field 200, 152/124 bytes sent, then silence': 'incomplete',
  'unknown command': 'unknown-command',
  'peer command STATUS over TCP': 'unknown-command',
  'grant without a ticket payload': 'bad-ticket-name',
  'grant, ticket name of 64 bytes without a NUL': 'bad-ticket-name',
  'attribute get, name of 64 bytes': 'bad-attribute',
  'auth: no HMAC at all': 'bad-hash-id',
  'auth: other key': 'bad-mac',
  'auth: hash id 0 with an all-zero MAC': 'bad-hash-id',
  'auth: hash id 1 with an all-zero MAC': 'bad-hash-id',
  'auth: hash id 3 with an all-zero MAC': 'bad-hash-id',
  'auth: hash id 8 with an all-zero MAC': 'bad-hash-id',
  'auth: hash id 10 with an all-zero MAC': 'bad-hash-id',
  'auth: hash id 255 with an all-zero MAC': 'bad-hash-id',
  'auth: hash id 4294967295 with an all-zero MAC': 'bad-hash-id',
  'auth: last byte of the 20-byte MAC flipped': 'bad-mac',
  'auth: client timestamp 610 s in the past': 'too-old',
  'auth: client timestamp one day in the past': 'too-old',
  'udp: timestamp older than the last one, outside the skew window': 'too-old',
  'udp: no HMAC': 'not-authenticated',
  'udp: other key': 'bad-mac',
  'udp: hash id 255, zero MAC': 'bad-hash-id',
  'udp: length field does not equal the datagram length': 'bad-length',
  'udp: unknown command': 'unknown-command',
  'udp: client command CLst': 'unknown-command',
  'udp: option bit 2 (attribute message)': 'attribute-over-udp',
};

/** boothd did not answer these; well-formed, so for the member and ticket to judge. */
export const leftToTheMember = new Set([
  'udp: sender id unknown',
  'udp: ticket unknown',
  'udp: leader field is no member',
  'udp: leader field 0',
  'udp: REQ_VOTE with a term below the last valid one: silence',
  'udp: HEARTBEAT whose leader field is not its sender',
]);
