/** How far it has come: one line written over and over on a terminal, else a line now and then. */
import { progressText, type Summary } from './summary.ts';

/** Where lines stay, they come in growing pauses, up to a minute. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

export interface Progress {
  readonly update: (summary: Summary) => void;
  /** A line that stays. */
  readonly say: (text: string) => void;
  readonly end: () => void;
}

/** `wanted` null: there is no end to it. */
export function createProgress(
  out: Pick<NodeJS.WriteStream, 'isTTY' | 'write'>,
  wanted: number | null,
): Progress {
  const clearing = out.isTTY ? '\r\x1b[K' : '';
  let pauseMs = FIRST_PAUSE_MS;
  let nextMs = FIRST_PAUSE_MS;
  return {
    update: (summary) => {
      const text = progressText(summary, wanted);
      if (out.isTTY) {
        out.write(`${clearing}${text}`);
        return;
      }
      if (summary.wallMs < nextMs) return;
      out.write(`${text}\n`);
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
      nextMs = summary.wallMs + pauseMs;
    },
    say: (text) => {
      out.write(`${clearing}${text}\n`);
    },
    end: () => {
      if (out.isTTY) out.write(clearing);
    },
  };
}
