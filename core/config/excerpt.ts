/** Text of a file as it is shown in a message: quoted, bounded, without control characters. */
const EXCERPT_MAX = 40;

/** `"text"`, cut after 40 characters, what a terminal might obey written as `\u…`. */
export function excerpt(text: string): string {
  const shown = text.length > EXCERPT_MAX ? `${text.slice(0, EXCERPT_MAX)}…` : text;
  return JSON.stringify(shown).replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
