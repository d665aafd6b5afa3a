/** True time and what is to happen in it: a queue ordered by time, then by arrival. */

export interface TrueTime {
  readonly nowMs: () => number;
  /** Runs `call` when true time reaches `atMs`; returns a handle for `cancel`. */
  readonly at: (atMs: number, call: () => void) => number;
  readonly cancel: (handle: number) => void;
  /** Lets time pass up to `untilMs`, doing what falls due. */
  readonly runUntil: (untilMs: number) => void;
}

interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly call: () => void;
}

export function createTrueTime(): TrueTime {
  let nowMs = 0;
  let order = 0;
  const queue: Due[] = [];
  const isBefore = (a: Due, b: Due): boolean =>
    a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
  const cancelled = new Set<number>();
  const insert = (due: Due): void => {
    let low = 0;
    let high = queue.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = queue[middle];
      if (other !== undefined && isBefore(other, due)) low = middle + 1;
      else high = middle;
    }
    queue.splice(low, 0, due);
  };
  return {
    nowMs: () => nowMs,
    at: (atMs, call) => {
      order += 1;
      insert({ atMs: Math.max(atMs, nowMs), order, call });
      return order;
    },
    cancel: (handle) => {
      cancelled.add(handle);
    },
    runUntil: (untilMs) => {
      for (let first = queue[0]; first !== undefined && first.atMs <= untilMs; first = queue[0]) {
        queue.shift();
        if (cancelled.delete(first.order)) continue;
        nowMs = first.atMs;
        first.call();
      }
      nowMs = untilMs;
    },
  };
}
