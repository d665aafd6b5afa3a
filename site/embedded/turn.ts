/** One input being handled: the state as it becomes, and the effects so far. */
import { after } from '../../core/base/instant.ts';
import type { JsonValue, LogEvent } from '../../core/base/log-event.ts';
import { withStatusChange } from '../../core/cib/version.ts';
import type { XmlElement } from '../../core/xml/element.ts';
import type { EmbeddedEffect, Moment } from './contract.ts';
import type { EmbeddedState } from './state.ts';

/** Lives within one step only; what leaves it is immutable. */
export interface Turn {
  state: EmbeddedState;
  readonly effects: EmbeddedEffect[];
  readonly moment: Moment;
  /** The plan no longer fits the world. */
  isPlanStale: boolean;
  /** Tickets of which it must be looked at again whether they have been let go of. */
  staleDrains: 'all' | ReadonlySet<string>;
  /** Somebody waits for the document to be durable. */
  isWriteUrgent: boolean;
}

/** A turn that has changed nothing yet. */
export const beginTurn = (state: EmbeddedState, moment: Moment): Turn => ({
  state,
  effects: [],
  moment,
  isPlanStale: false,
  staleDrains: new Set(),
  isWriteUrgent: false,
});

/** What is known of the resource has changed: its tickets may have been let go of. */
export function markDrains(turn: Turn, resource: string): void {
  if (turn.staleDrains === 'all') return;
  const tickets = turn.state.ticketsByResource.get(resource) ?? [];
  if (tickets.length > 0) turn.staleDrains = new Set([...turn.staleDrains, ...tickets]);
}

/** Changes that nobody waits for are on disk this much later at most. */
export const LAZY_WRITE_MS = 1000;

/** Takes over a changed status section; the model is the caller's to update. */
export const changeStatus = (turn: Turn, document: XmlElement): void => {
  if (document !== turn.state.document) changeDocument(turn, withStatusChange(document));
};

/** Takes over a changed document, its version counted already. */
export function changeDocument(turn: Turn, document: XmlElement): void {
  const { disk } = turn.state;
  turn.state = {
    ...turn.state,
    document,
    disk: {
      ...disk,
      revision: disk.revision + 1,
      lazyAt: disk.lazyAt ?? after(turn.moment.now, LAZY_WRITE_MS),
    },
  };
}

/** Adds what is to be done, behind all before it. */
export const emit = (turn: Turn, effect: EmbeddedEffect): void => {
  turn.effects.push(effect);
};

/** Writes a line of the log. */
export const log = (
  turn: Turn,
  level: LogEvent['level'],
  event: string,
  line: { readonly message: string; readonly fields?: { readonly [key: string]: JsonValue } },
): void => {
  const { message, fields = {} } = line;
  emit(turn, { kind: 'log', event: { level, event, message, fields } });
};
