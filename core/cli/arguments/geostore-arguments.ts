/**
 * geostore's command line as typed values (commands section 5).
 *
 * Differs from booth: `set`, `get` and `delete` need an attribute; the C client sends an empty name
 * when neither attribute nor value is given, which makes the CIB invalid (booth-protocol 9.4.3).
 */
import type { Problem } from '../../base/problem.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { judgeAttributeName } from '../../member/attribute.ts';
import {
  checkedName,
  clientOptionTable,
  readClientSettings,
  MAX_NAME_BYTES,
  MAX_VALUE_BYTES,
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

export type GeostoreInvocation =
  | { readonly kind: 'help' | 'version' }
  | {
      readonly kind: 'attribute';
      readonly operation: GeostoreOperation;
      /** null: the only ticket of the configuration. */
      readonly ticket: string | null;
      /** Empty for `list`. */
      readonly attribute: string;
      /** Empty for all but `set`. */
      readonly value: string;
      readonly client: ClientSettings;
    };

export type GeostoreOperation = 'set' | 'get' | 'delete' | 'list';

const geostoreOptionTable: OptionTable = {
  ...clientOptionTable,
  '-t': 'value',
  '-S': 'flag',
  '-h': 'flag',
  '--help': 'flag',
};

/** Words each operation takes after its name. */
const wordCounts: Readonly<Record<GeostoreOperation, number>> = {
  set: 2,
  get: 1,
  delete: 1,
  list: 0,
};

/** Reads what follows the program's name. */
export function parseGeostoreArguments(
  argv: readonly string[],
): Result<GeostoreInvocation, Problem> {
  const first = argv[0];
  if (first === undefined || ['-h', '--help', 'help'].includes(first)) return ok({ kind: 'help' });
  if (['-V', '--version', 'version'].includes(first)) return ok({ kind: 'version' });
  const line = readCommandLine(argv, geostoreOptionTable);
  if (!line.ok) return line;
  if (isGiven(line.value, '-h', '--help')) return ok({ kind: 'help' });
  const client = readClientSettings(line.value);
  return client.ok ? readOperation(line.value, client.value) : client;
}

function readOperation(
  line: CommandLine,
  client: ClientSettings,
): Result<GeostoreInvocation, Problem> {
  const [operation = '', ...words] = line.words;
  if (!isOperation(operation)) {
    return err(usageProblem(`operation "${operation}" is unknown, see geostore --help`));
  }
  const miscounted = findMiscount(operation, words);
  if (miscounted !== null) return err(miscounted);
  const attribute = checkedName(words[0] ?? '', 'attribute name', MAX_NAME_BYTES);
  if (!attribute.ok) return attribute;
  const isChange = operation === 'set' || operation === 'delete';
  const refused = isChange ? judgeAttributeName(words[0] ?? '', noOthers) : null;
  if (refused !== null) return err(usageProblem(refused));
  const value = checkedName(words[1] ?? '', 'value', MAX_VALUE_BYTES);
  if (!value.ok) return value;
  const ticket = checkedName(lastValue(line, '-t'), 'ticket name', MAX_NAME_BYTES);
  if (!ticket.ok) return ticket;
  return ok({
    kind: 'attribute',
    operation,
    ticket: ticket.value,
    attribute: words[0] ?? '',
    value: words[1] ?? '',
    client,
  });
}

/** How many there are already is for the site to judge. */
const noOthers: ReadonlyMap<string, unknown> = new Map();

function findMiscount(operation: GeostoreOperation, words: readonly string[]): Problem | null {
  const wanted = wordCounts[operation];
  const surplus = words[wanted];
  if (surplus !== undefined) return usageProblem(`surplus argument "${surplus}"`);
  if (words.length < wanted) {
    const form = wanted === 2 ? 'an attribute and a value' : 'an attribute';
    return usageProblem(`not enough arguments: ${operation} needs ${form}`);
  }
  return words[0] === '' ? usageProblem('the attribute name may not be empty') : null;
}

const isOperation = (word: string): word is GeostoreOperation => Object.hasOwn(wordCounts, word);
