/**
 * Keeps a ticket's effects in order behind its writes: what stands behind a `persist` is let out
 * only when that record is on disk, and dropped when it cannot be written (R3). Tickets do not
 * wait for each other (R13).
 */
import type { MemberEffect } from '../member/effect.ts';

/** A write under way; `isSettled` once its outcome is known. */
export interface Gate {
  isSettled: boolean;
  isFailed: boolean;
}

type Waiting = { readonly gate: Gate } | { readonly effect: MemberEffect };

/** Effects of one ticket that wait for its writes; healthy disks keep it below ten. */
const WAITING_MAX = 256;

export interface EffectQueue {
  readonly waiting: Map<string, Waiting[]>;
}

export const createEffectQueue = (): EffectQueue => ({ waiting: new Map() });

/** True when the effect may not leave before the ticket's writes are on disk. */
export const isGated = (effect: MemberEffect): boolean => {
  switch (effect.kind) {
    case 'send':
    case 'answer':
    case 'run-handler':
      return effect.ticket !== null;
    case 'commit':
      // Taking a right away never waits for a disk.
      return effect.change.granted;
    case 'persist':
    case 'stop-handler':
    case 'store-attribute':
    case 'event':
      return false;
  }
};

/** Puts a gate behind what the ticket has waiting. */
export function addGate(queue: EffectQueue, ticket: string, gate: Gate): void {
  waitingOf(queue, ticket).push({ gate });
}

/**
 * True when the effect was queued; false when nothing holds it back. Behind a disk that hangs
 * datagrams beyond a bound are lost, as on a network.
 */
export function holdBack(queue: EffectQueue, ticket: string, effect: MemberEffect): boolean {
  const waiting = queue.waiting.get(ticket);
  if (waiting === undefined || waiting.length === 0) return false;
  if (effect.kind !== 'send' || waiting.length < WAITING_MAX) waiting.push({ effect });
  return true;
}

/** A handler that was to be started behind a write, and is not wanted any more. */
export function dropHandlerRun(queue: EffectQueue, ticket: string): void {
  const waiting = queue.waiting.get(ticket);
  if (waiting === undefined) return;
  const kept = waiting.filter((item) => 'gate' in item || item.effect.kind !== 'run-handler');
  queue.waiting.set(ticket, kept);
}

export interface Released {
  readonly ready: readonly MemberEffect[];
  readonly dropped: readonly MemberEffect[];
}

/** What may leave, and what must not, now that a gate of the ticket has settled. */
export function release(queue: EffectQueue, ticket: string): Released {
  const waiting = queue.waiting.get(ticket) ?? [];
  const ready: MemberEffect[] = [];
  const dropped: MemberEffect[] = [];
  let isBroken = false;
  let count = 0;
  for (const item of waiting) {
    if ('gate' in item) {
      if (!item.gate.isSettled) break;
      // What was built on a lost write is lost, up to a later write that succeeded.
      isBroken = item.gate.isFailed;
    } else (isBroken ? dropped : ready).push(item.effect);
    count += 1;
  }
  if (count === waiting.length) queue.waiting.delete(ticket);
  else queue.waiting.set(ticket, waiting.slice(count));
  return { ready, dropped };
}

function waitingOf(queue: EffectQueue, ticket: string): Waiting[] {
  const waiting = queue.waiting.get(ticket) ?? [];
  queue.waiting.set(ticket, waiting);
  return waiting;
}
