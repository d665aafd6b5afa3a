// The members' logs: JSON lines in files, followed as they grow and told in words.
import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import type { PlannedMember } from './plan.ts';

export interface LogLine {
  /** `10:04:08.904`, UTC. */
  readonly time: string;
  readonly level: string;
  readonly event: string;
  readonly message: string;
}

/** What a person wants to hear of while the demo runs. */
const tellingEvents: ReadonlySet<string> = new Set([
  'state',
  'lease-lost',
  'step-down',
  'stored-grant-suspect',
  'resource-started',
  'resource-stopped',
  'ticket-drained',
  'guard-acted',
]);

/** Null for a line that is none of a daemon's, for instance what it says before it can log. */
export function readLogLine(text: string): LogLine | null {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null) return null;
    const fields = new Map<string, unknown>(Object.entries(parsed));
    const [time, level] = [textOf(fields, 'time'), textOf(fields, 'level')];
    const [event, message] = [textOf(fields, 'event'), textOf(fields, 'message')];
    if (time === null || level === null || event === null || message === null) return null;
    return { time: time.slice(11, 23), level, event, message };
  } catch {
    return null;
  }
}

function textOf(fields: ReadonlyMap<string, unknown>, name: string): string | null {
  const value = fields.get(name);
  return typeof value === 'string' ? value : null;
}

/** Hands on each telling line once, when `look` is called. */
export function followLog(
  member: PlannedMember,
  tell: (member: PlannedMember, message: string) => void,
): { readonly look: () => void } {
  let offset = 0;
  let rest = '';
  return {
    look: () => {
      const added = readFrom(member.logFile, offset);
      offset += added.length;
      const lines = (rest + added.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const read = readLogLine(line);
        if (read !== null && tellingEvents.has(read.event)) tell(member, read.message);
      }
    },
  };
}

/** How often the member has logged the event since its log began. */
export const timesLogged = ({ logFile }: PlannedMember, event: string): number =>
  logText(logFile)
    .split('\n')
    .filter((line) => readLogLine(line)?.event === event).length;

/** The last lines; those of a daemon's log as time, level and message. */
export const lastLines = ({ logFile }: PlannedMember, count: number): readonly string[] =>
  logText(logFile)
    .split('\n')
    .filter((line) => line !== '')
    .slice(-count)
    .map((line) => {
      const read = readLogLine(line);
      return read === null ? line : `${read.time} ${read.level.padEnd(7)} ${read.message}`;
    });

const logText = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');

const CHUNK_BYTES = 64 << 10;

function readFrom(file: string, offset: number): Buffer {
  if (!existsSync(file)) return Buffer.alloc(0);
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(CHUNK_BYTES);
    return buffer.subarray(0, readSync(descriptor, buffer, 0, CHUNK_BYTES, offset));
  } finally {
    closeSync(descriptor);
  }
}
