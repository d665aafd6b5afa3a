import type { XmlElement } from '../xml/element.ts';
import { attribute, childrenNamed } from '../xml/element.ts';
import { parseBoolean } from './boolean.ts';
import { parseDurationMs } from './duration.ts';
import type { OnFail, Operation, Options, ResourceRole } from './model.ts';
import { named, readOptions } from './options.ts';
import type { Reading } from './reading.ts';

/** Pacemaker's timeout where neither the operation nor `op_defaults` sets one. */
export const DEFAULT_TIMEOUT_MS = 20_000;

/** Reads the `op` elements of a primitive; each setting may be an attribute or a meta-attribute. */
export function readOperations(
  of: XmlElement,
  operationDefaults: Options,
  reading: Reading,
): readonly Operation[] {
  const operations = childrenNamed(of, 'operations')
    .map((block) => reading.resolved(block))
    .flatMap((block) => (block === null ? [] : childrenNamed(block, 'op')))
    .map((op) => readOperation(op, operationDefaults, reading));
  for (const [index, { name, intervalMs, id }] of operations.entries()) {
    const first = operations.findIndex(
      (other) => other.name === name && other.intervalMs === intervalMs,
    );
    if (first !== index) {
      reading.error(
        'cib-duplicate-operation',
        `${named(of)} has two operations "${name}" of one interval, change or remove "${id}"`,
      );
    }
  }
  return operations;
}

function readOperation(op: XmlElement, operationDefaults: Options, reading: Reading): Operation {
  const meta = readOptions(op, 'meta_attributes', reading);
  const setting = (name: string): string | null =>
    attribute(op, name) ?? meta.get(name) ?? operationDefaults.get(name) ?? null;
  const name = attribute(op, 'name');
  if (name === null) reading.error('cib-missing-attribute', `${named(op)} has no name`);
  if (attribute(op, 'interval-origin') !== null) {
    reading.unsupported(`interval-origin of ${named(op)}`);
  }
  const spanMs = (key: string, text: string | null, defaultMs: number): number => {
    const parsedMs = text === null ? defaultMs : parseDurationMs(text);
    if (parsedMs !== null) return parsedMs;
    reading.error(
      'cib-bad-duration',
      `${named(op)}: ${key} "${text ?? ''}" is no duration, write for example 10s`,
    );
    return defaultMs;
  };
  return {
    id: attribute(op, 'id') ?? '',
    name: name ?? '',
    intervalMs: spanMs('interval', attribute(op, 'interval') ?? meta.get('interval') ?? null, 0),
    timeoutMs: spanMs('timeout', setting('timeout'), DEFAULT_TIMEOUT_MS),
    startDelayMs: spanMs('start-delay', setting('start-delay'), 0),
    onFail: readOnFail(op, setting('on-fail'), reading),
    isEnabled: readEnabled(op, setting('enabled'), reading),
    role: readRole(named(op), setting('role'), reading),
    instanceAttributes: readOptions(op, 'instance_attributes', reading),
  };
}

const onFailWords: readonly OnFail[] = [
  ...(['ignore', 'block', 'stop', 'restart', 'fence', 'standby', 'demote'] as const),
  'restart-container',
];

function readOnFail(op: XmlElement, text: string | null, reading: Reading): OnFail | null {
  if (text === null) return null;
  const word = onFailWords.find((known) => known === text.toLowerCase());
  if (word !== undefined) return word;
  reading.error(
    'cib-bad-value',
    `${named(op)}: on-fail "${text}" is unknown, use one of ${onFailWords.join(', ')}`,
  );
  return null;
}

function readEnabled(op: XmlElement, text: string | null, reading: Reading): boolean {
  const value = text === null ? true : parseBoolean(text);
  if (value === null) {
    reading.error(
      'cib-bad-value',
      `${named(op)}: enabled "${text ?? ''}" is neither true nor false`,
    );
  }
  return value ?? true;
}

const roles: ReadonlyMap<string, ResourceRole> = new Map<string, ResourceRole>([
  ['stopped', 'Stopped'],
  ['started', 'Started'],
  ['unpromoted', 'Unpromoted'],
  ['slave', 'Unpromoted'],
  ['promoted', 'Promoted'],
  ['master', 'Promoted'],
]);

/** A role in any case, in the old or the new words; null when the word is unknown. */
export const parseRole = (text: string): ResourceRole | null =>
  roles.get(text.toLowerCase()) ?? null;

function readRole(where: string, text: string | null, reading: Reading): ResourceRole | null {
  const role = text === null ? null : parseRole(text);
  if (text !== null && role === null) {
    reading.error('cib-bad-value', `${where}: role "${text}" is unknown`);
  }
  return role;
}
