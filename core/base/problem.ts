/**
 * A finding an operator can act on: a configuration mistake, a refused request, a failed write.
 * All problems of one input are collected and shown together; `code` is stable and documented.
 */
export interface Problem {
  /** Stable name for scripts and documentation, lower-case words joined by `-`. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  /** One lower-case line: what was expected, what was found, what to do. */
  readonly message: string;
  readonly where?: Where;
  /** The flag that turns this error into a warning, where there is one (`--force`). */
  readonly override?: string;
}

/** Where a problem was found; lines and columns count from 1. */
export interface Where {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

/** A finding that keeps what was asked from being done. */
export const problem = (code: string, message: string, where?: Where): Problem => ({
  code,
  severity: 'error',
  message,
  ...(where === undefined ? {} : { where }),
});

/** A finding to look at; what was asked is done all the same. */
export const warning = (code: string, message: string, where?: Where): Problem => ({
  ...problem(code, message, where),
  severity: 'warning',
});

/** True when any of them is more than a warning. */
export const hasErrors = (problems: readonly Problem[]): boolean =>
  problems.some((found) => found.severity === 'error');

/** `file:line:column: error: message [code]`, leaving out what is not known. */
export function renderProblem(found: Problem): string {
  const place = [found.where?.file, found.where?.line, found.where?.column]
    .filter((part) => part !== undefined)
    .join(':');
  const hint = found.override === undefined ? '' : `, use ${found.override} to override`;
  return `${place === '' ? '' : `${place}: `}${found.severity}: ${found.message}${hint} [${found.code}]`;
}
