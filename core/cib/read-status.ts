import type { XmlElement } from '../xml/element.ts';
import { attribute, childNamed, childrenNamed, element } from '../xml/element.ts';
import { isTrueWord, parseBoolean } from './boolean.ts';
import type {
  Constraint,
  HistoryEntry,
  NodeState,
  Options,
  ResourceHistory,
  TicketState,
} from './model.ts';
import { parseInteger } from './number.ts';
import { readOptions } from './options.ts';
import type { Reading } from './reading.ts';
import { readTransitionKey } from './transition-key.ts';

/** Every ticket that has a state, and, as not granted, those that only a constraint names. */
export function readTickets(
  status: XmlElement,
  constraints: readonly Constraint[],
): ReadonlyMap<string, TicketState> {
  const stored = childrenNamed(childNamed(status, 'tickets') ?? element('tickets'), 'ticket_state');
  const tickets = new Map<string, TicketState>();
  for (const state of stored) tickets.set(attribute(state, 'id') ?? '', readTicket(state));
  for (const { ticket } of constraints) {
    if (!tickets.has(ticket)) {
      tickets.set(ticket, readTicket(element('ticket_state', { id: ticket })));
    }
  }
  return tickets;
}

const namedTicketFields = ['id', 'granted', 'standby', 'last-granted', 'owner', 'expires', 'term'];

/** One `ticket_state`. */
export const readTicket = (of: XmlElement): TicketState => ({
  id: attribute(of, 'id') ?? '',
  isGranted: isTrueWord(attribute(of, 'granted')),
  isStandby: isTrueWord(attribute(of, 'standby')),
  lastGrantedEpochS: parseInteger(attribute(of, 'last-granted')),
  owner: attribute(of, 'owner'),
  expires: attribute(of, 'expires'),
  term: attribute(of, 'term'),
  attributes: new Map(of.attributes.filter(([name]) => !namedTicketFields.includes(name))),
});

/** Every `node_state`, with transient attributes and operation history. */
export const readNodeStates = (status: XmlElement, reading: Reading): readonly NodeState[] =>
  childrenNamed(status, 'node_state').map((state) => ({
    id: attribute(state, 'id') ?? '',
    name: attribute(state, 'uname') ?? '',
    isMember: isPresent(attribute(state, 'in_ccm'), 'true'),
    isControllerOnline: isPresent(attribute(state, 'crmd'), 'online'),
    join: attribute(state, 'join'),
    expected: attribute(state, 'expected'),
    attributes: readTransient(state, reading),
    history: readHistory(state, reading),
  }));

/** Older CIBs say so in a word, newer ones by the epoch time since when (0 = not). */
function isPresent(text: string | null, word: string): boolean {
  if (text === null) return false;
  const number = parseInteger(text);
  if (number !== null) return number > 0;
  return text.toLowerCase() === word || parseBoolean(text) === true;
}

/** The transient attributes of a `node_state`. */
export const readTransient = (state: XmlElement, reading: Reading): Options =>
  readOptions(
    childNamed(state, 'transient_attributes') ?? element('transient_attributes'),
    'instance_attributes',
    reading,
  );

function readHistory(state: XmlElement, reading: Reading): readonly ResourceHistory[] {
  const lists = childrenNamed(state, 'lrm').flatMap((lrm) => childrenNamed(lrm, 'lrm_resources'));
  return lists
    .flatMap((list) => childrenNamed(list, 'lrm_resource'))
    .map((resource) => readResourceHistory(resource, reading));
}

/** One `lrm_resource`. */
export const readResourceHistory = (of: XmlElement, reading: Reading): ResourceHistory => ({
  resource: attribute(of, 'id') ?? '',
  class: attribute(of, 'class') ?? '',
  provider: attribute(of, 'provider'),
  type: attribute(of, 'type') ?? '',
  operations: childrenNamed(of, 'lrm_rsc_op')
    .flatMap((entry) => readEntry(entry, reading) ?? [])
    .toSorted(byCall),
});

/** Pending entries have call id -1 and are the newest. */
function byCall(a: HistoryEntry, b: HistoryEntry): number {
  const rank = (entry: HistoryEntry): number =>
    entry.callId < 0 ? Number.MAX_SAFE_INTEGER : entry.callId;
  return rank(a) - rank(b) || (a.lastChangeEpochS ?? 0) - (b.lastChangeEpochS ?? 0);
}

function readEntry(of: XmlElement, reading: Reading): HistoryEntry | null {
  const id = attribute(of, 'id') ?? '';
  const operation = attribute(of, 'operation');
  const number = (name: string): number | null => parseInteger(attribute(of, name));
  const numberOr = (name: string, byDefault: number): number => number(name) ?? byDefault;
  const transitionKey = attribute(of, 'transition-key') ?? magicKey(of);
  const returnCode = number('rc-code');
  if (operation === null || returnCode === null) {
    reading.unsupported(`history entry "${id}" (it lacks operation or rc-code)`);
    return null;
  }
  return {
    id,
    operation,
    intervalMs: numberOr('interval', 0),
    callId: numberOr('call-id', -1),
    returnCode,
    expectedReturnCode: readTransitionKey(transitionKey)?.expectedReturnCode ?? null,
    status: numberOr('op-status', 0),
    transitionKey,
    lastChangeEpochS: number('last-rc-change'),
    execMs: numberOr('exec-time', 0),
    queueMs: numberOr('queue-time', 0),
    exitReason: attribute(of, 'exit-reason') ?? '',
    digest: attribute(of, 'op-digest'),
  };
}

/** `transition-magic` is `STATUS:RC;KEY`. */
function magicKey(of: XmlElement): string | null {
  const magic = attribute(of, 'transition-magic');
  return magic === null ? null : (/^-?[0-9]+:-?[0-9]+;(.+)$/.exec(magic)?.[1] ?? null);
}
