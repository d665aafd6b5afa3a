// How many datagrams one processor can sign and check: the bound of what a flood can cost.
import { memberIdOf } from '../../../core/base/member-id.ts';
import { loadKey } from '../../../core/wire/authentication.ts';
import { openDatagram } from '../../../core/wire/decode-datagram.ts';
import { encodeRingMessage } from '../../../core/wire/encode.ts';
import type { RingMessage, SentAt } from '../../../core/wire/message.ts';
import { nextSentAt } from '../../../core/wire/sent-at.ts';
import type { Part } from '../part.ts';

const message: RingMessage = {
  from: memberIdOf(0x12345678),
  command: 'heartbeat',
  request: null,
  options: 0x01020304,
  reason: 'none',
  result: 'success',
  ticket: 'a-ticket-of-the-usual-size',
  leader: memberIdOf(0x12345678),
  term: 17,
  validFor: 600,
  isMarked: true,
  leaseUnit: 's',
};

/** Different datagrams, so that nothing is measured that only a repeated one would allow. */
const VARIETY = 1000;
/** Of which each way of doing is given an equal share, again and again. */
const SLICE_MS = 50;

export const wirePart: Part = {
  name: 'wire',
  title: 'Datagrams, by one processor',
  needs: [],
  limitSecs: { full: 15, quick: 8 },
  run: (context) => {
    const loaded = loadKey(new TextEncoder().encode('a key for nothing but the bench'));
    if (!loaded.ok) return Promise.reject(new Error(loaded.error.message));
    const times: SentAt[] = [];
    for (let index = 0; index < VARIETY; index += 1) {
      times.push(nextSentAt(times.at(-1) ?? null, 1_700_000_000_000));
    }
    const at = (index: number): SentAt => times[index % VARIETY] ?? { secs: 0, usecs: 0 };
    const ways = ([loaded.value, null] as const).flatMap((key) => {
      const words = key === null ? ['encode', 'open'] : ['encode and sign', 'open and verify'];
      const ready = times.map((sentAt) => encodeRingMessage(message, sentAt, key));
      const encode = (index: number): boolean =>
        encodeRingMessage({ ...message, term: index }, at(index), key).length > 0;
      const open = (index: number): boolean =>
        openDatagram(ready[index % VARIETY] ?? new Uint8Array(0), key).ok;
      return [
        { what: words[0] ?? '', run: encode },
        { what: words[1] ?? '', run: open },
      ];
    });
    const rates = measureRates(ways, context.isQuick ? 8 : 25);
    for (const { what } of ways) {
      const { perSec, count } = rates.get(what) ?? { perSec: Number.NaN, count: 0 };
      const row = { what, unit: '1/s', geobooth: perSec, reference: null, note: '' } as const;
      context.report({ ...row, samples: count });
    }
    return Promise.resolve();
  },
};

interface Way {
  readonly what: string;
  /** False: it did not work, and its speed would mean nothing. */
  readonly run: (index: number) => boolean;
}

/** The best slice of each: what the processor can do when nobody else has it. */
function measureRates(
  ways: readonly Way[],
  rounds: number,
): ReadonlyMap<string, { readonly perSec: number; readonly count: number }> {
  const rates = new Map<string, { perSec: number; count: number }>();
  for (let round = 0; round < rounds; round += 1) {
    for (const way of ways) {
      const { perSec, count } = measureSlice(way);
      const before = rates.get(way.what) ?? { perSec: 0, count: 0 };
      rates.set(way.what, {
        perSec: Math.max(before.perSec, perSec),
        count: before.count + count,
      });
    }
  }
  return rates;
}

function measureSlice({ what, run }: Way): { readonly perSec: number; readonly count: number } {
  const beganAt = performance.now();
  let count = 0;
  let elapsedMs = 0;
  while (elapsedMs < SLICE_MS) {
    for (let batch = 0; batch < 100; batch += 1) {
      if (!run(count + batch)) throw new Error(`${what}: a datagram was refused`);
    }
    count += 100;
    elapsedMs = performance.now() - beganAt;
  }
  return { perSec: (count / elapsedMs) * 1000, count };
}
