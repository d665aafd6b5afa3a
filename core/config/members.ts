/** Collects the `site` and `arbitrator` lines (booth-conf section 5). */
import { isSameAddress, parseAddress, type IpAddress } from '../base/address.ts';
import { memberIdOfAddress, type MemberId } from '../base/member-id.ts';
import type { MemberRole } from '../base/role.ts';
import { excerpt } from './excerpt.ts';
import { keywords, MEMBERS_MAX } from './keywords.ts';
import type { RingMember } from './model.ts';
import type { Report } from './report.ts';
import { byteLength, type Statement } from './statement.ts';

/** The address of a host name, or null when it has none. */
export type ResolveHostName = (hostName: string) => IpAddress | null;

export interface MemberCollector {
  add(role: MemberRole, statement: Statement, port: number): void;
  /** Reports what only the whole list shows. */
  close(): readonly RingMember[];
}

/** Starts a list; problems go to the report as they are found. */
export function newMemberCollector(report: Report, resolve: ResolveHostName): MemberCollector {
  const members: RingMember[] = [];
  const lineOfId = new Map<MemberId, number | undefined>();
  let lines = 0;

  return {
    add(role, statement, port) {
      lines += 1;
      if (lines > MEMBERS_MAX) {
        if (lines === MEMBERS_MAX + 1) reportTooMany(statement, report);
        return;
      }
      const address = readAddress(role, statement, { report, resolve });
      if (address === null) return;
      const id = memberIdOfAddress(address);
      const twin = members.find((member) => member.id === id);
      if (twin !== undefined) {
        reportTwin({ statement, address, twin, twinLine: lineOfId.get(id) }, report);
        return;
      }
      lineOfId.set(id, statement.keyAt.line);
      members.push({ id, role, address, port });
    },
    close() {
      if (lines === 0) {
        const message = 'no site and no arbitrator: write site = ADDRESS for each site of the ring';
        report.error('config-members-none', message, {});
      } else if (lines % 2 === 0) {
        const message = `${String(lines)} members: with an even number half of them is no majority, add an arbitrator`;
        report.warn('config-members-even', message, {});
      }
      const isSiteless = members.length === lines && members.every(({ role }) => role !== 'site');
      if (lines > 0 && isSiteless) {
        const message = 'only arbitrators: no member can hold a ticket, write site = ADDRESS';
        report.warn('config-members-no-site', message, {});
      }
      return members;
    },
  };
}

function reportTooMany(statement: Statement, report: Report): void {
  const message = `at most ${String(MEMBERS_MAX)} members are allowed, ${excerpt(statement.value)} is one more`;
  report.error('config-members-too-many', message, statement.keyAt);
}

function readAddress(
  role: MemberRole,
  statement: Statement,
  { report, resolve }: { readonly report: Report; readonly resolve: ResolveHostName },
): IpAddress | null {
  const { value, valueAt } = statement;
  if (byteLength(value) > keywords[role].value.maxBytes) {
    const message = `${role}: address has more than ${String(keywords[role].value.maxBytes)} bytes`;
    report.error('config-address-invalid', message, valueAt);
    return null;
  }
  const address = parseAddress(value) ?? (value === '' ? null : resolve(value));
  if (address === null) {
    const message = `${role}: ${excerpt(value)} is no IP address and no host name that can be resolved${addressHint(value)}`;
    report.error('config-address-invalid', message, valueAt);
  } else if (value.includes('%')) {
    const message = `${role}: the zone of ${excerpt(value)} is not kept, use an address that needs none`;
    report.warn('config-address-zone-lost', message, valueAt);
  }
  return address;
}

/** What was probably meant by a text that is almost an address. */
function addressHint(value: string): string {
  const bracketed = /^\[(.*)\](?::[0-9]+)?$/.exec(value)?.[1];
  if (bracketed !== undefined && parseAddress(bracketed) !== null) {
    return `: write ${bracketed} without brackets, and the port as port = NUMBER on a line before`;
  }
  const withPort = /^([^:]+):[0-9]+$/.exec(value)?.[1];
  if (withPort !== undefined) {
    return `: write ${withPort} here, and the port as port = NUMBER on a line before`;
  }
  return value.trim() !== value ? ': remove the blanks inside the quotes' : '';
}

function reportTwin(
  found: {
    readonly statement: Statement;
    readonly address: IpAddress;
    readonly twin: RingMember;
    readonly twinLine: number | undefined;
  },
  report: Report,
): void {
  const { statement, address, twin, twinLine } = found;
  const before = `${excerpt(twin.address.text)} of line ${String(twinLine)}`;
  const message = isSameAddress(address, twin.address)
    ? `${excerpt(statement.value)} is the same address as ${before}: list each member once`
    : `${excerpt(statement.value)} has the same member id as ${before}: one of them needs another address`;
  report.error('config-member-repeated', message, statement.valueAt);
}
