/** The options by which every `geo` command names the ring it is about, and what they mean. */
import { problem, type Problem } from '../../base/problem.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { configPath } from '../../io/config-file.ts';
import { readRequestTimeout, type ClientSettings } from '../arguments/client-settings.ts';

/** As commander hands them over. */
export interface RingFlags {
  /** `--name`: an instance in /etc/booth. */
  readonly name?: string;
  /** `-c`: a path or a name, as booth takes it. */
  readonly config?: string;
  readonly self?: string;
  readonly requestTimeout?: string;
  readonly outputFormat?: string;
}

/** The settings the clients share, from the flags of a `geo` command. */
export function settingsOf(flags: RingFlags, site: string | null): Result<ClientSettings, Problem> {
  const path = instancePath(flags);
  if (!path.ok) return path;
  const timeout = readRequestTimeout(flags.requestTimeout ?? null);
  if (!timeout.ok) return timeout;
  return ok({
    config: path.value,
    site,
    self: flags.self ?? null,
    outputFormat: flags.outputFormat === 'json' ? 'json' : 'text',
    requestTimeoutMs: timeout.value,
    isVerbose: false,
  });
}

/** `--name NAME` is /etc/booth/NAME.conf whatever NAME looks like; only `/` is not allowed. */
function instancePath({ name, config }: RingFlags): Result<string, Problem> {
  if (name !== undefined && config !== undefined) {
    return err(problem('usage', '--name and -c both name a configuration; give one of them'));
  }
  if (name === undefined) return ok(configPath(config));
  return name === '' || name.includes('/')
    ? err(problem('usage', `"${name}" is no instance name: it may not be empty or contain "/"`))
    : ok(`/etc/booth/${name}.conf`);
}
