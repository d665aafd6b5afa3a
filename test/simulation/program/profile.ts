/** Where the time of a piece of work goes, by V8's sampling profiler: each function without what it calls. */
import { Session, type Profiler } from 'node:inspector';
import { assert } from '../../../core/base/assert.ts';

export interface ProfileLine {
  /** A function's name, or what the engine was doing. */
  readonly what: string;
  /** 0…1. */
  readonly share: number;
}

/** Runs the work; the shares of what took longest, largest first. */
export async function profileOf(work: () => Promise<void>): Promise<readonly ProfileLine[]> {
  const session = new Session();
  session.connect();
  try {
    await new Promise<void>((resolve, reject) => {
      session.post('Profiler.enable');
      session.post('Profiler.start', (error) => (error === null ? resolve() : reject(error)));
    });
    await work();
    return await new Promise((resolve, reject) => {
      session.post('Profiler.stop', (error, found) => {
        if (error === null) resolve(sharesIn(found.profile));
        else reject(error);
      });
    });
  } finally {
    session.disconnect();
  }
}

function sharesIn({ nodes }: Profiler.Profile): ProfileLine[] {
  const hits = new Map<string, number>();
  let total = 0;
  for (const { callFrame, hitCount = 0 } of nodes) {
    const what = callFrame.functionName || '(a function without a name)';
    if (what === '(idle)') continue;
    hits.set(what, (hits.get(what) ?? 0) + hitCount);
    total += hitCount;
  }
  assert(total > 0, 'the work took some time');
  return [...hits]
    .map(([what, count]) => ({ what, share: count / total }))
    .sort((a, b) => b.share - a.share);
}

const LINES_MAX = 15;

/** A line each for the largest shares. */
export const profileText = (lines: readonly ProfileLine[]): string =>
  lines
    .slice(0, LINES_MAX)
    .map(({ what, share }) => `${(share * 100).toFixed(1).padStart(6)} %  ${what}\n`)
    .join('');
