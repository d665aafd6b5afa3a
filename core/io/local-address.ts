/** The addresses of this host, as the search for the local member wants them. */
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';
import { parseAddress } from '../base/address.ts';
import type { LocalAddress } from '../config/self.ts';

/**
 * All addresses of interfaces that are up, IPv6 first, otherwise in the system's order.
 *
 * Differs from booth: an interface without carrier is not seen.
 */
export function localAddresses(
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces(),
): readonly LocalAddress[] {
  const all = Object.values(interfaces).flatMap((infos) => infos ?? []);
  const found = all.flatMap(readInfo);
  return [
    ...found.filter(({ address }) => address.family === 6),
    ...found.filter(({ address }) => address.family === 4),
  ];
}

function readInfo({ address: text, cidr }: NetworkInterfaceInfo): LocalAddress[] {
  const address = parseAddress(text.split('%')[0] ?? '');
  if (address === null) return [];
  // No CIDR means a mask with holes: only the address itself can match then.
  const prefixBits = cidr === null ? address.bytes.length * 8 : Number(cidr.split('/')[1]);
  return [{ address, prefixBits }];
}
