/**
 * The daemon's log: JSON lines for machines, or one plain line for people on a terminal:
 * `2026-11-20 12:57:35.123 info  db: follower → leader, term 7, leader 10.0.0.1, 59.8 s left`.
 */
import { pino } from 'pino';
import { isatty } from 'node:tty';
import type { JsonValue, LogEvent } from '../base/log-event.ts';
import type { Log } from '../member/ports.ts';
import { localTimeText } from './local-time.ts';
import { logDestination, type LogDestination } from './log-destination.ts';

export interface LoggerOptions {
  /** Default 2, standard error. */
  readonly fd?: number;
  /** `auto`: plain on a terminal, JSON elsewhere. */
  readonly format: 'json' | 'plain' | 'auto';
  /** Events below it are left out; the usual level is `info`. */
  readonly level: LogEvent['level'];
  /** Address or name of this member, in every JSON line; null: not known yet. */
  readonly member: string | null;
  readonly destination?: LogDestination;
  readonly epochMs?: () => number;
}

export interface Logger extends Log {
  /** For when the configuration has been read. */
  readonly setMember: (member: string) => void;
  readonly setLevel: (level: LogEvent['level']) => void;
  /** Writes what is left, for at most a second. */
  readonly close: () => Promise<void>;
}

const FLUSH_MS = 1000;
const ranks: Readonly<Record<LogEvent['level'], number>> = {
  debug: 0,
  info: 1,
  warning: 2,
  error: 3,
};

/** A log that writes events of the level and above, one line each. */
export function createLogger(options: LoggerOptions): Logger {
  const fd = options.fd ?? 2;
  const destination = options.destination ?? logDestination(fd);
  const epochMs = options.epochMs ?? Date.now;
  const isPlain = options.format === 'plain' || (options.format === 'auto' && isatty(fd));
  let { level, member } = options;
  const print = isPlain
    ? (event: LogEvent): void => destination.write(plainLine(event, epochMs()))
    : jsonPrinter(destination, { epochMs, member: () => member });
  return {
    write: (event) => {
      if (ranks[event.level] >= ranks[level]) print(event);
    },
    setMember: (name) => (member = name),
    setLevel: (next) => (level = next),
    close: () => destination.flush(FLUSH_MS),
  };
}

/** Names the line itself uses; a field of that name gets an underscore. */
const ownNames = new Set(['level', 'time', 'member', 'event', 'message']);

function jsonPrinter(
  destination: LogDestination,
  source: { readonly epochMs: () => number; readonly member: () => string | null },
): (event: LogEvent) => void {
  const logger = pino(
    {
      base: null,
      level: 'debug',
      customLevels: { warning: 40 },
      messageKey: 'message',
      timestamp: () => `,"time":"${new Date(source.epochMs()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  return ({ level, event, message, fields }) => {
    const member = source.member();
    const named = { ...(member === null ? {} : { member }), event, ...renamed(fields) };
    logger[level](named, message);
  };
}

const renamed = (fields: LogEvent['fields']): { readonly [key: string]: JsonValue } =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [ownNames.has(name) ? `${name}_` : name, value]),
  );

/** Local time; control characters are made visible, so that no message can forge a second line. */
export function plainLine({ level, message }: LogEvent, epochMs: number): string {
  const word = level === 'warning' ? 'warn' : level;
  const ms = String(new Date(epochMs).getMilliseconds()).padStart(3, '0');
  return `${localTimeText(epochMs)}.${ms} ${word.padEnd(5)} ${visible(message)}\n`;
}

const visible = (text: string): string =>
  text.replaceAll(
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
