import { describe, expect, test } from 'vitest';
import { parseAddress } from '../../../core/base/address.ts';
import { memberIdOfAddress } from '../../../core/base/member-id.ts';
import type { MemberRole } from '../../../core/base/role.ts';
import type { RingMember } from '../../../core/config/model.ts';
import {
  describeSearch,
  findMember,
  findSelf,
  type LocalAddress,
} from '../../../core/config/self.ts';

const member = (text: string, role: MemberRole = 'site'): RingMember => {
  const address = parseAddress(text);
  expect.assert(address !== null, text);
  return { id: memberIdOfAddress(address), role, address, port: 9929 };
};

const membersOf = (texts: string): RingMember[] => texts.split(' ').map((text) => member(text));

const localOf = (texts: string): LocalAddress[] =>
  texts.split(' ').flatMap((text) => {
    const [word = '', bits] = text.split('/');
    const address = parseAddress(word);
    return address === null ? [] : [{ address, prefixBits: Number(bits) }];
  });

const search = (local: string, members: string, mayMatchPrefix: boolean): string | null =>
  findSelf(membersOf(members), localOf(local), { mayMatchPrefix })?.address.text ?? null;

describe('the search for the local member', () => {
  test.each([
    // The table of booth-conf section 7.
    ['10.9.0.5/24', '10.9.0.1 10.9.0.2 10.9.0.3', '10.9.0.3', null],
    ['10.9.0.5/24', '10.9.0.5 10.9.0.1 10.9.0.2', '10.9.0.5', '10.9.0.5'],
    ['10.9.0.5/24', '10.9.0.1 10.9.0.5 10.9.0.2', '10.9.0.5', '10.9.0.5'],
    ['10.9.0.5/24 10.8.0.1/16', '10.8.0.1 10.9.0.2', '10.9.0.2', '10.8.0.1'],
    ['10.9.0.1/24 10.8.0.1/24', '10.9.0.1 10.8.0.1', '10.9.0.1', '10.9.0.1'],
    ['10.9.0.1/24 10.8.0.1/24', '10.8.0.1 10.9.0.1', '10.9.0.1', '10.9.0.1'],
    ['10.9.0.1/32 10.8.0.1/32', '10.9.0.1 10.8.0.1', '10.8.0.1', '10.8.0.1'],
    ['10.9.0.1/24 10.8.0.1/32', '10.9.0.1 10.8.0.1', '10.8.0.1', '10.8.0.1'],
    ['10.9.1.5/25', '10.9.1.200', null, null],
    ['127.0.0.1/8', '127.0.0.9', '127.0.0.9', null],
    // Runs of Debian's client with such addresses on the loopback interface.
    ['10.9.1.5/25 10.9.2.5/26', '10.9.1.6 10.9.2.6', '10.9.1.6', null],
    ['10.9.2.5/26 10.9.1.5/25', '10.9.1.6 10.9.2.6', '10.9.2.6', null],
    ['10.9.1.5/24 10.9.2.5/25', '10.9.1.6 10.9.2.6', '10.9.2.6', null],
    ['10.9.1.5/25', '10.9.1.6 10.9.1.7', '10.9.1.6', null],
    ['10.9.1.5/12', '10.10.1.6 10.9.1.7', '10.9.1.7', null],
    ['10.9.1.5/12', '10.10.1.6 10.11.1.7', '10.10.1.6', null],
    ['10.9.1.5/12', '10.9.200.200 10.10.1.7', '10.9.200.200', null],
    ['10.9.0.5/24', '10.9.0.1 10.9.0.2 10.9.1.1', '10.9.0.2', null],
    ['10.9.0.5/17', '10.9.0.1 10.9.0.2 10.9.1.1', '10.9.0.2', null],
    // Families.
    ['10.9.0.1/24 ::1/128', '10.9.0.1 ::1', '::1', '::1'],
    ['10.9.0.1/24 fe80::1/64', '10.9.0.1 2001:db8::1', '10.9.0.1', '10.9.0.1'],
    ['10.9.0.1/24 2001:db8::9/64', '10.9.0.1 2001:db8::1', '2001:db8::1', '10.9.0.1'],
    ['2001:db8:0:0::1/64', '2001:DB8::1', '2001:DB8::1', '2001:DB8::1'],
    ['10.9.0.1/0', '10.9.0.1', '10.9.0.1', '10.9.0.1'],
    ['10.9.0.1/0', '10.9.0.2', null, null],
    ['', '10.9.0.1', null, null],
  ])('with %s among %s finds client %s, daemon %s', (local, members, client, daemon) => {
    expect(search(local, members, true)).toBe(client);
    expect(search(local, members, false)).toBe(daemon);
  });

  test('that finds nobody says what it looked for, what it found, and what to do', () => {
    const members = membersOf('10.9.0.1 2001:db8::1');
    expect(
      describeSearch(members, localOf('10.8.0.1/24 ::1/128'), { mayMatchPrefix: false }),
    ).toMatchObject({
      code: 'self-not-found',
      severity: 'error',
      message:
        'no local address is that of a member: the members are 10.9.0.1, 2001:db8::1; this host has 10.8.0.1/24, ::1/128; bring the address up, or name the member with --self ADDRESS',
    });
    expect(describeSearch(members, [], { mayMatchPrefix: true }).message).toBe(
      'no local address is that of a member, nor in the same network as one: the members are 10.9.0.1, 2001:db8::1; this host has no address; bring the address up, or name the member with --self ADDRESS',
    );
  });
});

describe('a member named on the command line', () => {
  const members = [
    member('10.0.0.1'),
    member('2001:DB8::2'),
    member('10.0.0.3', 'arbitrator'),
  ] as const;
  const [one, two, arbitrator] = members;

  test.each([
    ['10.0.0.1', one],
    ['2001:DB8::2', two],
    ['2001:db8:0::2', two],
    ['10.0.0.3', arbitrator],
  ])('as %s is found', (text, expected) => {
    expect(findMember(members, text, null)).toEqual({ ok: true, value: expected });
  });

  test.each(['10.0.0.2', '', '10.0.0', '::ffff:10.0.0.1', 'berlin'])('as %j is unknown', (text) => {
    const found = findMember(members, text, one);
    expect(found).toMatchObject({ error: { code: 'member-unknown' } });
    expect(found).toMatchObject({
      error: { message: expect.stringContaining('known are 10.0.0.1, 2001:DB8::2, 10.0.0.3') },
    });
  });

  test('"other" is the only other site', () => {
    expect(findMember(members, 'other', one)).toEqual({ ok: true, value: two });
    expect(findMember(members, 'other', two)).toEqual({ ok: true, value: one });
    expect(findMember([one, arbitrator], 'other', arbitrator)).toEqual({ ok: true, value: one });
  });

  test('"other" is nobody when there are several, or none', () => {
    expect(findMember(members, 'other', arbitrator)).toMatchObject({
      error: {
        code: 'member-other-ambiguous',
        message:
          '"other" means the only other site, but there are 10.0.0.1:9929, [2001:DB8::2]:9929',
      },
    });
    expect(findMember(members, 'other', null)).toMatchObject({ ok: false });
    expect(findMember([one, arbitrator], 'other', one)).toMatchObject({
      error: { message: '"other" means the only other site, but there is none' },
    });
  });
});
