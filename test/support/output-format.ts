// `--output-format` of the programs beside the product: demo, bench, simulator, mutants, fuzzer.

export type OutputFormat = 'text' | 'json';

/** Throws an Error that says what is wrong with any other word. */
export function outputFormatOf(word: string): OutputFormat {
  if (word === 'text' || word === 'json') return word;
  throw new Error(`--output-format must be text or json, got "${word}"`);
}
