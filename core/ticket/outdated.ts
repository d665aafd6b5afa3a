/** A voter remembers that the ticket was revoked after the candidate last heard of it (R15). */
import { countRefusal } from './election.ts';
import type { PeerMessage } from './input.ts';
import type { Turn } from './turn.ts';
import { change } from './turn.ts';

/**
 * A refusal that counts as one. Only if the election fails is it believed: one member that missed
 * a later grant must not end the failover of what a quorum knows to be held.
 */
export function onOutdated(turn: Turn, message: PeerMessage): void {
  const { holder, election, lease } = turn.state;
  if (election === null) return;
  const isStale = holder.kind !== 'unknown' && message.term < holder.term;
  // What an operator asked for is news to the voter, not to us; and a running lease is proof.
  const isBelieved = !isStale && lease === null && election.reason !== 'admin';
  if (isBelieved) {
    const revokedTerm = Math.max(election.revokedTerm ?? 0, message.term);
    change(turn, { election: { ...election, revokedTerm } });
  }
  countRefusal(turn, message);
}
