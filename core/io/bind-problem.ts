/** Why a socket could not be opened, with what to do about it. */
import { networkInterfaces } from 'node:os';
import { withPort } from '../base/address.ts';
import { problem, type Problem } from '../base/problem.ts';
import { errnoCode, errnoText } from './errno.ts';
import { findSocketHolder } from './socket-holder.ts';

export interface BindTarget {
  readonly protocol: 'udp' | 'tcp';
  readonly address: string;
  readonly port: number;
}

/** One line with address, port, reason and remedy; its code is `bind-failed`. */
export function bindProblem(target: BindTarget, thrown: unknown): Problem {
  const place = `${target.protocol.toUpperCase()} ${withPort(target.address, target.port)}`;
  return problem(
    'bind-failed',
    `cannot listen on ${place}: ${errnoText(thrown)}; ${remedy(target, errnoCode(thrown))}`,
  );
}

function remedy({ protocol, address, port }: BindTarget, code: string): string {
  switch (code) {
    case 'EADDRINUSE': {
      const holder = findSocketHolder(protocol, port);
      const who = holder === null ? 'another program' : `pid ${holder.pid} (${holder.command})`;
      return `${who} holds it, stop that one or choose another port`;
    }
    case 'EADDRNOTAVAIL':
    case 'EINVAL': // the answer of IPv6 to a link-local address without its interface
      return `bring ${address} up on this host or use one of its addresses: ${ownAddresses()}`;
    case 'EACCES':
      return `ports below 1024 need root or CAP_NET_BIND_SERVICE, or choose a higher port`;
    case 'EAFNOSUPPORT':
      return 'IPv6 is switched off on this host, switch it on or use an IPv4 address';
    default:
      return 'look at the address and the port of this member in booth.conf';
  }
}

const MAX_LISTED = 12;

function ownAddresses(): string {
  const all = Object.values(networkInterfaces()).flatMap((infos) => infos ?? []);
  const texts = all.map((info) => info.address);
  const more = texts.length > MAX_LISTED ? ` and ${texts.length - MAX_LISTED} more` : '';
  return texts.length === 0 ? 'none is up' : `${texts.slice(0, MAX_LISTED).join(', ')}${more}`;
}
