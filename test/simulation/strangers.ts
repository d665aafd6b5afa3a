/** Somebody in the network who does not have the ring's key, and speaks in a member's name. */
import { assert } from '../../core/base/assert.ts';
import { loadKey } from '../../core/wire/authentication.ts';
import { encodeRingMessage } from '../../core/wire/encode.ts';
import { TRAILER, TRAILER_BYTES, viewOf } from '../../core/wire/layout.ts';
import type { RingMessage } from '../../core/wire/message.ts';
import { nextSentAt } from '../../core/wire/sent-at.ts';
import { wallMs } from './engine/daemon.ts';
import type { Ring } from './engine/ring.ts';
import type { OperatorAct } from './plan.ts';
import { hostOf } from './strike.ts';

const UNKNOWN_HASH_ID = 99;

/** Sends a step-down in the name of a member to some others. */
export function forge(ring: Ring, act: Extract<OperatorAct, { kind: 'forge' }>): void {
  const claimed = hostOf(ring, act.host);
  const message: RingMessage = {
    from: claimed.member.id,
    command: 'vote-for',
    request: null,
    options: 0,
    reason: 'local-fail',
    result: 'success',
    ticket: act.ticket,
    leader: null,
    term: act.term,
    validFor: 0,
    isMarked: true,
    leaseUnit: 's',
  };
  const sentAt = nextSentAt(null, wallMs(claimed, ring.time.nowMs()));
  const bytes = encodeRingMessage(message, sentAt, act.trailer === 'none' ? null : ownKey());
  if (act.trailer === 'unknown-hash')
    viewOf(bytes).setUint32(bytes.length - TRAILER_BYTES + TRAILER.hashId, UNKNOWN_HASH_ID);
  for (const name of act.to) {
    ring.observe({ kind: 'arrived', host: name, from: act.host, message });
    ring.deliver(hostOf(ring, name), bytes);
  }
}

function ownKey() {
  const key = loadKey(new TextEncoder().encode('not the key of this ring'));
  assert(key.ok, 'the key is good');
  return key.value;
}
