/**
 * Reads the text a member answers to `geostore list` (booth-protocol 4.5): name, blank, value,
 * blank, time of setting, which is empty for what was loaded from the CIB.
 */
import type { Problem } from '../../base/problem.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { linesOf, unexpectedLine } from './ticket-list.ts';

export interface ListedAttribute {
  readonly name: string;
  readonly value: string;
  /** `YYYY-MM-DD HH:MM:SS` in the answering member's local time; null: loaded from the CIB. */
  readonly setAt: string | null;
}

const attributeLine = /^(\S*) (.*) (\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}|)$/;

/** All lines or none. A value that contains a newline cannot be told from two lines. */
export function parseAttributeList(text: string): Result<readonly ListedAttribute[], Problem> {
  const attributes: ListedAttribute[] = [];
  for (const [index, line] of linesOf(text).entries()) {
    const found = attributeLine.exec(line);
    if (found === null) return err(unexpectedLine('list', index, line));
    const [, name = '', value = '', setAt = ''] = found;
    attributes.push({ name, value, setAt: setAt === '' ? null : setAt });
  }
  return ok(attributes);
}
