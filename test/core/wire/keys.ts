import { assert } from '../../../core/base/assert.ts';
import { loadKey, type AuthKey } from '../../../core/wire/authentication.ts';

/** A key of these characters. */
export function keyOf(text: string): AuthKey {
  const loaded = loadKey(new TextEncoder().encode(text));
  assert(loaded.ok, `${text} is a key`);
  return loaded.value;
}
