/** Collects all problems of one file, in order, bounded. */
import { problem, warning, type Problem } from '../base/problem.ts';
import type { ConfigCode } from './problem-codes.ts';

/** A place in the file, counted from 1; columns count bytes. */
export interface Place {
  readonly line?: number;
  readonly column?: number;
  /** Said after the message of an error at this place. */
  readonly hint?: string;
}

export interface Report {
  /** A message that takes work to find is given as a function, called only if it is shown. */
  error(code: ConfigCode, message: string | (() => string), place: Place): void;
  warn(code: ConfigCode, message: string, place: Place): void;
  errorCount(): number;
  /** In the order of the file; what belongs to no line comes last. */
  problems(): readonly Problem[];
}

/** More problems than this are only counted. */
export const PROBLEMS_MAX = 1000;

/** An empty report about the file. */
export function newReport(file: string): Report {
  const kept: Problem[] = [];
  let errors = 0;
  let warnings = 0;
  const where = ({ line, column }: Place) => ({
    file,
    ...(line === undefined ? {} : { line }),
    ...(column === undefined ? {} : { column }),
  });
  return {
    error(code, message, place) {
      errors += 1;
      if (kept.length >= PROBLEMS_MAX) return;
      const text = typeof message === 'string' ? message : message();
      const hinted = place.hint === undefined ? text : `${text}; ${place.hint}`;
      kept.push(problem(code, hinted, where(place)));
    },
    warn(code, message, place) {
      warnings += 1;
      if (kept.length < PROBLEMS_MAX) kept.push(warning(code, message, where(place)));
    },
    errorCount: () => errors,
    problems() {
      const sorted = kept.toSorted(byPlace);
      const cut = errors + warnings - kept.length;
      if (cut === 0) return sorted;
      // An error that was cut must still make the file a faulty one.
      const say = errors > 0 ? problem : warning;
      const more = `${String(cut)} more problems are not shown, correct the ones above first`;
      return [...sorted, say('config-more-problems', more, { file })];
    },
  };
}

const LAST_LINE = Number.MAX_SAFE_INTEGER;

const byPlace = (a: Problem, b: Problem): number =>
  (a.where?.line ?? LAST_LINE) - (b.where?.line ?? LAST_LINE) ||
  (a.where?.column ?? 0) - (b.where?.column ?? 0);
