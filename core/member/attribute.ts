/** Geo attributes of a ticket at this site (booth-protocol 4.5; `geostore`). */

/** One attribute that `geostore` keeps with a ticket. */
export interface GeoAttribute {
  readonly value: string;
  /** null: loaded from the cluster, which does not remember when it was set. */
  readonly setEpochMs: number | null;
}

/** Names the cluster and the ring keep in a ticket's state; all others are geo attributes (7.2). */
export const ticketOwnNames: ReadonlySet<string> = new Set([
  'id',
  'granted',
  'standby',
  'last-granted',
  'owner',
  'expires',
  'term',
  'booth-cfg-name',
]);

const ATTRIBUTES_PER_TICKET_MAX = 64;

/**
 * Why the name cannot be stored, or null. It becomes the name of an XML attribute in the CIB.
 *
 * Differs from booth: names that would damage the CIB, or overwrite what the ring keeps there,
 * are refused; booth passes them on unseen (booth-protocol 9.4.3).
 */
export function judgeAttributeName(
  name: string,
  others: ReadonlyMap<string, unknown>,
): string | null {
  if (!/^[A-Za-z_][A-Za-z0-9_.-]{0,62}$/.test(name))
    return `"${name}" is no attribute name: letters, digits, "_", "-", ".", at most 63, not starting with a digit`;
  if (ticketOwnNames.has(name))
    return `"${name}" is kept by the ticket itself; choose another name`;
  if (!others.has(name) && others.size >= ATTRIBUTES_PER_TICKET_MAX)
    return `the ticket has ${String(ATTRIBUTES_PER_TICKET_MAX)} attributes already; delete one first`;
  return null;
}

/** One line an attribute: name, value, time of setting (empty if not known). */
export const attributeListText = (
  attributes: ReadonlyMap<string, GeoAttribute>,
  formatTime: (epochMs: number) => string,
): string =>
  [...attributes]
    .map(([name, { value, setEpochMs }]) => {
      const time = setEpochMs === null ? '' : formatTime(setEpochMs);
      return `${name} ${value} ${time}\n`;
    })
    .join('');
