/** What a step may know of the world besides its input: all of it given, none of it fetched. */
import type { Instant } from '../base/instant.ts';
import type { MemberId } from '../base/member-id.ts';
import type { Random } from '../base/random.ts';
import type { RingMember, TicketConfig } from '../config/model.ts';

export interface TicketContext {
  readonly now: Instant;
  readonly random: Random;
  readonly config: TicketConfig;
  readonly self: RingMember;
  readonly members: readonly RingMember[];
  /** Peers known to keep R1 and R2, from the mark of their last authentic packet. */
  readonly markedPeers: ReadonlySet<MemberId>;
  /** False while the journal cannot be written: no vote, no ack, no lease (R3). */
  readonly isJournalUsable: boolean;
  /** Geo attributes of this ticket at this site, for prerequisites. */
  readonly attributes: ReadonlyMap<string, string>;
  /** How long before a lease's end its revocation must start so that it is finished then (R6). */
  readonly commitMarginMs: number;
}

/** Upper bound of the difference between the rates of two members' clocks. */
export const MAX_DRIFT = 0.01;

/** How far a term may rise in one step before it is taken for damage (R11). */
export const MAX_TERM_JUMP = 0x4000_0000;

export const isSite = (context: TicketContext): boolean => context.self.role === 'site';

export const peersOf = (context: TicketContext): readonly RingMember[] =>
  context.members.filter((member) => member.id !== context.self.id);

/** More than half of all members. */
export const quorumOf = (members: readonly unknown[]): number => Math.floor(members.length / 2) + 1;

export const isSiteId = (context: TicketContext, id: MemberId): boolean =>
  context.members.some((member) => member.id === id && member.role === 'site');

/** Every member of the ring is known to keep our stricter rules. */
export const isWholeRingMarked = (context: TicketContext): boolean =>
  peersOf(context).every((peer) => context.markedPeers.has(peer.id));

/** Address text of a member, for people. */
export const nameOf = (context: TicketContext, id: MemberId | null): string =>
  id === null
    ? 'nobody'
    : (context.members.find((member) => member.id === id)?.address.text ?? `member ${String(id)}`);
