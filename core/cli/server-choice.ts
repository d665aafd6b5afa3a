/**
 * Which member a client talks to: `-s`, or the member this host is (booth-conf section 7). Pure;
 * host names are resolved before.
 *
 * Differs from booth: a client on a host that is no member asks for `-s`; booth's cannot be used there.
 */
import { problem, type Problem } from '../base/problem.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { RingConfig, RingMember } from '../config/model.ts';
import { findMember } from '../config/self.ts';

export interface ServerQuestion {
  /** `-s`: as typed, or the address its host name stands for; null: this host's member. */
  readonly site: string | null;
  /** The member this host is, or why it is none. */
  readonly self: Result<RingMember, Problem>;
  /** What only sites do, in words (`grant`); null: any member will do. */
  readonly onlySites: string | null;
}

/** The member to connect to. */
export function chooseServer(
  config: RingConfig,
  question: ServerQuestion,
): Result<RingMember, Problem> {
  const { site, onlySites } = question;
  const self = question.self.ok ? question.self.value : null;
  const chosen = site === null ? ownMember(question) : findMember(config.members, site, self);
  if (!chosen.ok || onlySites === null || chosen.value.role === 'site') return chosen;
  const sites = config.members.filter(({ role }) => role === 'site');
  const names = sites.map(({ address }) => address.text).join(', ');
  const message = `${chosen.value.address.text} is just an arbitrator: ${onlySites} works only at sites; name one of ${names}`;
  return err(problem('not-a-site', message));
}

function ownMember({ self }: ServerQuestion): Result<RingMember, Problem> {
  if (self.ok) return ok(self.value);
  const { code, message } = self.error;
  return err(problem(code, `${message}; or name the member to ask with -s`));
}
