/** The addresses of this host, as the search for the local member wants them. */
import { closeSync, openSync, readSync } from 'node:fs';
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';
import { parseAddress } from '../base/address.ts';
import type { LocalAddress } from '../config/self.ts';

/** All addresses of interfaces that have a carrier, IPv6 first, otherwise in the system's order. */
export function localAddresses(
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces(),
): readonly LocalAddress[] {
  const all = Object.values(interfaces).flatMap((infos) => infos ?? []);
  return inOrder(all.flatMap(readInfo));
}

/**
 * All addresses of this host, those of interfaces without carrier too (a pulled cable, a switch that
 * is still booting), as the kernel's tables list them; nothing where these cannot be read.
 */
export const quietAddresses = (folder = '/proc/net'): readonly LocalAddress[] =>
  inOrder([
    ...readInet6Table(readBounded(`${folder}/if_inet6`)),
    ...readRouteTrie(readBounded(`${folder}/fib_trie`)),
  ]);

const inOrder = (found: readonly LocalAddress[]): readonly LocalAddress[] => [
  ...found.filter(({ address }) => address.family === 6),
  ...found.filter(({ address }) => address.family === 4),
];

function readInfo({ address: text, cidr }: NetworkInterfaceInfo): LocalAddress[] {
  // No CIDR means a mask with holes: only the address itself can match then.
  const prefixBits = cidr === null ? null : Number(cidr.split('/')[1]);
  return localAddress(text.split('%')[0] ?? '', prefixBits);
}

/** A line is `ADDRESS-AS-32-DIGITS INDEX PREFIX-LENGTH …`, numbers in hexadecimal. */
const readInet6Table = (table: string): LocalAddress[] =>
  [...table.matchAll(/^([0-9a-f]{32}) [0-9a-f]+ ([0-9a-f]+) /gm)].flatMap(
    ([, digits = '', prefix = '']) => localAddress(shortInet6(digits), Number.parseInt(prefix, 16)),
  );

const shortInet6 = (digits: string): string =>
  new URL(`http://[${digits.replace(/(.{4})(?!$)/g, '$1:')}]/`).hostname.slice(1, -1);

/** Leaves of the trie are `|-- ADDRESS` and below it what it is; own addresses are `/32 host LOCAL`. */
function readRouteTrie(trie: string): LocalAddress[] {
  const own = trie.matchAll(/\|-- ([0-9.]+)\n +\/32 host LOCAL/g);
  const texts = new Set([...own].map(([, text = '']) => text));
  return [...texts].flatMap((text) => localAddress(text, null));
}

function localAddress(text: string, prefixBits: number | null): LocalAddress[] {
  const address = parseAddress(text);
  if (address === null) return [];
  return [{ address, prefixBits: prefixBits ?? address.bytes.length * 8 }];
}

/** A router's table has many megabytes; such a host is named with `--self`. */
const TABLE_BYTES_MAX = 1 << 20;

function readBounded(path: string): string {
  try {
    const file = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(TABLE_BYTES_MAX);
      let length = 0;
      for (let read = -1; read !== 0 && length < bytes.length; length += read)
        read = readSync(file, bytes, length, bytes.length - length, null);
      return bytes.toString('latin1', 0, length);
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
}
