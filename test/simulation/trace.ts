/**
 * One line an event for a reader: true time, member, ticket, its state and term there, then what
 * happened and why. The same seed gives the same lines on every machine.
 */
import { unreachable } from '../../core/base/assert.ts';
import type { RingMessage } from '../../core/wire/message.ts';
import type { Ring } from './engine/ring.ts';
import type { Observation } from './observation.ts';
import { describeItem } from './plan.ts';
import { at, leaseText, nameOfMember, promiseText } from './standing.ts';

const STATES = { init: 'Init', follower: 'Fllw', candidate: 'Cndi', leader: 'Lead' } as const;

/** Above the lines. */
export const traceHead = ' seconds member, ticket, state and term there, what happened and why';

/** The line of an observation; null: nothing a reader needs. */
export function traceLine(ring: Ring, seen: Observation): string | null {
  const what = describe(ring, seen);
  if (what === null) return null;
  const host = 'host' in seen ? seen.host : '*';
  const ticket = ticketOf(seen);
  const state =
    ticket === null ? undefined : ring.hosts.get(host)?.running?.member.tickets.get(ticket)?.state;
  const where = state === undefined ? '-' : `${STATES[state.role]} ${String(state.term)}`;
  const atSecs = (ring.time.nowMs() / 1000).toFixed(3).padStart(8);
  return `${atSecs} ${host} ${(ticket ?? '-').padEnd(4)} ${where.padEnd(7)} ${what}`;
}

/** Part of a renewal that changes nothing, but for how long everything holds. */
export function isRoutine(seen: Observation): boolean {
  switch (seen.kind) {
    case 'written':
      return seen.change.granted && seen.wasGranted;
    case 'sent':
    case 'arrived':
    case 'lost': {
      const { command, request } = seen.message;
      return command === 'heartbeat' || request === 'heartbeat';
    }
    default:
      return false;
  }
}

function ticketOf(seen: Observation): string | null {
  if ('ticket' in seen) return seen.ticket;
  if ('message' in seen) return seen.message.ticket;
  if (seen.kind !== 'logged') return null;
  const { ticket } = seen.event.fields;
  return typeof ticket === 'string' ? ticket : null;
}

function describe(ring: Ring, seen: Observation): string | null {
  switch (seen.kind) {
    case 'sent':
      return `-> ${seen.to} ${messageText(ring, seen.message)}${bindingText(ring, seen)}`;
    case 'arrived':
      return `<- ${seen.from} ${messageText(ring, seen.message)}`;
    case 'lost':
      return `<- ${seen.from} cut off: ${messageText(ring, seen.message)}`;
    case 'written': {
      const { granted, term, leaseUntil } = seen.change;
      const renewed = granted && seen.wasGranted ? ' again' : '';
      const host = ring.hosts.get(seen.host);
      const until =
        leaseUntil === null || host === undefined ? '' : `, lease until ${at(host, leaseUntil)}`;
      return `CLUSTER ${granted ? 'granted' : 'revoked'}${renewed} in term ${String(term)}${until}`;
    }
    case 'resource':
      return `RESOURCES ${seen.state}: ${seen.why}`;
    case 'asked':
      return `OPERATOR asks #${String(seen.request)}: ${seen.verb}${seen.isForced ? ' --force' : ''}`;
    case 'hung-up':
      return `OPERATOR hangs up #${String(seen.request)}`;
    case 'answered':
      return `${seen.isHeard ? 'OPERATOR is told' : 'NOBODY hears of'} #${String(seen.request)}: ${seen.result ?? 'nothing'}${seen.isFinal ? '' : ' (so far)'}`;
    case 'process':
      return `DAEMON ${seen.what}${seen.why === '' ? '' : `: ${seen.why}`}`;
    case 'forgot':
      return 'MEMORY lost or damaged';
    case 'fault':
      return `${seen.isOver ? 'OVER ' : 'FAULT'} ${describeItem(seen.item)}`;
    case 'logged':
      return loggedText(ring, seen);
    case 'listed':
      return `LIST ${seen.text.trimEnd().replaceAll('\n', ' / ')}`;
    case 'healed':
      return 'HEALED: no fault is in force any more';
    case 'ended':
      return 'END';
    default:
      return unreachable(seen);
  }
}

/** What its word binds the sender to, and until when. */
function bindingText(
  ring: Ring,
  { host: name, message }: Extract<Observation, { kind: 'sent' }>,
): string {
  const { command, request, ticket } = message;
  const host = ring.hosts.get(name);
  if (host === undefined) return '';
  const isVoter = command === 'vote-for' || (command === 'ack' && request === 'heartbeat');
  let text = '';
  if (isVoter) text = promiseText(ring, host, ticket);
  else if (command === 'heartbeat') text = leaseText(host, ticket);
  return text === '' ? '' : ` (${text})`;
}

/** The member's own words; members go by their short names here, and the ticket is known. */
function loggedText(ring: Ring, { event }: Extract<Observation, { kind: 'logged' }>): string {
  const { level, message, fields } = event;
  const ticket = typeof fields['ticket'] === 'string' ? `${fields['ticket']}: ` : '';
  const severity = level === 'info' ? '' : `${level}: `;
  let text = message.startsWith(ticket) ? message.slice(ticket.length) : message;
  for (const { name, member } of ring.hosts.values())
    text = text.replaceAll(member.address.text, name);
  return `${severity}${text}`;
}

function messageText(ring: Ring, message: RingMessage): string {
  const { command, request, reason, result, leader, term, validFor } = message;
  const parts = [
    request === null ? command : `${command} to ${request}`,
    `term ${String(term)}`,
    `leader ${nameOfMember(ring, leader)}`,
  ];
  if (reason !== 'none') parts.push(`because ${reason}`);
  if (result !== 'success') parts.push(result);
  if (validFor !== 0) parts.push(`valid ${String(validFor)}`);
  return parts.join(', ');
}
