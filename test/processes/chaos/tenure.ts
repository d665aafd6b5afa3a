// From the evidence of one site: when it had the ticket, and when what depends on it ran.
import type { LedgerLine, SiteEvidence } from './evidence.ts';

/**
 * A span in which a site had the ticket: from the commit of the grant to that of the revoke. Where the daemon is dead
 * or stopped nobody can commit; the span then ends when the guard begins to stop what runs, or, with nothing running,
 * with the daemon. `endedBy` null: it had not ended when the evidence was taken.
 */
export interface Tenure {
  readonly site: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly endedBy: 'revoke' | 'guard' | 'death' | null;
}

/** A span in which a resource ran, from the begin of its start to the end of its stop. */
export interface ResourceRun {
  readonly site: string;
  readonly resource: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Runs of each resource of the site; the resource of a run without end still ran. */
export const runsOf = ({ site, ledger }: SiteEvidence): readonly ResourceRun[] => {
  const runs: ResourceRun[] = [];
  const since = new Map<string, number>();
  for (const { atMs, action, edge, resource } of ledger) {
    if (action === 'start' && edge === 'begin') since.set(resource, since.get(resource) ?? atMs);
    const fromMs = since.get(resource);
    if (action !== 'stop' || edge !== 'end' || fromMs === undefined) continue;
    runs.push({ site, resource, fromMs, toMs: atMs });
    since.delete(resource);
  }
  for (const [resource, fromMs] of since) {
    runs.push({ site, resource, fromMs, toMs: Infinity });
  }
  return runs;
};

type Happening =
  | { readonly atMs: number; readonly kind: 'granted' | 'revoked' | 'run' | 'stop begins' }
  | { readonly atMs: number; readonly kind: 'gone'; readonly isAnythingRunning: boolean };

interface Walk {
  readonly tenures: Tenure[];
  openedAtMs: number | null;
  /** Nobody has committed anything since the daemon was killed or stopped. */
  isUnattended: boolean;
}

/** All tenures of a site, in order. */
export const tenuresOf = (evidence: SiteEvidence): readonly Tenure[] => {
  const walk: Walk = { tenures: [], openedAtMs: null, isUnattended: false };
  const close = (toMs: number, endedBy: Tenure['endedBy']): void => {
    const { openedAtMs: fromMs } = walk;
    if (fromMs !== null) walk.tenures.push({ site: evidence.site, fromMs, toMs, endedBy });
    walk.openedAtMs = null;
  };
  for (const happening of happeningsOf(evidence)) {
    const { atMs } = happening;
    switch (happening.kind) {
      case 'granted':
        walk.openedAtMs ??= atMs;
        walk.isUnattended = false;
        break;
      case 'revoked':
        close(atMs, 'revoke');
        walk.isUnattended = false;
        break;
      case 'gone':
        walk.isUnattended = true;
        if (!happening.isAnythingRunning) close(atMs, 'death');
        break;
      case 'stop begins':
        if (walk.isUnattended) close(atMs, 'guard');
        break;
      case 'run':
        break;
    }
  }
  close(Infinity, null);
  return walk.tenures;
};

const happeningsOf = (evidence: SiteEvidence): readonly Happening[] => {
  const { stored, life, ledger } = evidence;
  const commits = stored.map(({ atMs, isGranted }): Happening => ({
    atMs,
    kind: isGranted ? 'granted' : 'revoked',
  }));
  const lives = life.map(({ atMs, kind }, index): Happening => {
    if (kind === 'run') return { atMs, kind };
    const backAtMs = life.slice(index + 1).find((one) => one.kind === 'run')?.atMs ?? Infinity;
    return { atMs, kind: 'gone', isAnythingRunning: isRunningIn(ledger, atMs, backAtMs) };
  });
  const stops = ledger
    .filter(({ action, edge }) => action === 'stop' && edge === 'begin')
    .map(({ atMs }): Happening => ({ atMs, kind: 'stop begins' }));
  return [...commits, ...lives, ...stops].toSorted((a, b) => a.atMs - b.atMs);
};

/** True when a resource ran at `fromMs`, or an agent that was on its way then started one before `toMs`. */
const isRunningIn = (ledger: readonly LedgerLine[], fromMs: number, toMs: number): boolean => {
  const running = new Set<string>();
  for (const { atMs, action, edge, resource } of ledger) {
    if (atMs >= toMs) break;
    if (action === 'start' && edge === 'begin') {
      if (atMs > fromMs) return true;
      running.add(resource);
    }
    if (action === 'stop' && edge === 'end' && atMs <= fromMs) running.delete(resource);
  }
  return running.size > 0;
};
