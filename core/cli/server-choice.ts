/**
 * Which member a client talks to: `-s`, or the member this host is (booth-conf section 7). Pure;
 * host names are resolved before.
 *
 * Differs from booth: addresses are compared as addresses, so `-s 2001:db8::1` finds a member
 * written `2001:DB8::1`; and a client on a host that is no member asks for `-s`.
 */
import { isSameAddress, parseAddress } from '../base/address.ts';
import { problem, type Problem } from '../base/problem.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { RingConfig, RingMember } from '../config/model.ts';

export interface ServerQuestion {
  /** `-s` as typed; null: this host's member. */
  readonly site: string | null;
  /** What the host name in `site` stands for; empty when it is none. */
  readonly resolved: readonly string[];
  /** The member this host is; null when it is none. */
  readonly self: RingMember | null;
  /** What only sites do, in words (`grant`); null: any member will do. */
  readonly onlySites: string | null;
}

/** The member to connect to. */
export function chooseServer(
  config: RingConfig,
  question: ServerQuestion,
): Result<RingMember, Problem> {
  const named = question.site === null ? ownMember(question) : namedMember(config, question);
  if (!named.ok || question.onlySites === null || named.value.role === 'site') return named;
  return err(
    problem(
      'not-a-site',
      `${named.value.address.text} is just an arbitrator: ${question.onlySites} works at sites only, name one with -s (${sitesOf(config)})`,
    ),
  );
}

function ownMember(question: ServerQuestion): Result<RingMember, Problem> {
  if (question.self !== null) return ok(question.self);
  return err(
    problem(
      'no-local-member',
      'no member of the configuration has an address of this host; name the member to ask with -s',
    ),
  );
}

function namedMember(config: RingConfig, question: ServerQuestion): Result<RingMember, Problem> {
  const { site, resolved } = question;
  if (site === 'other') return otherSite(config, question.self);
  const addresses = [site ?? '', ...resolved].flatMap((text) => parseAddress(text) ?? []);
  const found = config.members.find((member) =>
    addresses.some((address) => isSameAddress(address, member.address)),
  );
  if (found !== undefined) return ok(found);
  const members = config.members.map((member) => member.address.text).join(', ');
  return err(
    problem(
      'unknown-site',
      `site "${site ?? ''}" is not configured in ${config.path} (members: ${members})`,
    ),
  );
}

function otherSite(config: RingConfig, self: RingMember | null): Result<RingMember, Problem> {
  const others = config.members.filter(
    (member) => member.role === 'site' && member.id !== self?.id,
  );
  const [only] = others;
  if (only !== undefined && others.length === 1) return ok(only);
  return err(
    problem(
      'unknown-site',
      `"-s other" means the one other site, but there are ${others.length}; name one by its address (${sitesOf(config)})`,
    ),
  );
}

const sitesOf = (config: RingConfig): string =>
  config.members
    .filter((member) => member.role === 'site')
    .map((member) => member.address.text)
    .join(', ');
