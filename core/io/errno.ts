/** What the system says when a call fails, as a name and as words for people. */

/** `ENOSPC` and the like; `unknown error` for what is no system error. */
export function errnoCode(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' ? code : 'unknown error';
}

const meanings: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EADDRINUSE: 'address already in use',
  EADDRNOTAVAIL: 'no such address on this host',
  EAFNOSUPPORT: 'address family not supported here',
  ECONNRESET: 'connection reset by the other side',
  EDQUOT: 'disk quota exceeded',
  EEXIST: 'a file of that name is in the way',
  EHOSTUNREACH: 'no route to the host',
  EINVAL: 'invalid argument',
  EIO: 'input/output error of the device',
  EISDIR: 'it is a directory',
  EMFILE: 'too many open files',
  EMSGSIZE: 'message too long',
  ENETUNREACH: 'network is unreachable',
  ENOBUFS: 'no buffer space',
  ENOENT: 'no such file or directory',
  ENOEXEC: 'not in an executable format (a script needs its #! line)',
  ENOSPC: 'no space left on the device',
  ENOTDIR: 'a part of the path is not a directory',
  EPERM: 'operation not permitted',
  EROFS: 'read-only file system',
};

/** `no space left on the device (ENOSPC)`; other errors in their own words, on one line. */
export function errnoText(thrown: unknown): string {
  const code = errnoCode(thrown);
  const meaning = meanings[code];
  if (meaning !== undefined) return `${meaning} (${code})`;
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text.replaceAll(/\s+/g, ' ').slice(0, 300);
}
