/**
 * Where an operator's force is behind a grant, or may yet be: the promise is not given there. A forced
 * request that was refused is behind nothing.
 */
import type { Asked, Observation } from '../observation.ts';

export interface ForcedGrants {
  readonly observe: (seen: Observation) => void;
  readonly isForced: (ticket: string, host: string) => boolean;
}

/** No grant follows these, whatever was said before. */
const REFUSALS: ReadonlySet<string | null> = new Set([
  'overgrant',
  'handler-failed',
  'prerequisite-failed',
]);

export function createForcedGrants(): ForcedGrants {
  /** What was asked for at a site, until its end without a grant or the next revoke there. */
  const open = new Map<string, Set<number>>();
  const underWay = new Set<number>();
  /** Granted while something forced was open. */
  const granted = new Set<string>();
  const keyOf = ({ ticket, host }: Pick<Asked, 'ticket' | 'host'>): string => `${ticket} ${host}`;
  const onAnswered = (seen: Extract<Observation, { kind: 'answered' }>): void => {
    if (!seen.isFinal) underWay.add(seen.request);
    const isOver = seen.isFinal && (REFUSALS.has(seen.result) || !underWay.has(seen.request));
    if (isOver) open.get(keyOf(seen))?.delete(seen.request);
  };
  return {
    isForced: (ticket, host) => {
      const key = keyOf({ ticket, host });
      return granted.has(key) || (open.get(key)?.size ?? 0) > 0;
    },
    observe: (seen) => {
      if (seen.kind === 'asked' && seen.verb === 'grant' && seen.isForced) {
        const key = keyOf(seen);
        open.set(key, (open.get(key) ?? new Set()).add(seen.request));
      } else if (seen.kind === 'answered') onAnswered(seen);
      else if (seen.kind === 'written' && seen.change.granted !== seen.wasGranted) {
        const key = keyOf(seen);
        if (!seen.change.granted) {
          granted.delete(key);
          open.delete(key);
        } else if ((open.get(key)?.size ?? 0) > 0) granted.add(key);
      }
    },
  };
}
