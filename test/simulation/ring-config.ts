/** booth.conf of a ring for scenarios and simulations, read as a daemon reads it. */
import { assert } from '../../core/base/assert.ts';
import { parseAddress } from '../../core/base/address.ts';
import { memberIdOfAddress } from '../../core/base/member-id.ts';
import type { MemberRole } from '../../core/base/role.ts';
import type { RingConfig } from '../../core/config/model.ts';
import { parseConfig } from '../../core/config/parse.ts';

/** Ticket `db` with the lines given; arbitrators come after the sites. */
export const ringConfig = (
  sites: number,
  arbitrators: number,
  ticketLines: readonly string[],
): RingConfig =>
  configOfRoles(
    Array.from({ length: sites + arbitrators }, (_, index) =>
      index < sites ? 'site' : 'arbitrator',
    ),
    ['ticket = "db"', ...ticketLines],
  );

/** Members of these roles at 192.0.2.11, .12, …, and the lines of their tickets. */
export function configOfRoles(
  roles: readonly MemberRole[],
  ticketLines: readonly string[],
): RingConfig {
  const members = roles.map((role, index) => {
    const address = parseAddress(`192.0.2.${String(11 + index)}`);
    assert(address !== null, 'a documentation address');
    return { id: memberIdOfAddress(address), role, address, port: 9929 };
  });
  const text = [...members.map(({ role, address }) => `${role} = ${address.text}`), ...ticketLines];
  return readConfig(text.join('\n'));
}

/** What a daemon reads in that booth.conf, which must be good. */
export function readConfig(text: string): RingConfig {
  const { config, problems } = parseConfig(new TextEncoder().encode(text), {
    path: '/etc/booth/booth.conf',
    resolve: () => null,
  });
  assert(config !== null, `the ring's booth.conf is good: ${JSON.stringify(problems)}`);
  return config;
}
