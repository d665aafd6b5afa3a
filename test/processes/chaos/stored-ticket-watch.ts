// Watches a site's cib.xml from outside. When a state of it came to be is told by the file itself: its change time is
// the moment it was renamed into place, so that a busy test sees it late but dates it right.
import { watch, type FSWatcher } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredTicket } from './evidence.ts';

/** `states` grows; `look` reads the file now. */
export interface StoredTicketWatch {
  states(): readonly StoredTicket[];
  look(): Promise<void>;
  stop(): Promise<void>;
}

/** Besides the notices of the system, which may be lost when there are too many. */
const LOOK_EVERY_MS = 100;

/** Starts to watch the file of a state folder that exists. */
export const watchStoredTicket = (folder: string, ticket: string): StoredTicketWatch => {
  const states: StoredTicket[] = [];
  let tail: Promise<void> = Promise.resolve();
  const read = async (): Promise<void> => {
    const seen = await readStored(join(folder, 'cib.xml'), ticket);
    if (seen !== null && seen.text !== states.at(-1)?.text) states.push(seen);
  };
  const look = (): Promise<void> => {
    tail = tail.then(read);
    return tail;
  };
  const watcher: FSWatcher = watch(folder, (_event, name) => {
    if (name === 'cib.xml') void look();
  });
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  return {
    states: () => states,
    look,
    stop: async () => {
      watcher.close();
      clearInterval(timer);
      await tail;
    },
  };
};

/** Null when there is no file. */
const readStored = async (path: string, ticket: string): Promise<StoredTicket | null> => {
  const file = await open(path).catch(() => null);
  if (file === null) return null;
  try {
    const [text, { ctimeNs }] = [await file.readFile('utf8'), await file.stat({ bigint: true })];
    const element = ticketElement(text, ticket);
    return {
      atMs: Number(ctimeNs) / 1e6,
      isGranted: / granted="true"/.test(element),
      text: element,
    };
  } finally {
    await file.close();
  }
};

const ticketElement = (cib: string, ticket: string): string =>
  new RegExp(`<ticket_state id="${ticket}"[^>]*>`).exec(cib)?.[0] ?? 'not known';
