/** Attribute prerequisites (booth.conf `attr-prereq`; booth-protocol 6.10). */
import type { AttributePrerequisite } from '../config/model.ts';

/** The first prerequisite of that grant type which does not hold, or null. */
export function unmetPrerequisite(
  prerequisites: readonly AttributePrerequisite[],
  grantType: AttributePrerequisite['grantType'],
  attributes: ReadonlyMap<string, string>,
): AttributePrerequisite | null {
  const isMet = ({ attribute, operator, value }: AttributePrerequisite): boolean =>
    (attributes.get(attribute) === value) === (operator === 'eq');
  return prerequisites.find((one) => one.grantType === grantType && !isMet(one)) ?? null;
}

export const describePrerequisite = (unmet: AttributePrerequisite): string =>
  `attr-prereq ${unmet.grantType} ${unmet.attribute} ${unmet.operator} ${unmet.value}`;
