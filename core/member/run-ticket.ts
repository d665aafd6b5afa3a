/** Runs one ticket's machine with what this member knows of the world. */
import type { Instant } from '../base/instant.ts';
import type { TicketContext } from '../ticket/context.ts';
import type { TicketInput } from '../ticket/input.ts';
import { COMMIT_MARGIN_MAX } from '../ticket/lease.ts';
import { step } from '../ticket/step.ts';
import type { MemberEffect } from './effect.ts';
import type { Member, Moment, Recollection, TicketSlot } from './model.ts';
import { translate } from './translate.ts';

/** Brings every ticket up from what is remembered (R7, R8). */
export function startMember(
  member: Member,
  moment: Moment,
  recollection: Recollection,
): readonly MemberEffect[] {
  const { cluster } = recollection;
  member.servesSince = member.setup.servesSince ?? moment.now;
  return [...member.tickets].flatMap(([name, slot]) => {
    const stored = cluster?.get(name) ?? null;
    for (const [attribute, value] of stored?.attributes ?? [])
      slot.attributes.set(attribute, { value, setEpochMs: null });
    return stepTicket(member, moment, name, {
      kind: 'start',
      durable: recollection.tickets.get(name) ?? null,
      isSameBoot: recollection.isSameBoot,
      isMemoryComplete: recollection.isMemoryComplete,
      cluster: stored,
    });
  });
}

/** Runs whatever is due. */
export function onAlarm(member: Member, moment: Moment): readonly MemberEffect[] {
  const effects: MemberEffect[] = [];
  for (const [name, slot] of member.tickets) {
    if (slot.wakeAt !== null && slot.wakeAt <= moment.now)
      effects.push(...stepTicket(member, moment, name, { kind: 'wake' }));
  }
  return effects;
}

/**
 * When the member wants `onAlarm` called; null: nothing is planned. Asked after every input, with
 * all tickets of the ring: nothing is copied.
 */
export function nextAlarm(member: Member): Instant | null {
  let next: Instant | null = null;
  for (const { wakeAt } of member.tickets.values()) {
    if (wakeAt !== null && (next === null || wakeAt < next)) next = wakeAt;
  }
  return next;
}

/** One input for one ticket; effects come back in the member's words. */
export function stepTicket(
  member: Member,
  moment: Moment,
  name: string,
  input: TicketInput,
): readonly MemberEffect[] {
  const slot = member.tickets.get(name);
  if (slot === undefined) return [];
  const result = step(slot.state, input, contextOf(member, moment, slot));
  slot.state = result.state;
  slot.wakeAt = result.wakeAt;
  return result.effects.flatMap((effect) => translate({ member, moment, slot }, effect));
}

function contextOf(member: Member, { now }: Moment, slot: TicketSlot): TicketContext {
  const { setup, peers } = member;
  return {
    now,
    random: setup.random,
    config: slot.config,
    self: setup.self,
    members: setup.config.members,
    markedPeers: new Set([...peers].filter(([, { isMarked }]) => isMarked).map(([id]) => id)),
    isJournalUsable: member.isJournalUsable,
    attributes: new Map([...slot.attributes].map(([name, { value }]) => [name, value])),
    commitMarginMs: Math.min(member.commitMarginMs, slot.config.expireMs * COMMIT_MARGIN_MAX),
  };
}
