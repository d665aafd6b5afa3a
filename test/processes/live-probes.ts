/**
 * The crafted requests of the vectors, made fit for a running ring of ours: its addresses instead
 * of the captured ones, the time of now instead of then, and MACs that are right where they were
 * right and wrong in the same way where they were wrong.
 */
import { sign, type AuthKey } from '../../core/wire/authentication.ts';
import { bytesOf, type Probe } from '../core/wire/vectors.ts';
import { idOfAddress } from './member-process.ts';

export interface Translation {
  readonly key: AuthKey | null;
  /** Captured address → ours. */
  readonly addresses: Readonly<Record<string, string>>;
}

const LENGTH = 24;
const trailerBytes = 28;
const macBytes = 20;

/** Probes that repeat earlier bytes get the same translation again: replays stay replays. */
export function newTranslator(translation: Translation): (probe: Probe) => Uint8Array {
  const known = new Map<string, Uint8Array>();
  return (probe) => {
    const original = bytesOf(probe.request_hex);
    const length = firstLength(original);
    const head = Buffer.from(original.subarray(0, length)).toString('hex');
    const translated =
      known.get(head) ?? translate(original.subarray(0, length), probe, translation);
    known.set(head, translated);
    return Uint8Array.from([...translated, ...original.subarray(length)]);
  };
}

/** The first request alone; a length field that says nonsense is not followed. */
function firstLength(bytes: Uint8Array): number {
  const said = new DataView(bytes.buffer).getUint32(LENGTH);
  return said >= 48 && said <= bytes.length ? said : bytes.length;
}

function translate(
  original: Uint8Array,
  probe: Probe,
  { key, addresses }: Translation,
): Uint8Array {
  const bytes = Uint8Array.from(original);
  const view = new DataView(bytes.buffer);
  for (const offset of [20, ...(bytes.length >= 116 ? [112] : [])]) {
    for (const [captured, ours] of Object.entries(addresses)) {
      if (view.getUint32(offset) === idOfAddress(captured))
        view.setUint32(offset, idOfAddress(ours));
    }
  }
  if (view.getUint32(4) !== 0) {
    const age = Math.round(probe.sent_at_epoch) - view.getUint32(4);
    view.setUint32(4, Math.floor(Date.now() / 1000) - age);
  }
  const at = bytes.length - trailerBytes;
  if (key === null || at < 48) return bytes;
  const right = Uint8Array.from(original);
  sign(right, key, at);
  const fresh = Uint8Array.from(bytes);
  sign(fresh, key, at);
  const mac = original.subarray(at + 4, at + 4 + macBytes);
  if (mac.every((byte) => byte === 0)) return bytes;
  for (let index = at + 4; index < at + 4 + macBytes; index += 1)
    bytes[index] = (fresh[index] ?? 0) ^ (right[index] ?? 0) ^ (original[index] ?? 0);
  return bytes;
}

/** What of an answer can be compared: its header without time, sender and length of a text. */
export function essence(bytes: Uint8Array): Readonly<Record<string, string | number>> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const chars = (offset: number): string =>
    view.getUint32(offset) === 0 ? '0' : Buffer.from(bytes.subarray(offset, offset + 4)).toString();
  const command = chars(28);
  const isText = command === 'RLst' || command === 'AGet' || command === 'ALst';
  return {
    command,
    request: chars(32),
    reason: chars(40),
    result: chars(44),
    length: isText ? 'text' : view.getUint32(LENGTH),
  };
}
