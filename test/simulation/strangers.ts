/** Somebody in the network who speaks in a member's name, with the ring's key or without it. */
import { assert } from '../../core/base/assert.ts';
import { loadKey, type AuthKey } from '../../core/wire/authentication.ts';
import { encodeRingMessage } from '../../core/wire/encode.ts';
import { TRAILER, TRAILER_BYTES, viewOf } from '../../core/wire/layout.ts';
import type { RingMessage } from '../../core/wire/message.ts';
import { nextSentAt } from '../../core/wire/sent-at.ts';
import { validForOfMs } from '../../core/wire/valid-for.ts';
import { wallMs } from './engine/daemon.ts';
import type { Ring } from './engine/ring.ts';
import type { OperatorAct } from './plan.ts';
import { hostOf } from './strike.ts';

type Forged = Extract<OperatorAct, { kind: 'forge' }>;

const UNKNOWN_HASH_ID = 99;

/** Sends a message in the name of a member to some others. */
export function forge(ring: Ring, act: Forged): void {
  const claimed = hostOf(ring, act.host);
  const message = messageOf(ring, act);
  const sentAt = nextSentAt(null, wallMs(claimed, ring.time.nowMs()));
  const bytes = encodeRingMessage(message, sentAt, keyFor(ring, act.trailer));
  if (act.trailer === 'unknown-hash')
    viewOf(bytes).setUint32(bytes.length - TRAILER_BYTES + TRAILER.hashId, UNKNOWN_HASH_ID);
  for (const name of act.to) {
    ring.observe({ kind: 'arrived', host: name, from: act.host, message });
    ring.deliver(hostOf(ring, name), bytes);
  }
}

function messageOf(ring: Ring, { host, ticket, message }: Forged): RingMessage {
  const { command, request, reason, result, term, leader, validForMs = 0 } = message;
  const { leaseUnit } = ring.options.config;
  return {
    from: hostOf(ring, host).member.id,
    command,
    request: request ?? null,
    options: 0,
    reason: reason ?? 'none',
    result: result ?? 'success',
    ticket,
    leader: leader === null ? null : hostOf(ring, leader).member.id,
    term,
    validFor: validForOfMs(validForMs, leaseUnit),
    isMarked: true,
    leaseUnit,
  };
}

function keyFor(ring: Ring, trailer: Forged['trailer']): AuthKey | null {
  if (trailer === 'none') return null;
  return trailer === 'right' ? ring.options.key : ownKey();
}

function ownKey() {
  const key = loadKey(new TextEncoder().encode('not the key of this ring'));
  assert(key.ok, 'the key is good');
  return key.value;
}
