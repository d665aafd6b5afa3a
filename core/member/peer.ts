/** What is counted and remembered of one other member. */
import type { FreshnessMemory } from '../wire/freshness.ts';
import { emptyFreshness } from '../wire/freshness.ts';
import type { RefusalReason } from '../wire/message.ts';
import type { RingMember } from '../config/model.ts';

export interface Peer {
  readonly member: RingMember;
  /** Wall clock of the last datagram that named it as sender; 0: never. */
  readonly lastReceivedEpochMs: number;
  readonly sent: number;
  readonly sendErrors: number;
  readonly resends: number;
  readonly received: number;
  /** Every refused datagram under its reason. */
  readonly refused: ReadonlyMap<RefusalReason, number>;
  readonly freshness: FreshnessMemory;
  /** Its last authentic packet carried the mark: it keeps R1 and R2. */
  readonly isMarked: boolean;
}

/** Nothing heard, nothing sent. */
export const newPeer = (member: RingMember): Peer => ({
  member,
  lastReceivedEpochMs: 0,
  sent: 0,
  sendErrors: 0,
  resends: 0,
  received: 0,
  refused: new Map(),
  freshness: emptyFreshness(),
  isMarked: false,
});

/** One more datagram of the peer that was refused for this reason. */
export const withRefusal = (peer: Peer, reason: RefusalReason): Peer => ({
  ...peer,
  refused: new Map(peer.refused).set(reason, (peer.refused.get(reason) ?? 0) + 1),
});

const AUTH_FAILURES: ReadonlySet<RefusalReason> = new Set<RefusalReason>([
  'not-authenticated',
  'bad-hash-id',
  'bad-mac',
  'too-old',
  'from-the-future',
  'replayed',
]);
const FORM_ERRORS: ReadonlySet<RefusalReason> = new Set<RefusalReason>([
  'too-short',
  'too-long',
  'bad-magic',
  'bad-version',
  'bad-length',
]);

/** The three classes that booth's `peers` shows. */
export function refusalCounts(peer: Peer): { error: number; authFail: number; invalid: number } {
  let [error, authFail, invalid] = [0, 0, 0];
  for (const [reason, count] of peer.refused) {
    if (AUTH_FAILURES.has(reason)) authFail += count;
    else if (FORM_ERRORS.has(reason)) error += count;
    else invalid += count;
  }
  return { error, authFail, invalid };
}
