/**
 * Which member this host is, and which member a text on the command line means (booth-conf
 * section 7).
 */
import {
  commonPrefixBits,
  isSameAddress,
  parseAddress,
  withPort,
  type IpAddress,
} from '../base/address.ts';
import { problem, type Problem } from '../base/problem.ts';
import { err, ok, type Result } from '../base/result.ts';
import { excerpt } from './excerpt.ts';
import type { RingMember } from './model.ts';

/** An address of a local interface. */
export interface LocalAddress {
  readonly address: IpAddress;
  /** 0 to 32, or to 128. */
  readonly prefixBits: number;
}

export interface SelfSearch {
  /** Clients may take a member of the same network for themselves; the daemon may not. */
  readonly mayMatchPrefix: boolean;
}

interface Match {
  readonly member: RingMember | null;
  /** Bits matched so far, 0 at first. */
  readonly bits: number;
}

/**
 * booth's search: all IPv6 addresses in the order given, then, if these found nothing, all IPv4
 * addresses. Among prefix matches the longest prefix wins, and of equals mostly the last member.
 */
export function findSelf(
  members: readonly RingMember[],
  localAddresses: readonly LocalAddress[],
  search: SelfSearch,
): RingMember | null {
  for (const family of [6, 4]) {
    let match: Match = { member: null, bits: 0 };
    for (const local of localAddresses) {
      if (local.address.family === family) match = matchOne(members, local, { match, search });
    }
    if (match.member !== null) return match.member;
  }
  return null;
}

function matchOne(
  members: readonly RingMember[],
  { address, prefixBits }: LocalAddress,
  { match, search }: { readonly match: Match; readonly search: SelfSearch },
): Match {
  // Even an address that is a member's is passed over once a longer prefix has matched.
  if (prefixBits < match.bits) return match;
  const mayMatchPrefix = search.mayMatchPrefix && prefixBits > match.bits;
  let { member, bits } = match;
  for (const candidate of members) {
    if (isSameAddress(candidate.address, address)) {
      return { member: candidate, bits: address.bytes.length * 8 };
    }
    const shared = commonPrefixBits(candidate.address, address);
    // booth compares whole equal bytes with the bits matched so far, so that within /8, /16 and
    // /24 the last member wins and within other prefixes mostly the first.
    const isAsGood = Math.floor(shared / 8) * 8 >= bits;
    if (mayMatchPrefix && candidate.address.family === address.family) {
      if (shared >= prefixBits && isAsGood) [member, bits] = [candidate, prefixBits];
    }
  }
  return { member, bits };
}

/** What was looked for and found, and how to say it: for the error when nobody was found. */
export function describeSearch(
  members: readonly RingMember[],
  localAddresses: readonly LocalAddress[],
  search: SelfSearch,
): Problem {
  const wanted = members.map(({ address }) => address.text).join(', ');
  const found =
    localAddresses.length === 0
      ? 'this host has no address'
      : `this host has ${localAddresses.map(printLocal).join(', ')}`;
  const orNear = search.mayMatchPrefix ? ', nor in the same network as one' : '';
  const message = `no local address is that of a member${orNear}: the members are ${wanted}; ${found}; bring the address up, or name the member with --self ADDRESS`;
  return problem('self-not-found', message);
}

const printLocal = ({ address, prefixBits }: LocalAddress): string =>
  `${address.text}/${String(prefixBits)}`;

/**
 * The member a text names: the word `other` (the only other site), an address as written in the
 * file, or the same address in another spelling.
 *
 * Differs from booth: `-s` takes every spelling of an IPv6 address; there only that of the file
 * matches.
 */
export function findMember(
  members: readonly RingMember[],
  text: string,
  self: RingMember | null,
): Result<RingMember, Problem> {
  if (text === 'other') return findOther(members, self);
  const address = parseAddress(text);
  const member =
    members.find((candidate) => candidate.address.text === text) ??
    members.find((candidate) => address !== null && isSameAddress(candidate.address, address));
  if (member !== undefined) return ok(member);
  const known = members.map((candidate) => candidate.address.text).join(', ');
  return err(problem('member-unknown', `${excerpt(text)} is no member, known are ${known}`));
}

function findOther(
  members: readonly RingMember[],
  self: RingMember | null,
): Result<RingMember, Problem> {
  const others = members.filter(({ role, id }) => role === 'site' && id !== self?.id);
  const [other, ...more] = others;
  if (other !== undefined && more.length === 0) return ok(other);
  const found =
    other === undefined
      ? 'there is none'
      : `there are ${others.map(({ address, port }) => withPort(address.text, port)).join(', ')}`;
  return err(problem('member-other-ambiguous', `"other" means the only other site, but ${found}`));
}
