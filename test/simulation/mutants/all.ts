/** Every mutant, those that matter most first. */
import { grantMutants } from './grants.ts';
import { historyMutants } from './history.ts';
import { leaseMutants } from './leases.ts';
import type { Mutant } from './mutant.ts';
import { voteMutants } from './votes.ts';

export const allMutants: readonly Mutant[] = [
  ...leaseMutants,
  ...voteMutants,
  ...grantMutants,
  ...historyMutants,
];
