/** True time and what is to happen in it: a heap ordered by time, then by arrival. */

export interface TrueTime {
  readonly nowMs: () => number;
  /** Runs `call` when true time reaches `atMs`, or next if that is past. */
  readonly at: (atMs: number, call: () => void) => Due;
  readonly after: (spanMs: number, call: () => void) => Due;
  readonly cancel: (due: Due) => void;
  /** Goes to the first thing due up to `untilMs` and does it; false: none, and it is `untilMs`. */
  readonly doNext: (untilMs: number) => boolean;
  /** What has been done so far. */
  readonly count: () => number;
}

/** Something planned; only to be handed back to `cancel`. */
export interface Due {
  readonly atMs: number;
  readonly order: number;
  /** null: cancelled. */
  call: (() => void) | null;
}

export function createTrueTime(): TrueTime {
  let nowMs = 0;
  let order = 0;
  let count = 0;
  const heap: Due[] = [];
  const at = (atMs: number, call: () => void): Due => {
    order += 1;
    const due = { atMs: Math.max(atMs, nowMs), order, call };
    push(heap, due);
    return due;
  };
  return {
    nowMs: () => nowMs,
    at,
    after: (spanMs, call) => at(nowMs + spanMs, call),
    cancel: (due) => {
      due.call = null;
    },
    doNext: (untilMs) => {
      for (let first = heap[0]; first !== undefined && first.atMs <= untilMs; first = heap[0]) {
        pop(heap);
        if (first.call === null) continue;
        nowMs = first.atMs;
        count += 1;
        first.call();
        return true;
      }
      nowMs = Math.max(nowMs, untilMs);
      return false;
    },
    count: () => count,
  };
}

const isBefore = (a: Due, b: Due): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

function push(heap: Due[], due: Due): void {
  let index = heap.length;
  heap.push(due);
  while (index > 0) {
    const above = (index - 1) >> 1;
    const parent = heap[above];
    if (parent === undefined || !isBefore(due, parent)) break;
    heap[index] = parent;
    index = above;
  }
  heap[index] = due;
}

function pop(heap: Due[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    let child = 2 * index + 1;
    const [left, right] = [heap[child], heap[child + 1]];
    if (left === undefined) break;
    if (right !== undefined && isBefore(right, left)) child += 1;
    const least = heap[child];
    if (least === undefined || !isBefore(least, last)) break;
    heap[index] = least;
    index = child;
  }
  heap[index] = last;
}
