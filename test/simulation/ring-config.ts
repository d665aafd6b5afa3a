/** booth.conf of a ring for scenarios and simulations, read as a daemon reads it. */
import { assert } from '../../core/base/assert.ts';
import { parseAddress } from '../../core/base/address.ts';
import { memberIdOfAddress } from '../../core/base/member-id.ts';
import type { MemberRole } from '../../core/base/role.ts';
import type { RingConfig, RingMember } from '../../core/config/model.ts';
import { parseConfig } from '../../core/config/parse.ts';

/** Ticket `db` with the lines given, at members 192.0.2.11, .12, … */
export function ringConfig(
  sites: number,
  arbitrators: number,
  ticketLines: readonly string[],
): RingConfig {
  const member = (role: MemberRole, index: number): RingMember => {
    const address = parseAddress(`192.0.2.${String(11 + index)}`);
    assert(address !== null, 'a documentation address');
    return { id: memberIdOfAddress(address), role, address, port: 9929 };
  };
  const members = Array.from({ length: sites + arbitrators }, (_, index) =>
    member(index < sites ? 'site' : 'arbitrator', index),
  );
  const text = [
    ...members.map(({ role, address }) => `${role} = ${address.text}`),
    'ticket = "db"',
    ...ticketLines,
  ].join('\n');
  const { config, problems } = parseConfig(new TextEncoder().encode(text), {
    path: '/etc/booth/booth.conf',
    resolve: () => null,
  });
  assert(config !== null, `the ring's booth.conf is good: ${JSON.stringify(problems)}`);
  return config;
}
