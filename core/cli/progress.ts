/**
 * Tells an operator who waits what for and for how long: comments as they come, and on a terminal
 * a line from time to time.
 */
import { tell, type Terminal } from './terminal.ts';

const EVERY_MS = 10_000;

/** Runs `work`, handing it the way to comment. */
export async function withProgress<T>(
  terminal: Terminal,
  asked: { readonly change: string; readonly wait: { readonly isWaiting: boolean } },
  work: (comment: (text: string) => void) => Promise<T>,
): Promise<T> {
  const startedAtNs = process.hrtime.bigint();
  const showsProgress = terminal.isWatched && asked.wait.isWaiting;
  const timer = setInterval(() => {
    const secs = Math.round(Number(process.hrtime.bigint() - startedAtNs) / 1e9);
    if (showsProgress) tell(terminal, 'info', `still waiting for the ${asked.change} (${secs} s)`);
  }, EVERY_MS);
  try {
    return await work((text) => {
      tell(terminal, 'info', text);
    });
  } finally {
    clearInterval(timer);
  }
}
