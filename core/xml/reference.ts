import { characterOf } from './characters.ts';

/** The entities every XML document knows; others need a DOCTYPE, which is refused. */
const named = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** One reference from `&` to `;`, for a sticky or global regular expression. */
export const referencePattern = '&(?:#x([0-9A-Fa-f]{1,10})|#([0-9]{1,10})|([A-Za-z]+));';

const reference = new RegExp(`^${referencePattern}$`);
const everyReference = new RegExp(referencePattern, 'g');

/** What a reference (`&amp;`, `&#10;`, `&#x1F600;`) stands for, or null when it is not allowed. */
export function referencedText(text: string): string | null {
  const match = reference.exec(text);
  if (match === null) return null;
  const [, hexadecimal, decimal, name] = match;
  if (name !== undefined) return named.get(name) ?? null;
  return characterOf(
    hexadecimal === undefined
      ? Number.parseInt(decimal ?? '', 10)
      : Number.parseInt(hexadecimal, 16),
  );
}

/** The text with its references resolved; those that are not allowed stay as they are. */
export const withoutReferences = (text: string): string =>
  text.includes('&')
    ? text.replace(everyReference, (match) => referencedText(match) ?? match)
    : text;
