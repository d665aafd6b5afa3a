// What is fuzzed: something that takes bytes of strangers, and what must hold whatever they are.
import type { Random } from '../../core/base/random.ts';

export interface FuzzTarget {
  readonly name: string;
  /** One line for the help text. */
  readonly about: string;
  /** Good inputs, made by our own encoders and printers; mutants descend from them. */
  readonly seeds: () => readonly Uint8Array[];
  /** Words of the format, for insertion. */
  readonly words: readonly string[];
  /**
   * Makes a mutant worth reading: sets its length field, signs it anew. Without that nothing but the
   * first check would ever be tested.
   */
  readonly repair?: (bytes: Uint8Array, random: Random) => Uint8Array;
  /**
   * Reads the input and throws what does not hold. Returns what became of it in one word; an input
   * with a new word is mutated further.
   */
  readonly check: (bytes: Uint8Array) => string | Promise<string>;
  readonly close?: () => Promise<void>;
}

/** Something that must hold did not. */
export class Broken extends Error {
  override readonly name = 'Broken';
}

/** Throws `Broken` with these words when it does not hold. */
export function hold(isTrue: boolean, what: string): asserts isTrue {
  if (!isTrue) throw new Broken(what);
}

const encoder = new TextEncoder();

export const bytesOfText = (text: string): Uint8Array => encoder.encode(text);
