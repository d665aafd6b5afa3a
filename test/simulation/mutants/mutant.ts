/**
 * What a mutant is: the sources with one promise broken on purpose, as an edit of their text. The
 * sources know nothing of it; a mutant exists only in the program that its run is bundled into.
 */

/** `find` stands in the file exactly once, or the mutant is out of date and its run fails. */
export interface Edit {
  /** From the top of the repository. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export interface Mutant {
  /** Kebab case; names it on the command line. */
  readonly name: string;
  /** The rule of ticket-protocol it breaks. */
  readonly rule: string;
  /** What it does, and which fault of old it brings back. */
  readonly recreates: string;
  /** More than one where a second rule would cover for the broken one; said in `recreates`. */
  readonly edits: readonly Edit[];
  /** Caught within so many seeds, from 0. With 0 its scenarios alone catch it. */
  readonly seeds: number;
  /** Directed plans that are run before the seeds. */
  readonly scenarios?: readonly string[];
  /** Only these checkers look, where others would see no more than what follows from it. */
  readonly checkers?: readonly string[];
}

/** The file's text with its edits; throws when one does not fit exactly once. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  return edits.reduce((before, { file, find, replace }) => {
    const pieces = before.split(find);
    if (pieces.length === 2) return pieces.join(replace);
    throw new Error(
      `${file} has ${String(pieces.length - 1)} places like this, expected exactly one; ` +
        `the sources have moved on, bring the mutant after them:\n${find}`,
    );
  }, text);
}
