/** Every checker that a run has. */
import { answers } from './answers.ts';
import type { CheckerKind } from './checker.ts';
import { executedOnce } from './executed-once.ts';
import { journal } from './journal.ts';
import { journalPrefixes } from './journal-prefixes.ts';
import { lateRenewal } from './late-renewal.ts';
import { leaseEnd } from './lease-end.ts';
import { liveness } from './liveness.ts';
import { mutualExclusion } from './mutual-exclusion.ts';
import { promises } from './promises.ts';
import { quorumFirst } from './quorum-first.ts';
import { refusedWhileHeld } from './refused-while-held.ts';
import { revoked } from './revoked.ts';
import { swiftElections } from './swift-elections.ts';
import { termsAndVotes } from './terms-and-votes.ts';
import { told } from './told.ts';
import { unreachableSites } from './unreachable-sites.ts';

export const allCheckers: readonly CheckerKind[] = [
  mutualExclusion,
  revoked,
  termsAndVotes,
  leaseEnd,
  told,
  promises,
  lateRenewal,
  unreachableSites,
  quorumFirst,
  answers,
  executedOnce,
  refusedWhileHeld,
  swiftElections,
  journal,
  journalPrefixes,
  liveness,
];
