/**
 * Where log lines go. Files are written at once. Terminals, pipes and sockets may be held up by
 * whoever reads them, and a daemon that waits for its log lets its leases end: they are written
 * without blocking, and what finds no room is dropped, with a line that says how much.
 *
 * Blocking writes on other threads are no way out: they hold up the end of the process.
 */
import { constants, fstatSync, openSync, writeSync, type Stats } from 'node:fs';
import { Socket } from 'node:net';
import { isatty } from 'node:tty';
import { setTimeout as sleep } from 'node:timers/promises';

export interface LogDestination {
  /** One line with its newline. Never throws, never waits. */
  write(line: string): void;
  /** Resolves when everything is written, or after `limitMs`. */
  flush(limitMs: number): Promise<void>;
}

const MAX_QUEUED_BYTES = 1 << 20;

/** The right way to write to what the descriptor is. */
export function logDestination(fd: number): LogDestination {
  const stats = statOf(fd);
  if (stats?.isFIFO() === true || stats?.isSocket() === true) return streamDestination(fd);
  return immediateDestination(isatty(fd) ? withoutBlocking(fd) : fd);
}

function statOf(fd: number): Stats | null {
  try {
    return fstatSync(fd);
  } catch {
    return null;
  }
}

/** A terminal stopped with Ctrl-S blocks its writers, unless opened anew with O_NONBLOCK. */
function withoutBlocking(fd: number): number {
  try {
    const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
    return openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    // A terminal of another user: the only descriptor there is must do.
    return fd;
  }
}

function immediateDestination(fd: number): LogDestination {
  const lost = lostLines();
  return {
    write: (line) => {
      try {
        writeSync(fd, `${lost.note()}${line}`);
        lost.clear();
      } catch {
        // A full disk or a stopped terminal must not end the daemon.
        lost.add();
      }
    },
    flush: () => Promise.resolve(),
  };
}

function streamDestination(fd: number): LogDestination {
  const stream = new Socket({ fd, readable: false, writable: true });
  const lost = lostLines();
  // Nobody reads any more: the daemon goes on without a log.
  stream.on('error', () => undefined);
  stream.unref();
  return {
    write: (line) => {
      if (stream.destroyed) return;
      if (stream.writableLength + line.length > MAX_QUEUED_BYTES) {
        lost.add();
        return;
      }
      stream.write(`${lost.note()}${line}`);
      lost.clear();
    },
    flush: async (limitMs) => {
      const endsAtMs = performance.now() + limitMs;
      while (stream.writableLength > 0 && performance.now() < endsAtMs) await sleep(2);
      if (lost.note() !== '' && !stream.destroyed) stream.write(lost.note());
    },
  };
}

function lostLines(): { add: () => void; clear: () => void; note: () => string } {
  let count = 0;
  return {
    add: () => (count += 1),
    clear: () => (count = 0),
    note: () => (count === 0 ? '' : `(${count} log lines lost: nobody took them)\n`),
  };
}
