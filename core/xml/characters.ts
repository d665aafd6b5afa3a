/** Which characters XML 1.0 can hold and which names it knows (XML 1.0 sections 2.2, 2.3). */

const forbidden =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Without U+1680 and U+FEFF, which XML allows in names and the parser takes for white space. */
const nameStart =
  ':A-Z_a-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u167F\\u1681-\\u1FFF\\u200C\\u200D\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFEFE\\uFF00-\\uFFFD';

/** Source of a regular expression for one name. */
export const namePattern = `[${nameStart}][${nameStart}\\-.0-9\\u00B7\\u0300-\\u036F\\u203F\\u2040]*`;

const wholeName = new RegExp(`^${namePattern}$`);

/** The index of the first character that XML cannot hold, or -1. */
export const forbiddenCharacterAt = (text: string): number => text.search(forbidden);

/** The text with every character that XML cannot hold replaced by U+FFFD. */
export const storableText = (text: string): string =>
  forbidden.test(text) ? text.replace(new RegExp(forbidden, 'g'), '\ufffd') : text;

/** True when the text may name an element or attribute. */
export const isXmlName = (text: string): boolean => wholeName.test(text);

/** The character a numeric reference stands for, or null when XML does not allow it. */
export function characterOf(codePoint: number): string | null {
  if (!Number.isInteger(codePoint) || codePoint > 0x10ffff) return null;
  const character = String.fromCodePoint(codePoint);
  return forbidden.test(character) ? null : character;
}
