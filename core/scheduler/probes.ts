/** Which resources must be looked at before anything is known of them (pacemaker-scheduler 16). */
import type { Assignment } from './assign.ts';
import type { Scene } from './scene.ts';

/** Unmanaged and disabled resources are looked at as well, unless probes are switched off. */
export const needsProbe = (scene: Scene, { state }: Assignment): boolean =>
  scene.isProbing && state.role === 'unknown';
