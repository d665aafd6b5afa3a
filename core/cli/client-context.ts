/**
 * What every client needs before it can ask: the ring, the key, and who this host is. Fails closed:
 * with an authfile that cannot be used nothing is sent (booth-conf section 8).
 */
import { parseAddress } from '../base/address.ts';
import type { MemberId } from '../base/member-id.ts';
import { hasErrors, problem, type Problem } from '../base/problem.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { RingConfig, RingMember } from '../config/model.ts';
import { describeSearch, findMember, findSelf } from '../config/self.ts';
import { configPath, readAuthFile, readConfigFile, resolveHostName } from '../io/config-file.ts';
import { localAddresses, quietAddresses } from '../io/local-address.ts';
import { loadKey, type AuthKey } from '../wire/authentication.ts';
import type { ClientSettings } from './arguments/client-settings.ts';
import { chooseServer } from './server-choice.ts';
import { tellProblems, type Terminal } from './terminal.ts';

export interface ClientContext {
  readonly config: RingConfig;
  /** null: the ring runs without authentication. */
  readonly key: AuthKey | null;
  /** The member this host is, or why it is none. */
  readonly self: Result<RingMember, Problem>;
  /** Where NAME.local.conf lets the daemon listen; null: at the member's own address. */
  readonly listenAddress: string | null;
  /** Findings in the configuration that do not keep a client from its work. */
  readonly warnings: readonly Problem[];
}

/** Which files and which host: what the common options say. */
export interface ContextQuestion {
  /** `-c` as typed. */
  readonly config: string | null;
  readonly self: string | null;
  /** Clients may take a member of the same network for themselves; `status` may not. */
  readonly mayMatchPrefix: boolean;
}

/** Reads the configuration and the key; all problems at once. */
export async function openClientContext(
  question: ContextQuestion,
): Promise<Result<ClientContext, readonly Problem[]>> {
  const file = await readConfigFile(configPath(question.config ?? undefined));
  const { config, problems } = file;
  if (config === null || hasErrors(problems)) return err(problems);
  const key = await readKey(config);
  if (!key.ok) return err([...problems, key.error]);
  const self = whoAmI(config, question.self ?? file.local.self ?? null, question.mayMatchPrefix);
  const listenAddress = file.local.listen ?? null;
  return ok({ config, key: key.value, self, listenAddress, warnings: problems });
}

/** The shared key of the ring; null when none is configured. */
export async function readKey(config: RingConfig): Promise<Result<AuthKey | null, Problem>> {
  if (config.authFile === null) return ok(null);
  const bytes = await readAuthFile(config.authFile);
  return bytes.ok ? loadKey(bytes.value, config.authFile) : bytes;
}

/** The member this host is: as told, else by its addresses. */
export function whoAmI(
  config: RingConfig,
  told: string | null,
  mayMatchPrefix: boolean,
): Result<RingMember, Problem> {
  if (told !== null) return findMember(config.members, told, null);
  const search = { mayMatchPrefix };
  const addresses = localAddresses();
  const found = findSelf(config.members, addresses, search);
  if (found !== null) return ok(found);
  const quiet = quietAddresses();
  const quietFound = findSelf(config.members, quiet, search);
  const all = quiet.length === 0 ? addresses : quiet;
  return quietFound === null ? err(describeSearch(config.members, all, search)) : ok(quietFound);
}

/** The member to connect to; `-s` may also be a host name. */
export async function findServer(
  context: ClientContext,
  site: string | null,
  onlySites: string | null,
): Promise<Result<RingMember, Problem>> {
  const isName = site !== null && site !== 'other' && parseAddress(site) === null;
  const resolved = isName ? await resolveHostName(site) : null;
  const asked = resolved === null ? site : resolved.text;
  return chooseServer(context.config, { site: asked, self: context.self, onlySites });
}

/**
 * The member a client speaks for: its own, else the first of the file. Servers take any id, and
 * booth's own client needs one of its own (booth-protocol 9.1.4).
 */
export function clientId({ config, self }: ClientContext): Result<MemberId, Problem> {
  const member = self.ok ? self.value : config.members[0];
  return member === undefined
    ? err(problem('no-members', `${config.path} names no member; add site = ADDRESS`))
    : ok(member.id);
}

/** The ticket named, or the only one there is. */
export function ticketOrOnly(config: RingConfig, named: string | null): Result<string, Problem> {
  if (named !== null && named !== '') return ok(named);
  const [only, ...more] = config.tickets;
  if (only !== undefined && more.length === 0) return ok(only.name);
  const names = config.tickets.map(({ name }) => name).join(', ');
  return err(
    problem(
      'no-ticket-named',
      config.tickets.length === 0
        ? `no ticket given, and ${config.path} has none`
        : `no ticket given: name one of ${names}`,
    ),
  );
}

/** Opens the context and tells what is wrong; null when nothing can be done. */
export async function openTold(
  client: ClientSettings,
  terminal: Terminal,
): Promise<ClientContext | null> {
  const opened = await openClientContext({ ...client, mayMatchPrefix: true });
  if (!opened.ok) {
    tellProblems(terminal, opened.error);
    return null;
  }
  if (client.isVerbose) tellProblems(terminal, opened.value.warnings);
  return opened.value;
}
