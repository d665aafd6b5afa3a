/**
 * IP addresses as text and as the bytes a member id is computed from (booth-conf section 5,
 * booth-protocol 2.7).
 */
export interface IpAddress {
  readonly family: 4 | 6;
  /** 4 or 16 bytes in network order. */
  readonly bytes: Uint8Array;
  /** The text as it was written; displays keep it. */
  readonly text: string;
}

/** Reads dotted IPv4 or any textual IPv6 without brackets or zone; null when it is neither. */
export function parseAddress(text: string): IpAddress | null {
  const bytes = text.includes(':') ? parseIpv6(text) : parseIpv4(text);
  if (bytes === null) return null;
  return { family: bytes.length === 4 ? 4 : 6, bytes, text };
}

/** True when both are the same binary address, however they are spelled. */
export const isSameAddress = (a: IpAddress, b: IpAddress): boolean =>
  a.bytes.length === b.bytes.length && a.bytes.every((byte, index) => byte === b.bytes[index]);

/** The number of leading bits two addresses share; 0 across families. */
export function commonPrefixBits(a: IpAddress, b: IpAddress): number {
  if (a.family !== b.family) return 0;
  for (let index = 0; index < a.bytes.length; index += 1) {
    const difference = (a.bytes[index] ?? 0) ^ (b.bytes[index] ?? 0);
    if (difference !== 0) return index * 8 + Math.clz32(difference) - 24;
  }
  return a.bytes.length * 8;
}

/** `address:port`, with IPv6 addresses in brackets. */
export const withPort = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

function parseIpv4(text: string): Uint8Array | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  const bytes = parts.map((part) => (/^(0|[1-9][0-9]{0,2})$/.test(part) ? Number(part) : 256));
  return bytes.every((byte) => byte < 256) ? Uint8Array.from(bytes) : null;
}

function parseIpv6(text: string): Uint8Array | null {
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const head = parseGroups(halves[0] ?? '', halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? '', true) : [];
  if (head === null || tail === null) return null;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...tail];
  return Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

/** The 16-bit groups of one side of `::`; a dotted IPv4 tail counts as two groups. */
function parseGroups(text: string, mayEndInIpv4: boolean): number[] | null {
  if (text === '') return [];
  const words = text.split(':');
  const groups: number[] = [];
  for (const [index, word] of words.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(word)) {
      groups.push(Number.parseInt(word, 16));
      continue;
    }
    const ipv4 = mayEndInIpv4 && index === words.length - 1 ? parseIpv4(word) : null;
    if (ipv4 === null) return null;
    groups.push(((ipv4[0] ?? 0) << 8) | (ipv4[1] ?? 0), ((ipv4[2] ?? 0) << 8) | (ipv4[3] ?? 0));
  }
  return groups;
}
