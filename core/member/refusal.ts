/** Counting and telling what was refused: nothing else changes by it. */
import type { MemberId } from '../base/member-id.ts';
import type { RefusalReason } from '../wire/message.ts';
import type { MemberEffect } from './effect.ts';
import type { Member } from './model.ts';
import { withRefusal } from './peer.ts';

/** Counts a refused packet under its peer (null: nobody's) and reason. */
export function refuse(
  member: Member,
  from: MemberId | null,
  reason: RefusalReason,
): readonly MemberEffect[] {
  const peer = from === null ? undefined : member.peers.get(from);
  if (peer === undefined || from === null) {
    member.strangers.set(reason, (member.strangers.get(reason) ?? 0) + 1);
  } else member.peers.set(from, withRefusal(peer, reason));
  const count =
    (peer === undefined ? member.strangers.get(reason) : (peer.refused.get(reason) ?? 0) + 1) ?? 0;
  // Told at powers of two only, so that a flood of bad packets is not a flood of lines.
  if ((count & (count - 1)) !== 0) return [];
  const who = peer === undefined ? 'an unknown sender' : peer.member.address.text;
  return [
    {
      kind: 'event',
      ticket: null,
      event: {
        level: 'warning',
        event: 'packet-refused',
        message: `a packet from ${who} was refused: ${reason} (${String(count)} so far)`,
        fields: { reason, count, peer: peer?.member.address.text ?? null },
      },
    },
  ];
}
