/**
 * What tickets let a resource do (pacemaker-tickets 2, pacemaker-scheduler 19). A ticket is held
 * when it is granted and not in standby; a held ticket has no effect at all. Primitives and groups
 * are never promoted, so role Promoted concerns them only with policy `stop`.
 */
import { lossPolicyFor } from '../cib/query.ts';
import type { Cib, TicketState } from '../cib/model.ts';
import type { Member, Scene, TicketRestraint } from './scene.ts';
import { idsOf } from './scene.ts';

/** `frozen`: what is active goes on running and is left alone. */
export type TicketEffect =
  | { readonly kind: 'none' }
  | { readonly kind: 'banned'; readonly reason: string }
  | { readonly kind: 'frozen'; readonly reason: string };

export const isHeld = (ticket: TicketState | undefined): boolean =>
  ticket !== undefined && ticket.isGranted && !ticket.isStandby;

/** The effect of all tickets together: every one is needed, and a freeze hides the others. */
export function ticketEffect(scene: Scene, member: Member, isActive: boolean): TicketEffect {
  const effects = idsOf(member)
    .flatMap((id) => scene.tickets.get(id) ?? [])
    .map((restraint) => effectOf(scene.cib, restraint, isActive));
  return (
    effects.find(({ kind }) => kind === 'frozen') ??
    effects.find(({ kind }) => kind === 'banned') ?? { kind: 'none' }
  );
}

/** Every ticket the resource needs, each once, in the order of the constraints. */
export const ticketsOf = (scene: Scene, member: Member): readonly string[] => [
  ...new Set(
    idsOf(member)
      .flatMap((id) => scene.tickets.get(id) ?? [])
      .map(({ constraint }) => constraint.ticket),
  ),
];

/** Whether losing the ticket stops what the constraint names. */
export function stopsOnLoss({ constraint, target }: TicketRestraint): boolean {
  const policy = lossPolicyFor(constraint, target.role);
  if (target.role === 'Promoted') return policy === 'stop';
  const isPlain = target.role === null || target.role === 'Started';
  return policy === 'stop' || policy === 'demote' || (policy === 'fence' && isPlain);
}

function effectOf(cib: Cib, restraint: TicketRestraint, isActive: boolean): TicketEffect {
  const { constraint, target } = restraint;
  const ticket = cib.tickets.get(constraint.ticket);
  if (isHeld(ticket)) return { kind: 'none' };
  const policy = lossPolicyFor(constraint, target.role);
  if (target.role === 'Promoted' && policy !== 'stop') return { kind: 'none' };
  const isGranted = ticket?.isGranted === true;
  const reason = `ticket ${constraint.ticket} is ${isGranted ? 'in standby' : 'not granted'} here`;
  if (!isActive || isGranted || stopsOnLoss(restraint)) return { kind: 'banned', reason };
  const isPlain = target.role === null || target.role === 'Started';
  return policy === 'freeze' && isPlain ? { kind: 'frozen', reason } : { kind: 'none' };
}
