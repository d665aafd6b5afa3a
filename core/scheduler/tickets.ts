/**
 * What tickets let a resource do (pacemaker-tickets 2, pacemaker-scheduler 19). A ticket is held
 * when it is granted and not in standby; a held ticket has no effect at all. Primitives and groups
 * are never promoted, so role Promoted concerns them only with policy `stop`.
 */
import { lossPolicyFor } from '../cib/query.ts';
import type { TicketState } from '../cib/model.ts';
import type { Member, Scene, TicketDoubt, TicketRestraint } from './scene.ts';
import { idsOf } from './scene.ts';

/**
 * `frozen`: what is active goes on running and is left alone, whatever other tickets say. `kept`:
 * the same, unless another ticket stops it.
 */
export type TicketEffect =
  | { readonly kind: 'none' }
  | { readonly kind: 'kept'; readonly reason: string }
  | { readonly kind: 'banned'; readonly reason: string }
  | { readonly kind: 'frozen'; readonly reason: string };

export const isHeld = (ticket: TicketState | undefined): boolean =>
  ticket !== undefined && ticket.isGranted && !ticket.isStandby;

/** The effect of all tickets together: every one is needed, and a freeze hides the others. */
export function ticketEffect(scene: Scene, member: Member, isActive: boolean): TicketEffect {
  const effects = idsOf(member)
    .flatMap((id) => scene.tickets.get(id) ?? [])
    .map((restraint) => effectOf(scene, restraint, isActive));
  return (
    effects.find(({ kind }) => kind === 'frozen') ??
    effects.find(({ kind }) => kind === 'banned') ??
    effects.find(({ kind }) => kind === 'kept') ?? { kind: 'none' }
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
  return (
    policy === 'stop' ||
    policy === 'demote' ||
    (policy === 'fence' && isForStarted({ constraint, target }))
  );
}

function effectOf(scene: Scene, restraint: TicketRestraint, isActive: boolean): TicketEffect {
  const { constraint, target } = restraint;
  const ticket = scene.cib.tickets.get(constraint.ticket);
  const doubt = scene.context.doubts?.get(constraint.ticket);
  if (isHeld(ticket) && doubt === undefined) return { kind: 'none' };
  const policy = lossPolicyFor(constraint, target.role);
  if (target.role === 'Promoted' && policy !== 'stop') return { kind: 'none' };
  const reason = whyNotHeld(constraint.ticket, ticket, doubt);
  if (isHeld(ticket) && doubt === 'unconfirmed') {
    return { kind: isActive ? 'kept' : 'banned', reason };
  }
  const isGraceful = ticket?.isGranted === true && ticket.isStandby;
  if (!isActive || isGraceful || stopsOnLoss(restraint)) return { kind: 'banned', reason };
  return policy === 'freeze' && isForStarted(restraint)
    ? { kind: 'frozen', reason }
    : { kind: 'none' };
}

/** Without a role, or for Started, which is the same. */
const isForStarted = ({ target }: TicketRestraint): boolean =>
  target.role === null || target.role === 'Started';

function whyNotHeld(
  name: string,
  ticket: TicketState | undefined,
  doubt: TicketDoubt | undefined,
): string {
  if (ticket?.isGranted !== true) return `ticket ${name} is not granted here`;
  if (ticket.isStandby) return `ticket ${name} is in standby here`;
  return doubt === 'lapsed'
    ? `the lease of ticket ${name} has ended here`
    : `ticket ${name} is granted here but not confirmed yet`;
}
