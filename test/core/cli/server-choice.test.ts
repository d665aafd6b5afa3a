import { describe, expect, test } from 'vitest';
import { parseAddress } from '../../../core/base/address.ts';
import { memberIdOfAddress } from '../../../core/base/member-id.ts';
import { problem } from '../../../core/base/problem.ts';
import { err, ok } from '../../../core/base/result.ts';
import type { MemberRole } from '../../../core/base/role.ts';
import type { RingConfig, RingMember } from '../../../core/config/model.ts';
import { chooseServer } from '../../../core/cli/server-choice.ts';

const member = (role: MemberRole, text: string): RingMember => {
  const address = parseAddress(text);
  if (address === null) throw new Error(`${text} is no address`);
  return { id: memberIdOfAddress(address), role, address, port: 9929 };
};
const one = member('site', '192.0.2.1');
const two = member('site', '2001:DB8::2');
const judge = member('arbitrator', '192.0.2.3');
const config: RingConfig = {
  name: 'ring',
  path: '/etc/booth/ring.conf',
  transport: 'UDP',
  port: 9929,
  authFile: null,
  maxTimeSkewSecs: 600,
  debugLevel: 0,
  members: [one, two, judge],
  tickets: [],
  leaseUnit: 's',
};
const nobody = err(problem('self-not-found', 'no local address is that of a member'));

describe('the member a client talks to', () => {
  test.each([
    ['its own', null, ok(one), null, one],
    ['an arbitrator that only answers', null, ok(judge), null, judge],
    ['the one named', '192.0.2.3', ok(one), null, judge],
    ['the one named in another spelling', '2001:db8:0::2', ok(one), 'grant', two],
    ['the one named on a host that is no member', '192.0.2.1', nobody, 'grant', one],
    ['the other site', 'other', ok(one), 'grant', two],
  ])('is %s', (...row) => {
    const [, site, self, onlySites, expected] = row;
    expect(chooseServer(config, { site, self, onlySites })).toEqual(ok(expected));
  });

  test.each([
    ['no member is here and none was named', null, nobody, null, /name the member to ask with -s/],
    [
      'it is an arbitrator',
      null,
      ok(judge),
      'grant',
      /grant works only at sites.*192\.0\.2\.1, 2001:DB8::2/,
    ],
    ['it is nobody', '192.0.2.9', ok(one), null, /no member/],
    ['there are two others', 'other', ok(judge), null, /only other site/],
    ['nobody knows which is the other', 'other', nobody, null, /only other site/],
  ])('cannot be chosen when %s', (...row) => {
    const [, site, self, onlySites, says] = row;
    const chosen = chooseServer(config, { site, self, onlySites });
    expect(chosen.ok ? '' : chosen.error.message).toMatch(says);
  });
});
