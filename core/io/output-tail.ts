/** The end of what a program printed, for messages: bounded, on one line, printable. */
import type { Readable } from 'node:stream';

const MAX_TAIL_BYTES = 4096;

export interface OutputTail {
  /** Stops reading and returns what is kept. */
  readonly end: () => string;
}

/** Reads the streams so that the program never waits for us; keeps the newest 4 KiB of them. */
export function keepTail(streams: readonly (Readable | null)[]): OutputTail {
  let tail = Buffer.alloc(0);
  for (const stream of streams) {
    stream?.on('data', (chunk: Buffer) => {
      const newest = chunk.subarray(-MAX_TAIL_BYTES);
      tail = Buffer.concat([tail, newest]).subarray(-MAX_TAIL_BYTES);
    });
    stream?.on('error', () => undefined);
  }
  return {
    end: () => {
      for (const stream of streams) stream?.destroy();
      return tail
        .toString('utf8')
        .replaceAll(/[\p{Cc}\s]+/gu, ' ')
        .trim();
    },
  };
}
