/** `attr-prereq = auto|manual NAME eq|ne VALUE` (booth-conf section 4). */
import { err, ok, type Result } from '../base/result.ts';
import type { Refusal } from './duration.ts';
import { excerpt } from './excerpt.ts';
import type { AttributePrerequisite } from './model.ts';

export interface ReadPrerequisite {
  readonly prerequisite: AttributePrerequisite;
  /** Words after the value, which have no meaning. */
  readonly surplus: readonly string[];
}

/** Splits at blanks and tabs only; the value cannot contain one. */
export function parsePrerequisite(text: string): Result<ReadPrerequisite, Refusal> {
  const [grantType, attribute, operator, value, ...surplus] = wordsOf(text);
  if (grantType !== undefined && grantType !== 'auto' && grantType !== 'manual') {
    return refuse(`grant type must be auto or manual, found ${excerpt(grantType)}`);
  }
  if (operator !== undefined && operator !== 'eq' && operator !== 'ne') {
    return refuse(`operator must be eq or ne, found ${excerpt(operator)}`);
  }
  if (
    grantType === undefined ||
    attribute === undefined ||
    operator === undefined ||
    value === undefined
  ) {
    return refuse(`expected four words as in "auto NAME eq VALUE", found ${excerpt(text)}`);
  }
  return ok({ prerequisite: { grantType, attribute, operator, value }, surplus });
}

/** The words between blanks and tabs, as booth splits handlers and prerequisites. */
export const wordsOf = (text: string): string[] =>
  text.split(/[ \t]+/).filter((word) => word !== '');

/** The spelling geo_attr.sh also finds: single blanks (booth-conf section 10). */
export const printPrerequisite = (prerequisite: AttributePrerequisite): string =>
  [prerequisite.grantType, prerequisite.attribute, prerequisite.operator, prerequisite.value].join(
    ' ',
  );

const refuse = (message: string): Result<never, Refusal> =>
  err({ code: 'config-prerequisite-invalid', message });
