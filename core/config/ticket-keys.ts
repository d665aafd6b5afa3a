/** The ticket keys: what they set in the open stanza (booth-conf section 4). */
import type { Result } from '../base/result.ts';
import { parseSpan, type Refusal } from './duration.ts';
import { excerpt } from './excerpt.ts';
import { parseHandler } from './handler.ts';
import { keywords, type TicketKey } from './keywords.ts';
import type { AttributePrerequisite, TicketConfig, TicketHandler } from './model.ts';
import { readCInteger } from './number.ts';
import { parsePrerequisite } from './prerequisite.ts';
import type { Report } from './report.ts';
import type { Statement } from './statement.ts';
import { parseWeights } from './weights.ts';

/** The values of a stanza while it is read. */
export interface TicketValues {
  expireMs: number;
  timeoutMs: number;
  retries: number;
  mode: TicketConfig['mode'];
  weights: readonly number[];
  /** null: half of `expireMs`. */
  renewalMs: number | null;
  acquireAfterMs: number;
  handler: TicketHandler | null;
  readonly prerequisites: AttributePrerequisite[];
}

/** What the setters of ticket keys work on. */
export interface TicketContext {
  readonly values: TicketValues;
  readonly report: Report;
  /** Called for each span that was understood. */
  readonly noteSpan: (ms: number) => void;
}

type Setter = (context: TicketContext, statement: Statement) => void;

/** How each ticket key is taken over. */
export const setTicketValue: { readonly [Key in TicketKey]: Setter } = {
  expire: (context, statement) => {
    const { values } = context;
    values.expireMs = readSpan('expire', context, statement) ?? values.expireMs;
  },
  timeout: (context, statement) => {
    const { values } = context;
    values.timeoutMs = readSpan('timeout', context, statement) ?? values.timeoutMs;
  },
  retries: setRetries,
  'renewal-freq': (context, statement) => {
    const { values } = context;
    values.renewalMs = readSpan('renewal-freq', context, statement) ?? values.renewalMs;
  },
  'acquire-after': (context, statement) => {
    const { values } = context;
    values.acquireAfterMs = readSpan('acquire-after', context, statement) ?? values.acquireAfterMs;
  },
  'before-acquire-handler': setHandler,
  'attr-prereq': addPrerequisite,
  mode: setMode,
  weights: setWeights,
};

type SpanKey = 'expire' | 'timeout' | 'renewal-freq' | 'acquire-after';

function readSpan(key: SpanKey, context: TicketContext, statement: Statement): number | null {
  const ms = taken(parseSpan(statement.value, keywords[key].value.minMs), context, statement);
  if (ms !== null) context.noteSpan(ms);
  return ms;
}

function setRetries({ values, report }: TicketContext, { value, valueAt }: Statement): void {
  const { min, max } = keywords.retries.value;
  const integer = readCInteger(value);
  if (integer !== null && integer.rest === '' && integer.value >= min && integer.value <= max) {
    values.retries = integer.value;
    return;
  }
  const message = `retries must be an integer from ${String(min)} to ${String(max)}, found ${excerpt(value)}`;
  report.error('config-retries-range', message, valueAt);
}

function setHandler(context: TicketContext, statement: Statement): void {
  const parsed = parseHandler(statement.value);
  const handler = taken(parsed, context, statement);
  if (!parsed.ok) return;
  context.values.handler = handler;
  if (handler === null) {
    const message = 'before-acquire-handler is empty, which means none: remove the line';
    context.report.warn('config-handler-empty', message, statement.valueAt);
  }
}

function addPrerequisite(context: TicketContext, statement: Statement): void {
  const read = taken(parsePrerequisite(statement.value), context, statement);
  if (read === null) return;
  context.values.prerequisites.push(read.prerequisite);
  if (read.surplus.length > 0) {
    const message = `attr-prereq: ${excerpt(read.surplus.join(' '))} after the value is ignored, a value cannot contain a blank`;
    context.report.warn('config-prerequisite-surplus', message, statement.valueAt);
  }
}

function setMode({ values, report }: TicketContext, { value, valueAt }: Statement): void {
  const word = value.toLowerCase();
  values.mode = word === 'manual' ? 'manual' : 'automatic';
  if (word !== 'manual' && word !== 'automatic' && word !== 'auto') {
    const message = `mode ${excerpt(value)} is unknown and means automatic, write mode = manual or mode = automatic`;
    report.warn('config-mode-unknown', message, valueAt);
  }
}

function setWeights(context: TicketContext, statement: Statement): void {
  const weights = taken(parseWeights(statement.value), context, statement);
  if (weights === null) return;
  context.values.weights = weights;
  const message = 'weights are never used, in booth as here: remove the line';
  context.report.warn('config-weights-unused', message, statement.keyAt);
}

/** The value, or null after reporting why there is none. */
function taken<T>(
  read: Result<T, Refusal>,
  { report }: TicketContext,
  { key, valueAt }: Statement,
): T | null {
  if (read.ok) return read.value;
  report.error(read.error.code, `${key}: ${read.error.message}`, valueAt);
  return null;
}
