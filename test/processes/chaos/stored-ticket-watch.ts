// Watches the ticket in the cib.xml of all sites of a ring, from outside and in a process of its own, so that a busy
// test neither misses a state nor dates it late.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { waitUntil } from '../../support/wait-until.ts';
import type { StoredTicket } from './evidence.ts';

/** The states of each file so far, by the index of its path. */
export interface StoredTicketWatch {
  statesOf(index: number): readonly StoredTicket[];
  /** Lets the watch come to its end; what was to be seen until now is seen then. */
  stop(): Promise<void>;
}

/** Starts to watch files that need not be there yet. */
export const watchStoredTicket = async (
  paths: readonly string[],
  ticket: string,
): Promise<StoredTicketWatch> => {
  const states: StoredTicket[][] = paths.map(() => []);
  const script = join(import.meta.dirname, 'stored-ticket-watch.pl');
  const child = spawn('perl', [script, `<ticket_state id="${ticket}"`, ...paths]);
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => resolve());
    child.on('error', () => resolve());
  });
  child.stdin.on('error', () => undefined);
  let isReady = false;
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('utf8')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === 'ready') isReady = true;
      else keep(states, line);
    }
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString('utf8')));
  const stop = async (): Promise<void> => {
    child.stdin.end();
    await ended;
    if (complaint !== '') throw new Error(`the watch of cib.xml: ${complaint}`);
  };
  try {
    await waitUntil('the watch of cib.xml', () => isReady || complaint !== '', { everyMs: 5 });
  } catch (error) {
    await stop();
    throw error;
  }
  return { statesOf: (index) => states[index] ?? [], stop };
};

/** Keeps a state in which anything of the ticket is new; the rest of the document changes more often. */
const keep = (states: readonly StoredTicket[][], line: string): void => {
  const [, index = '', secs = '', text = ''] = /^(\d+) (\S+) (.*)$/.exec(line) ?? [];
  const own = states[Number(index)];
  if (own === undefined || own.at(-1)?.text === text) return;
  own.push({ atMs: Number(secs) * 1000, isGranted: / granted="true"/.test(text), text });
};
