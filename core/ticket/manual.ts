/**
 * Manual tickets: no election, no lease; an operator decides alone, and may force a second grant
 * (booth-protocol 6.11). Members remember who claims the ticket, so that `list` can warn.
 */
import { isSiteId, nameOf } from './context.ts';
import type { PeerMessage } from './input.ts';
import { startRound } from './round.ts';
import { commitFollowing } from './store.ts';
import type { Turn } from './turn.ts';
import { change, compose, persist, send, tell } from './turn.ts';

/** Claims the ticket; the grant is committed when a majority has acknowledged the claim. */
export function grantManual(turn: Turn): void {
  const { state, context } = turn;
  const term = state.term + 1;
  turn.why = 'granted by an operator (manual ticket)';
  change(turn, {
    role: 'leader',
    term,
    vote: { term, candidate: context.self.id },
    holder: { kind: 'member', id: context.self.id, term, isReleased: false },
    claims: withClaim(state.claims, context.self.id),
    plannedElection: null,
  });
  persist(turn);
  startRound(turn, 'heartbeat', 'admin');
}

/** HEARTBEAT or UPDATE of a manual ticket. */
export function onManualClaim(turn: Turn, message: PeerMessage): void {
  const { state, context } = turn;
  if (message.leader !== message.from) {
    turn.effects.push({ kind: 'refused', from: message.from, reason: 'leader-is-not-sender' });
    return;
  }
  if (!isSiteId(context, message.from)) {
    turn.effects.push({ kind: 'refused', from: message.from, reason: 'not-a-site' });
    return;
  }
  const isNewClaim = !state.claims.includes(message.from);
  change(turn, { claims: withClaim(state.claims, message.from) });
  if (state.role === 'leader') {
    if (isNewClaim)
      tell(turn, 'error', {
        event: 'granted-twice',
        message: `${nameOf(context, message.from)} was granted this manual ticket too; revoke it at one of the two sites`,
      });
    return;
  }
  const { holder } = state;
  if (holder.kind === 'member' && message.term < holder.term) {
    // The site that was granted it before the present one still claims it; or a late message.
    if (holder.id !== message.from) acknowledgeClaim(turn, message);
    return;
  }
  turn.why = `${nameOf(context, message.from)} leads (manual ticket)`;
  change(turn, {
    role: 'follower',
    term: Math.max(state.term, message.term),
    holder: { kind: 'member', id: message.from, term: message.term, isReleased: false },
  });
  commitFollowing(turn);
  persist(turn);
  acknowledgeClaim(turn, message);
}

function acknowledgeClaim(turn: Turn, message: PeerMessage): void {
  send(
    turn,
    [message.from],
    compose(turn, {
      command: 'ack',
      request: message.command,
      options: message.options,
      leader: message.from,
      term: message.term,
    }),
  );
}

const withClaim = (
  claims: Turn['state']['claims'],
  id: PeerMessage['from'],
): Turn['state']['claims'] => (claims.includes(id) ? claims : [...claims, id]);
