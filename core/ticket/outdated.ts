/** A voter remembers that the ticket was revoked after the candidate last heard of it (R15). */
import { nameOf } from './context.ts';
import { abandonElection, countRefusal } from './election.ts';
import type { PeerMessage } from './input.ts';
import { dropOwnPromise } from './loss.ts';
import { commitRevoke, mayBeGranted } from './store.ts';
import type { Turn } from './turn.ts';
import { change, persist } from './turn.ts';

export function onOutdated(turn: Turn, message: PeerMessage): void {
  const { state, context } = turn;
  const { holder, election, lease } = state;
  const isStale = holder.kind !== 'unknown' && message.term < holder.term;
  // What an operator asked for is news to the voter, not to us; and a running lease is proof.
  if (isStale || lease !== null || election?.reason === 'admin') return countRefusal(turn, message);
  abandonElection(turn);
  turn.why = `${nameOf(context, message.from)} remembers that it was revoked`;
  change(turn, {
    role: 'init',
    term: Math.max(state.term, message.term),
    holder: { kind: 'nobody', term: message.term },
  });
  if (mayBeGranted(turn.state)) commitRevoke(turn);
  dropOwnPromise(turn);
  persist(turn);
}
