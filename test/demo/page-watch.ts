// Asks both sites for their page all the time, as users would, and remembers when a site's page
// came and went. It is also the witness of the promise: never do both answer at once.
import { get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SiteKey } from './plan.ts';

export interface Page {
  readonly url: string;
  /** A text that only the page of this site has. */
  readonly sign: string;
}

export interface PageWatch {
  isUp(site: SiteKey): boolean;
  /** When the page last began (or stopped) to answer, as performance.now() counts; null: never. */
  upSince(site: SiteKey): number | null;
  downSince(site: SiteKey): number | null;
  /** What was seen that must never be; null: nothing. */
  violation(): string | null;
  stop(): Promise<void>;
}

interface Seen {
  isUp: boolean;
  upSince: number | null;
  downSince: number | null;
}

const EVERY_MS = 20;
const PATIENCE_MS = 500;
const BODY_LIMIT = 64 << 10;

/** Watches until stopped. */
export function watchPages(pages: Readonly<Record<SiteKey, Page>>): PageWatch {
  const seen: Record<SiteKey, Seen> = {
    'site-1': { isUp: false, upSince: null, downSince: null },
    'site-2': { isUp: false, upSince: null, downSince: null },
  };
  let isStopped = false;
  let violation: string | null = null;

  const look = async (site: SiteKey): Promise<boolean> => {
    const body = await fetchPage(pages[site].url);
    const isUp = body?.includes(pages[site].sign) ?? false;
    const now = performance.now();
    const before = seen[site];
    if (isUp && !before.isUp) seen[site] = { ...before, isUp, upSince: now };
    if (!isUp && before.isUp) seen[site] = { ...before, isUp, downSince: now };
    return isUp;
  };
  const run = async (): Promise<void> => {
    while (!isStopped) {
      // The first is asked again after the second: a page that moves between is not two pages.
      const isFirstUp = await look('site-1');
      const isSecondUp = await look('site-2');
      if (isFirstUp && isSecondUp && (await look('site-1'))) {
        violation = 'both sites answered with the page at the same time';
      }
      await sleep(EVERY_MS);
    }
  };
  const ended = run();
  return {
    isUp: (site) => seen[site].isUp,
    upSince: (site) => seen[site].upSince,
    downSince: (site) => seen[site].downSince,
    violation: () => violation,
    stop: async () => {
      isStopped = true;
      await ended;
    },
  };
}

/** The page's text; null when nothing, or something else than 200, comes in time. */
export const fetchPage = (url: string): Promise<string | null> =>
  new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: PATIENCE_MS }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        if (body.length < BODY_LIMIT) body += chunk;
      });
      response.on('end', () => resolve(response.statusCode === 200 ? body : null));
      response.on('error', () => resolve(null));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(null));
  });
