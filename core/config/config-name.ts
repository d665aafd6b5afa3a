/** The name of a configuration: lock file, state directory and handlers are named after it. */
import { excerpt } from './excerpt.ts';
import { keywords } from './keywords.ts';
import { byteLength } from './statement.ts';

/** The last part of a path without its last extension: `/etc/booth/x.y.conf` → `x.y`. */
export function configNameOf(path: string): string {
  const file = path.slice(path.lastIndexOf('/') + 1);
  const dot = file.lastIndexOf('.');
  return dot === -1 ? file : file.slice(0, dot);
}

/** Longest name taken from the file's own name; a `name` line may have one byte less. */
const DERIVED_BYTES_MAX = 63;

/**
 * Why a name cannot be used, or null.
 *
 * Differs from booth: names with `/`, and `.` and `..`, are refused, because files are named after
 * the configuration and would land elsewhere.
 */
export function nameFault(name: string, origin: 'given' | 'derived'): string | null {
  const bytesMax = origin === 'given' ? keywords.name.value.maxBytes : DERIVED_BYTES_MAX;
  const length = byteLength(name);
  if (length > bytesMax) {
    return `configuration name ${excerpt(name)} has ${String(length)} bytes, at most ${String(bytesMax)} are allowed`;
  }
  if (name === '' || name === '.' || name === '..' || name.includes('/')) {
    return `configuration name ${excerpt(name)} cannot name files, write one without / as in name = booth`;
  }
  return null;
}
