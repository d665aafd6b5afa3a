/** Text of a file as it is shown in a message: quoted, bounded, without control characters. */
const EXCERPT_MAX = 40;

/** `"text"`, cut after 40 characters, what a terminal or a log might obey written as `\u{…}`. */
export function excerpt(text: string): string {
  const shown = text.length > EXCERPT_MAX ? `${text.slice(0, EXCERPT_MAX)}…` : text;
  return JSON.stringify(shown).replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
