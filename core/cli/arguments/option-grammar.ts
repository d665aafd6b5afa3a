/**
 * Reads a command line as getopt does with permutation: options anywhere between the words, short
 * ones in clusters (`-wF`), values attached or apart (`-cNAME`, `-c NAME`), `--` ends the options.
 */
import { problem, type Problem } from '../../base/problem.ts';
import { err, ok, type Result } from '../../base/result.ts';

/** What follows an option: nothing, one word, or all the rest of the line. */
export type OptionKind = 'flag' | 'value' | 'rest';

/** Option name with its dashes (`-c`, `--self`) → what follows it. */
export type OptionTable = Readonly<Record<string, OptionKind>>;

export interface GivenOption {
  readonly name: string;
  /** Empty for a flag, one for a value, any number for the rest. */
  readonly values: readonly string[];
}

export interface CommandLine {
  readonly options: readonly GivenOption[];
  readonly words: readonly string[];
}

/** A command line longer than this is no command line. */
const MAX_ARGUMENTS = 256;

/** Splits arguments into options and words; fails at the first option that is unknown or bare. */
export function readCommandLine(
  argv: readonly string[],
  table: OptionTable,
): Result<CommandLine, Problem> {
  if (argv.length > MAX_ARGUMENTS) {
    return err(usageProblem(`at most ${MAX_ARGUMENTS} arguments, got ${argv.length}`));
  }
  const options: GivenOption[] = [];
  const words: string[] = [];
  const rest = [...argv];
  while (rest.length > 0) {
    const argument = rest.shift() ?? '';
    if (argument === '--') {
      words.push(...rest);
      break;
    }
    if (!argument.startsWith('-') || argument === '-') {
      words.push(argument);
      continue;
    }
    const read = argument.startsWith('--')
      ? readLong(argument, rest, table)
      : readCluster(argument, rest, table);
    if (!read.ok) return read;
    options.push(...read.value);
  }
  return ok({ options, words });
}

/** The value given last, as with getopt; null when the option was not given. */
export function lastValue(line: CommandLine, name: string): string | null {
  const given = line.options.findLast((option) => option.name === name);
  return given?.values[0] ?? null;
}

/** True when the option was given under any of its names. */
export const isGiven = (line: CommandLine, ...names: readonly string[]): boolean =>
  line.options.some((option) => names.includes(option.name));

/** How often the option was given. */
export const timesGiven = (line: CommandLine, name: string): number =>
  line.options.filter((option) => option.name === name).length;

/** A mistake in the command line itself. */
export const usageProblem = (message: string): Problem => problem('usage', message);

function readLong(
  argument: string,
  rest: string[],
  table: OptionTable,
): Result<readonly GivenOption[], Problem> {
  const equals = argument.indexOf('=');
  const name = equals < 0 ? argument : argument.slice(0, equals);
  const attached = equals < 0 ? null : argument.slice(equals + 1);
  const kind = kindOf(table, name);
  if (kind === null) return unknownOption(name);
  if (kind === 'flag' && attached !== null) {
    return err(usageProblem(`option ${name} takes no value, got "${attached}"`));
  }
  return takeOption({ name, kind }, attached, rest);
}

function readCluster(
  argument: string,
  rest: string[],
  table: OptionTable,
): Result<readonly GivenOption[], Problem> {
  const options: GivenOption[] = [];
  for (let at = 1; at < argument.length; at += 1) {
    const name = `-${argument[at] ?? ''}`;
    const kind = kindOf(table, name);
    if (kind === null) return unknownOption(name);
    if (kind === 'flag') {
      options.push({ name, values: [] });
      continue;
    }
    const attached = at + 1 < argument.length ? argument.slice(at + 1) : null;
    const taken = takeOption({ name, kind }, attached, rest);
    return taken.ok ? ok([...options, ...taken.value]) : taken;
  }
  return ok(options);
}

function takeOption(
  option: { readonly name: string; readonly kind: OptionKind },
  attached: string | null,
  rest: string[],
): Result<readonly GivenOption[], Problem> {
  const { name, kind } = option;
  if (kind === 'flag') return ok([{ name, values: [] }]);
  const first = attached ?? rest.shift();
  if (first === undefined) return err(usageProblem(`option ${name} needs a value, see --help`));
  const values = kind === 'rest' ? [first, ...rest.splice(0)] : [first];
  return ok([{ name, values }]);
}

const kindOf = (table: OptionTable, name: string): OptionKind | null =>
  Object.hasOwn(table, name) ? (table[name] ?? null) : null;

const unknownOption = (name: string): Result<never, Problem> =>
  err(usageProblem(`option ${name} is unknown, see --help`));
