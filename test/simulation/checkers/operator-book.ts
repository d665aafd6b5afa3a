/**
 * What the operators of a ring, comparing notes, know for certain of each ticket: it is held, it is
 * revoked, or neither because something is under way or ended without a clear word.
 */
import type { Observation } from '../observation.ts';

export type Belief = 'held' | 'revoked' | null;

export interface OperatorBook {
  readonly observe: (seen: Observation) => void;
  readonly belief: (ticket: string) => Belief;
}

interface TicketBook {
  belief: Belief;
  /** Requests not answered finally, by the host that was asked. */
  readonly pending: Map<number, string>;
  /** A grant asked for after a revoke may win over it, however late the revoke is answered. */
  grantAskedAtMs: number;
  /** It was held, and all that was asked since are grants that were refused: that changes nothing. */
  isStillHeld: boolean;
  /** Requests that were accepted, as far as their clients were told. */
  readonly accepted: Set<number>;
}

const newBook = (): TicketBook => ({
  belief: null,
  pending: new Map(),
  grantAskedAtMs: 0,
  isStillHeld: false,
  accepted: new Set(),
});

/** `onRevoked` and `onGranting` are called as beliefs change. */
export function createOperatorBook(
  nowMs: () => number,
  on: {
    readonly revoked?: (ticket: string) => void;
    readonly granting?: (ticket: string, host: string) => void;
  },
): OperatorBook {
  const books = new Map<string, TicketBook>();
  const bookOf = (ticket: string): TicketBook => {
    const found = books.get(ticket) ?? newBook();
    books.set(ticket, found);
    return found;
  };
  const onAnswer = (seen: Extract<Observation, { kind: 'answered' }>): void => {
    const book = bookOf(seen.ticket);
    if (!seen.isFinal) {
      book.accepted.add(seen.request);
      return;
    }
    book.pending.delete(seen.request);
    if (seen.result !== 'success') book.isStillHeld &&= !book.accepted.has(seen.request);
    if (book.pending.size > 0) return;
    if (seen.result !== 'success') {
      if (book.isStillHeld) book.belief = 'held';
      return;
    }
    if (seen.verb === 'revoke' && seen.askedAtMs <= book.grantAskedAtMs) return;
    book.belief = seen.verb === 'grant' ? 'held' : 'revoked';
    if (seen.verb === 'revoke') on.revoked?.(seen.ticket);
  };
  /** Nobody answers what was asked of a process that is gone. */
  const forgetRequests = (host: string): void => {
    for (const book of books.values())
      for (const [request, asked] of [...book.pending])
        if (asked === host) {
          book.pending.delete(request);
          book.isStillHeld = false;
        }
  };
  const onAsked = (seen: Extract<Observation, { kind: 'asked' }>): void => {
    const book = bookOf(seen.ticket);
    book.isStillHeld = seen.verb === 'grant' && (book.isStillHeld || book.belief === 'held');
    book.belief = null;
    book.pending.set(seen.request, seen.host);
    if (seen.verb !== 'grant') return;
    book.grantAskedAtMs = nowMs();
    on.granting?.(seen.ticket, seen.host);
  };
  return {
    belief: (ticket) => bookOf(ticket).belief,
    observe: (seen) => {
      if (seen.kind === 'asked') onAsked(seen);
      else if (seen.kind === 'answered') onAnswer(seen);
      else if (seen.kind === 'process' && seen.what === 'ended') forgetRequests(seen.host);
    },
  };
}
