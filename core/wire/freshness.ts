/**
 * Replay protection (booth-protocol 3.2–3.4): what a receiver remembers of the authenticated
 * messages of one sender, and whether the next one is new. booth's own timestamps step back by up
 * to a second every second, so "newer than the last" would refuse honest messages; instead every
 * message seen is remembered, up to a bound, and what is older than the memory is refused.
 *
 * Messages are kept sorted by (time, MAC) in runs of up to 64, so that one more costs two small
 * copies however many are remembered.
 */
import type { RefusalReason, SentAt } from './message.ts';
import { microsecondsOf } from './sent-at.ts';

/** Plain data, never changed in place; one per member, and one for all clients together. */
export interface FreshnessMemory {
  readonly capacity: number;
  readonly size: number;
  /** Microseconds since the epoch: a message sent at or before it may have been forgotten. */
  readonly floorUs: number;
  readonly runs: readonly Run[];
}

/** Not empty, sorted, at most RUN_SIZE long. */
type Run = readonly Seen[];

interface Seen {
  readonly sentUs: number;
  readonly mac: string;
}

export interface FreshnessVerdict {
  /** null: the message is new, and now remembered. */
  readonly verdict: Extract<RefusalReason, 'too-old' | 'from-the-future' | 'replayed'> | null;
  /** The same object when the message was refused. */
  readonly memory: FreshnessMemory;
}

const RUN_SIZE = 64;
/** More than a second of a peer that sends several thousand messages a second. */
const DEFAULT_CAPACITY = 8192;

/** A memory of nothing, as after a start; `capacity` messages at most will be remembered. */
export const emptyFreshness = (capacity: number = DEFAULT_CAPACITY): FreshnessMemory => ({
  capacity,
  size: 0,
  floorUs: -1,
  runs: [],
});

/**
 * Judges an authenticated message: refused when sent `maxSkewSecs` or longer before now or more
 * than that after now, when seen before, or when older than all that is remembered since
 * something was forgotten. Reordering and back-steps within the memory are accepted.
 *
 * Differs from booth: age counts for every message, the first after a start too; messages from
 * the future and exact repeats are refused, also of clients.
 */
export function judgeFreshness(
  memory: FreshnessMemory,
  message: { readonly sentAt: SentAt; readonly mac: string },
  nowEpochMs: number,
  maxSkewSecs: number,
): FreshnessVerdict {
  const seen: Seen = { sentUs: microsecondsOf(message.sentAt), mac: message.mac };
  const oldestUs = (nowEpochMs - maxSkewSecs * 1000) * 1000;
  const newestUs = (nowEpochMs + maxSkewSecs * 1000) * 1000;
  if (seen.sentUs <= Math.max(oldestUs, memory.floorUs)) return { verdict: 'too-old', memory };
  if (seen.sentUs > newestUs) return { verdict: 'from-the-future', memory };
  const current = forgetOutdated(memory, oldestUs);
  const runs = insert(current.runs, seen);
  if (runs === null) return { verdict: 'replayed', memory };
  return { verdict: null, memory: forgetOverflow({ ...current, runs, size: current.size + 1 }) };
}

/** The runs with one more message, or null when it is among them. */
function insert(runs: readonly Run[], seen: Seen): readonly Run[] | null {
  const index = Math.max(
    0,
    runs.findLastIndex((run) => !isBefore(seen, run[0])),
  );
  const run = runs[index] ?? [];
  const before = run.findLastIndex((other) => !isBefore(seen, other));
  if (isSame(run[before], seen)) return null;
  const isAtEnd = index === runs.length - 1 && before === RUN_SIZE - 1;
  return isAtEnd
    ? [...runs, [seen]]
    : runs.toSpliced(index, 1, ...halved(run.toSpliced(before + 1, 0, seen)));
}

const halved = (run: Run): readonly Run[] =>
  run.length > RUN_SIZE ? [run.slice(0, RUN_SIZE / 2), run.slice(RUN_SIZE / 2)] : [run];

const isSame = (a: Seen | undefined, b: Seen): boolean => a?.sentUs === b.sentUs && a.mac === b.mac;

const isBefore = (a: Seen, b: Seen | undefined): boolean =>
  b !== undefined && (a.sentUs < b.sentUs || (a.sentUs === b.sentUs && a.mac < b.mac));

/** Drops whole runs that are refused for their age anyway. */
function forgetOutdated(memory: FreshnessMemory, oldestUs: number): FreshnessMemory {
  let count = 0;
  let size = memory.size;
  let floorUs = memory.floorUs;
  for (const run of memory.runs) {
    const lastUs = run.at(-1)?.sentUs ?? 0;
    if (lastUs > oldestUs) break;
    count += 1;
    size -= run.length;
    floorUs = Math.max(floorUs, lastUs);
  }
  return count === 0 ? memory : { ...memory, size, floorUs, runs: memory.runs.slice(count) };
}

/**
 * Drops the oldest message when there is one too many. One at a time, so that the floor rises to
 * what was forgotten and no further.
 */
function forgetOverflow(memory: FreshnessMemory): FreshnessMemory {
  if (memory.size <= memory.capacity) return memory;
  const [first = [], ...others] = memory.runs;
  const rest = first.slice(1);
  return {
    ...memory,
    size: memory.size - 1,
    floorUs: Math.max(memory.floorUs, first[0]?.sentUs ?? 0),
    runs: rest.length === 0 ? others : [rest, ...others],
  };
}
