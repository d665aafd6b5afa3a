/** Every checker that a run has. */
import type { CheckerKind } from './checker.ts';
import { leaseEnd } from './lease-end.ts';
import { liveness } from './liveness.ts';
import { mutualExclusion } from './mutual-exclusion.ts';
import { revoked } from './revoked.ts';
import { termsAndVotes } from './terms-and-votes.ts';
import { told } from './told.ts';

export const allCheckers: readonly CheckerKind[] = [
  mutualExclusion,
  revoked,
  termsAndVotes,
  leaseEnd,
  told,
  liveness,
];
