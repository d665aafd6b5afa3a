/**
 * What follows `boothd daemon`: booth's options (commands section 5) and geobooth's own settings of
 * one host, which go over `NAME.local.conf`. Used by the dispatcher and by both daemons.
 */
import type { Problem } from '../../base/problem.ts';
import { err, ok, type Result } from '../../base/result.ts';
import {
  isGiven,
  lastValue,
  readCommandLine,
  timesGiven,
  usageProblem,
  type CommandLine,
  type OptionTable,
} from './option-grammar.ts';

export interface DaemonArguments {
  /** `-c` as typed: a path, a name, or null for /etc/booth/booth.conf. */
  readonly config: string | null;
  /** `-l`; null: /var/run/booth/NAME.pid. */
  readonly lockFile: string | null;
  /** `-S`: stay in the foreground and log to stderr. */
  readonly isForeground: boolean;
  /** How often `-D` was given. */
  readonly debugLevel: number;
  /** `--self` or `-D -s`: the address of this member as in booth.conf; null: look for it. */
  readonly self: string | null;
  /** null: as NAME.local.conf says. */
  readonly cluster: 'embedded' | 'pacemaker' | 'none' | null;
  readonly stateDir: string | null;
  /** Address to bind instead of the member's own. */
  readonly listen: string | null;
  /** Watchdog device for the guard. */
  readonly watchdog: string | null;
  /** null: plain on a terminal, JSON elsewhere. */
  readonly logFormat: 'json' | 'plain' | null;
  /** Program and arguments that stop this host when nothing else can; null: none. */
  readonly selfFence: readonly string[] | null;
}

/** `help`, `version`: the line asks for a text instead of a daemon. */
export type DaemonRequest = 'help' | 'version' | DaemonArguments;

const daemonOptionTable: OptionTable = {
  '-c': 'value',
  '-l': 'value',
  '-S': 'flag',
  '-D': 'flag',
  '-s': 'value',
  '-h': 'flag',
  '--help': 'flag',
  '-V': 'flag',
  '--version': 'flag',
  '--self': 'value',
  '--cluster': 'value',
  '--state-dir': 'value',
  '--listen': 'value',
  '--watchdog': 'value',
  '--log-format': 'value',
  '--self-fence': 'rest',
};

/**
 * Reads the words after `daemon`. `--self-fence` takes all that follows it, so it stands last.
 * Other words are ignored, as booth does.
 */
export function parseDaemonRequest(argv: readonly string[]): Result<DaemonRequest, Problem> {
  const line = readCommandLine(argv, daemonOptionTable);
  if (!line.ok) return line;
  if (isGiven(line.value, '-h', '--help')) return ok('help');
  if (isGiven(line.value, '-V', '--version')) return ok('version');
  return readDaemonLine(line.value);
}

/** As `parseDaemonRequest`, where help has been given already or cannot be asked for. */
export function parseDaemonArguments(argv: readonly string[]): Result<DaemonArguments, Problem> {
  const request = parseDaemonRequest(argv);
  if (!request.ok) return request;
  return typeof request.value === 'string'
    ? err(usageProblem('see boothd --help for the options of a daemon'))
    : ok(request.value);
}

function readDaemonLine(line: CommandLine): Result<DaemonArguments, Problem> {
  const cluster = oneOf(line, '--cluster', ['embedded', 'pacemaker', 'none'] as const);
  if (!cluster.ok) return cluster;
  const logFormat = oneOf(line, '--log-format', ['json', 'plain'] as const);
  if (!logFormat.ok) return logFormat;
  const site = lastValue(line, '-s');
  if (site !== null && !isGiven(line, '-D')) {
    return err(
      usageProblem('-s goes only with -D for a daemon; use --self ADDRESS to say who it is'),
    );
  }
  const empty = line.options.find((option) => option.values[0] === '');
  if (empty !== undefined) return err(usageProblem(`option ${empty.name} may not be empty`));
  const selfFence = line.options.findLast((option) => option.name === '--self-fence');
  return ok({
    config: lastValue(line, '-c'),
    lockFile: lastValue(line, '-l'),
    isForeground: isGiven(line, '-S'),
    debugLevel: timesGiven(line, '-D'),
    self: lastValue(line, '--self') ?? site,
    cluster: cluster.value,
    stateDir: lastValue(line, '--state-dir'),
    listen: lastValue(line, '--listen'),
    watchdog: lastValue(line, '--watchdog'),
    logFormat: logFormat.value,
    selfFence: selfFence?.values ?? null,
  });
}

function oneOf<T extends string>(
  line: CommandLine,
  name: string,
  allowed: readonly T[],
): Result<T | null, Problem> {
  const text = lastValue(line, name);
  const found = allowed.find((word) => word === text) ?? null;
  return text === null || found !== null
    ? ok(found)
    : err(usageProblem(`${name} must be one of ${allowed.join(', ')}, got "${text}"`));
}
