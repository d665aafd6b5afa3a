/**
 * The guard's decisions (R14), without clock or processes: what it is owed, and when it must act.
 * The rest is in site/io/guard-main.ts.
 */
import type { Instant } from '../../core/base/instant.ts';
import { after, earliest } from '../../core/base/instant.ts';
import type { AgentOperation } from '../../core/transition/operation.ts';
import type { GuardWord } from './contract.ts';

export interface GuardMemory {
  readonly owed: ReadonlyMap<string, OwedTicket>;
  /** The daemon is connected. */
  readonly isAttended: boolean;
}

export interface OwedTicket {
  readonly actAt: Instant;
  readonly isDraining: boolean;
  readonly stops: readonly (readonly AgentOperation[])[];
  /**
   * `overdue`: acting, and for longer than that may take. `acted`: done for this moment, or
   * `failed`; a newer word with another one begins anew.
   */
  readonly phase: 'waiting' | 'acting' | 'overdue' | 'acted' | 'failed';
}

/** Nothing is owed and nobody is there. */
export const emptyMemory: GuardMemory = { owed: new Map(), isAttended: false };

/** Takes in a word of the daemon. */
export function afterWord(memory: GuardMemory, word: GuardWord): GuardMemory {
  const owed = new Map(memory.owed);
  switch (word.kind) {
    case 'owe': {
      const known = owed.get(word.ticket);
      const { actAt, isDraining } = word;
      // Of another lease: a later end, or an earlier one where `expire` was lowered meanwhile.
      const isAnother = known === undefined || actAt !== known.actAt;
      const isDone = known?.phase === 'acted' || known?.phase === 'failed';
      const phase = isDone && isAnother ? 'waiting' : (known?.phase ?? 'waiting');
      owed.set(word.ticket, {
        actAt,
        isDraining,
        stops: word.stops ?? known?.stops ?? [],
        phase,
      });
      break;
    }
    case 'clear':
      owed.delete(word.ticket);
      break;
    case 'farewell':
      break;
  }
  return { ...memory, owed };
}

/** Without its daemon the guard finishes at once what the daemon was stopping. */
export const afterAttendance = (memory: GuardMemory, isAttended: boolean): GuardMemory => ({
  ...memory,
  isAttended,
});

/** Tickets whose stop actions are to be run now; they are `acting` in the memory returned. */
export function takeDue(
  memory: GuardMemory,
  now: Instant,
): { readonly memory: GuardMemory; readonly due: readonly string[] } {
  const due = [...memory.owed]
    .filter(([, ticket]) => {
      const isOrphaned = ticket.isDraining && !memory.isAttended;
      return ticket.phase === 'waiting' && (ticket.actAt <= now || isOrphaned);
    })
    .map(([name]) => name);
  return { memory: due.reduce((all, name) => withPhase(all, name, 'acting'), memory), due };
}

/**
 * The stop actions of a ticket, run for the deadline `actedFor`, have ended; a word that came
 * meanwhile with another one wants more. What was acted on before its deadline, because the daemon
 * that was draining it died, is done all the same.
 */
export function afterActing(
  memory: GuardMemory,
  ticket: string,
  { actedFor, isStopped }: { readonly actedFor: Instant; readonly isStopped: boolean },
): GuardMemory {
  const known = memory.owed.get(ticket);
  const isAnother = known !== undefined && known.actAt !== actedFor;
  // What could not be stopped may still run: only the end of this host is sure.
  if (!isStopped) return withPhase(memory, ticket, 'failed');
  return withPhase(memory, ticket, isAnother ? 'waiting' : 'acted');
}

/**
 * Tickets whose stops have not ended in time; they are `overdue` in the memory returned, so that
 * each is told once. A process that waits for a dead disk is not ended even by KILL: its stop may
 * never end.
 */
export function takeOverdue(
  memory: GuardMemory,
  now: Instant,
): { readonly memory: GuardMemory; readonly overdue: readonly string[] } {
  const overdue = [...memory.owed]
    .filter(([, ticket]) => ticket.phase === 'acting' && now > overdueAt(ticket))
    .map(([name]) => name);
  return {
    memory: overdue.reduce((all, name) => withPhase(all, name, 'overdue'), memory),
    overdue,
  };
}

/** When the guard must look again; null when nothing is owed. */
export const nextActAt = (memory: GuardMemory): Instant | null =>
  earliest(
    [...memory.owed.values()].map((owed) => {
      if (owed.phase === 'waiting') return owed.actAt;
      return owed.phase === 'acting' ? after(overdueAt(owed), 1) : null;
    }),
  );

/** Nobody is there and nothing is left to do. */
export const isObsolete = (memory: GuardMemory): boolean =>
  !memory.isAttended && [...memory.owed.values()].every(({ phase }) => isDoneWith(phase));

/** For what is ended first, and for agents that ignore TERM. */
const STOP_SLACK_MS = 10_000;

/**
 * Nothing that should have stopped may still run: the watchdog need not fire. Stopping that takes
 * longer than it may is no better than a failure.
 */
export const isSafe = (memory: GuardMemory, now: Instant): boolean =>
  [...memory.owed.values()].every(
    (owed) =>
      owed.phase !== 'failed' &&
      owed.phase !== 'overdue' &&
      (owed.phase !== 'acting' || now <= overdueAt(owed)),
  );

/** Lists are stopped side by side, what is in one of them in a row. */
const overdueAt = ({ actAt, stops }: OwedTicket): Instant => {
  const spans = stops.map((list) => list.reduce((sumMs, { timeoutMs }) => sumMs + timeoutMs, 0));
  return after(actAt, Math.max(0, ...spans) + STOP_SLACK_MS);
};

/**
 * While something is owed the watchdog is armed. What was stopped at its end is not: the next daemon
 * does not speak of a ticket that is lost, so that the device would be armed as long as this guard
 * lives, and a guard that dies with nothing to guard would take the host with it.
 */
export const isOwing = ({ owed }: GuardMemory): boolean =>
  [...owed.values()].some(({ phase }) => phase !== 'acted');

const isDoneWith = (phase: OwedTicket['phase']): boolean => phase === 'acted' || phase === 'failed';

function withPhase(memory: GuardMemory, ticket: string, phase: OwedTicket['phase']): GuardMemory {
  const known = memory.owed.get(ticket);
  return known === undefined
    ? memory
    : { ...memory, owed: new Map([...memory.owed, [ticket, { ...known, phase }]]) };
}
