/**
 * Everything a daemon must know before it touches anything: arguments, booth.conf, key, who it
 * is, where its state lies. All that is wrong is found and told at once; nothing is started.
 */
import { hasErrors, problem, type Problem } from '../../base/problem.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { MemberRole } from '../../base/role.ts';
import { mergeLocalConfig, readLocalFlags } from '../../config/local-config.ts';
import type { LocalConfig, RingConfig, RingMember } from '../../config/model.ts';
import { configPath, readConfigFile } from '../../io/config-file.ts';
import type { AuthKey } from '../../wire/authentication.ts';
import { parseDaemonArguments, type DaemonArguments } from '../arguments/daemon-arguments.ts';
import { readKey, whoAmI } from '../client-context.ts';
import { lockPathOf, stateDirOf } from '../standard-places.ts';

/** A daemon's configuration, key, identity and places, all of them checked. */
export interface DaemonSettings {
  readonly flags: DaemonArguments;
  readonly config: RingConfig;
  readonly local: LocalConfig;
  readonly self: RingMember;
  /** null: the ring runs without authentication. */
  readonly key: AuthKey | null;
  /** Address to bind. */
  readonly listenAddress: string;
  readonly stateDir: string;
  readonly lockPath: string;
  readonly warnings: readonly Problem[];
}

/** Reads and checks everything for a daemon of that role; null: whatever this host is. */
export async function readSettings(
  argv: readonly string[],
  role: MemberRole | null,
): Promise<Result<DaemonSettings, readonly Problem[]>> {
  const parsed = parseDaemonArguments(argv);
  if (!parsed.ok) return err([parsed.error]);
  const flags = parsed.value;
  const file = await readConfigFile(configPath(flags.config ?? undefined));
  const told = localFlags(flags);
  const problems = [...file.problems, ...told.problems];
  const { config } = file;
  if (config === null) return err(problems);
  const flagged = { ...told.settings, selfFence: flags.selfFence ?? undefined };
  const local = mergeLocalConfig(flagged, file.local);
  const key = await readKey(config);
  const self = whoAmI(config, local.self, false);
  if (!key.ok) problems.push(key.error);
  if (!self.ok) problems.push(self.error);
  if (self.ok && role !== null && self.value.role !== role)
    problems.push(wrongRole(self.value, role));
  if (!key.ok || !self.ok || hasErrors(problems)) return err(problems);
  const found = { flags, config, local, self: self.value, key: key.value, warnings: problems };
  return ok({ ...found, ...placesOf(found) });
}

/** Where it listens and keeps its files, defaults filled in. */
const placesOf = (
  found: Pick<DaemonSettings, 'flags' | 'config' | 'local' | 'self'>,
): Pick<DaemonSettings, 'listenAddress' | 'stateDir' | 'lockPath'> => ({
  listenAddress: found.local.listen ?? found.self.address.text,
  stateDir: found.local.stateDir ?? stateDirOf(found.config.name),
  lockPath: found.flags.lockFile ?? lockPathOf(found.config.name),
});

const localFlags = (flags: DaemonArguments): ReturnType<typeof readLocalFlags> =>
  readLocalFlags({
    self: flags.self ?? undefined,
    cluster: flags.cluster ?? undefined,
    'state-dir': flags.stateDir ?? undefined,
    listen: flags.listen ?? undefined,
    watchdog: flags.watchdog ?? undefined,
  });

function wrongRole(self: RingMember, role: MemberRole): Problem {
  const address = self.address.text;
  return problem(
    'wrong-role',
    `this program runs ${role === 'site' ? 'a site' : 'an arbitrator'}, but booth.conf says that ` +
      `${address} is ${self.role === 'site' ? 'a site' : 'an arbitrator'}; start it with "boothd daemon"`,
  );
}
