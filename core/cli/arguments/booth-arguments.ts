/**
 * booth's command line as typed values (commands section 5). Everything the C client accepts is
 * accepted; words may also stand before options, and options before the command.
 *
 * Differs from booth: a ticket named before the options counts; the C client silently ignores it
 * there and takes the only configured ticket.
 */
import type { Problem } from '../../base/problem.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { ClientOptions as WaitOptions } from '../../wire/message.ts';
import {
  checkedName,
  clientOptionTable,
  readClientSettings,
  MAX_NAME_BYTES,
  type ClientSettings,
} from './client-settings.ts';
import {
  isGiven,
  lastValue,
  readCommandLine,
  usageProblem,
  type CommandLine,
  type OptionTable,
} from './option-grammar.ts';

export type BoothInvocation =
  | { readonly kind: 'help' | 'version' }
  /** A line the C client answers with its usage and exit code 1. */
  | { readonly kind: 'usage-error' }
  | { readonly kind: 'query'; readonly query: 'list' | 'peers'; readonly client: ClientSettings }
  | ChangeInvocation
  | StatusInvocation
  /** Everything after the word that starts a daemon. */
  | { readonly kind: 'daemon'; readonly args: readonly string[] };

export interface ChangeInvocation {
  readonly kind: 'change';
  readonly change: 'grant' | 'revoke';
  /** null: the only ticket of the configuration. */
  readonly ticket: string | null;
  readonly wait: WaitOptions;
  readonly client: ClientSettings;
}

export interface StatusInvocation {
  readonly kind: 'status';
  readonly lockFile: string | null;
  /** `-S`: say in words whether it runs. */
  readonly isTalkative: boolean;
  readonly client: ClientSettings;
}

const boothOptionTable: OptionTable = {
  ...clientOptionTable,
  '-t': 'value',
  '-l': 'value',
  '-F': 'flag',
  '-w': 'flag',
  '-C': 'flag',
  '-S': 'flag',
  '-h': 'flag',
  '--help': 'flag',
};

/** The words that start a daemon; its role follows from the configuration, not from the word. */
export const daemonWords: ReadonlySet<string> = new Set(['daemon', 'start', 'site', 'arbitrator']);

/** Reads what follows the program's name. */
export function parseBoothArguments(argv: readonly string[]): Result<BoothInvocation, Problem> {
  const first = argv[0];
  if (first === undefined || ['-h', '--help', 'help'].includes(first)) return ok({ kind: 'help' });
  if (['-V', '--version', 'version'].includes(first)) return ok({ kind: 'version' });
  if (daemonWords.has(first)) return ok({ kind: 'daemon', args: argv.slice(1) });
  const line = readCommandLine(argv, boothOptionTable);
  if (!line.ok) return line;
  if (isGiven(line.value, '-h', '--help')) return ok({ kind: 'help' });
  const client = readClientSettings(line.value);
  return client.ok ? readOperation(line.value, client.value) : client;
}

function readOperation(
  line: CommandLine,
  client: ClientSettings,
): Result<BoothInvocation, Problem> {
  const isClientWord = line.words[0] === 'client';
  const [operation, ...words] = isClientWord ? line.words.slice(1) : line.words;
  if (operation === undefined) return ok({ kind: 'usage-error' });
  const isKnown = (isClientWord ? clientOperations : allOperations).has(operation);
  if (!isKnown) return err(usageProblem(`command "${operation}" is unknown, see booth --help`));
  const misplaced = findMisplaced(line, operation);
  if (misplaced !== null) return err(misplaced);
  if (operation === 'grant' || operation === 'revoke') {
    return readChange(line, client, { change: operation, words });
  }
  if (isGiven(line, '-t')) return ok({ kind: 'usage-error' });
  if (operation === 'status') return readStatus(line, client);
  return ok({ kind: 'query', query: operation === 'peers' ? 'peers' : 'list', client });
}

const clientOperations: ReadonlySet<string> = new Set(['list', 'peers', 'grant', 'revoke']);
const allOperations: ReadonlySet<string> = new Set([...clientOperations, 'status']);

function findMisplaced(line: CommandLine, operation: string): Problem | null {
  const isChange = operation === 'grant' || operation === 'revoke';
  if (isGiven(line, '-F') && operation !== 'grant') return usageProblem('-F is only for grant');
  if (isGiven(line, '-w') && !isChange) return usageProblem('-w is only for grant and revoke');
  if (isGiven(line, '-C') && operation !== 'grant') return usageProblem('-C is only for grant');
  return null;
}

function readChange(
  line: CommandLine,
  client: ClientSettings,
  asked: { readonly change: 'grant' | 'revoke'; readonly words: readonly string[] },
): Result<BoothInvocation, Problem> {
  const option = lastValue(line, '-t');
  const [word, ...surplus] = asked.words;
  const unexpected = option === null ? surplus[0] : word;
  if (unexpected !== undefined) {
    return err(usageProblem(`surplus argument "${unexpected}": one ticket at a time`));
  }
  const ticket = checkedName(option ?? word ?? null, 'ticket name', MAX_NAME_BYTES);
  if (!ticket.ok) return ticket;
  const isWaitingForCommit = isGiven(line, '-C');
  return ok({
    kind: 'change',
    change: asked.change,
    ticket: ticket.value,
    wait: {
      isImmediate: isGiven(line, '-F'),
      isWaiting: isGiven(line, '-w') || isWaitingForCommit,
      isWaitingForCommit,
    },
    client,
  });
}

function readStatus(line: CommandLine, client: ClientSettings): Result<BoothInvocation, Problem> {
  if (client.site !== null) {
    return err(usageProblem('-s is not for status: it asks about the daemon of this host'));
  }
  return ok({
    kind: 'status',
    lockFile: lastValue(line, '-l'),
    isTalkative: isGiven(line, '-S'),
    client,
  });
}
