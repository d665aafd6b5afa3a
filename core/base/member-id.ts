import type { IpAddress } from './address.ts';

declare const memberIdBrand: unique symbol;

/** The number a member is known by on the wire: 31 bits, computed from its address. */
export type MemberId = number & { readonly [memberIdBrand]: 'MemberId' };

/** The id on the wire that means "no member" (booth-protocol 2.7). */
export const NO_MEMBER_ON_WIRE = 0xffffffff;

/** Names a number as a member id; it need not belong to a configured member. */
export const memberIdOf = (id: number): MemberId => id as MemberId;

/** CRC-32 (zlib) of the binary address, bit 31 cleared (booth-protocol 2.7). */
export const memberIdOfAddress = (address: IpAddress): MemberId =>
  memberIdOf(crc32(address.bytes) & 0x7fffffff);

/** What four bits more do to the remainder: few enough to be computed at every start. */
const crcTable = Uint32Array.from({ length: 16 }, (_, index) => {
  let word = index;
  for (let bit = 0; bit < 4; bit += 1) word = word & 1 ? (word >>> 1) ^ 0xedb88320 : word >>> 1;
  return word;
});

/** CRC-32 as zlib computes it, as an unsigned number. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    crc = (crc >>> 4) ^ (crcTable[crc & 15] ?? 0);
    crc = (crc >>> 4) ^ (crcTable[crc & 15] ?? 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
