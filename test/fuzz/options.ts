// What the fuzzer is asked to do.
import { parseArgs } from 'node:util';
import { outputFormatOf, type OutputFormat } from '../support/output-format.ts';

export interface TargetChoice {
  readonly name: string;
  readonly about: string;
}

interface Common {
  /** In the order of the table. */
  readonly targets: readonly string[];
  readonly outputFormat: OutputFormat;
}

export type FuzzOptions = Common &
  (
    | { readonly mode: 'fuzz'; readonly seed: number; readonly seconds: number }
    | { readonly mode: 'replay'; readonly input: Uint8Array }
  );

export const usage = (choices: readonly TargetChoice[]): string => `\
Usage:
  npm run fuzz -- [--seconds N] [--target NAME,...] [--seed N]
  npm run fuzz -- --target NAME --input HEX

Gives mutants of good inputs to everything that reads what strangers or a
damaged disk wrote. Nothing may throw, take long, keep memory, or read its own
writing otherwise than it wrote it. A seed gives the same inputs again.

Options:
  --seconds N        for all targets together; default 20
  --target NAME,...  only these:
${choices.map(({ name, about }) => `                       ${name.padEnd(14)}${about}`).join('\n')}
  --seed N           default: a random one, which is printed first
  --input HEX        one input, as a failure shows it; exactly one target
  --output-format text|json
  -h, --help         this help

Exit codes:
  0  everything held
  1  something did not: the shortest input found is shown in hexadecimal
  2  the arguments are wrong
  130  ended by Ctrl-C

Examples:
  npm run fuzz -- --seconds 600
  npm run fuzz -- --target config,xml --seed 17
  npm run fuzz -- --target datagram --input 5f1ba08c
`;

/** Reads the arguments; text: what is wrong with them. */
export function readOptions(
  argv: readonly string[],
  choices: readonly TargetChoice[],
  randomSeed: () => number,
): FuzzOptions | 'help' | { readonly wrong: string } {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        seconds: { type: 'string', default: '20' },
        target: { type: 'string' },
        seed: { type: 'string' },
        input: { type: 'string' },
        'output-format': { type: 'string', default: 'text' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return 'help';
    const outputFormat = outputFormatOf(values['output-format']);
    const targets = chosen(values.target, choices);
    if (values.input !== undefined) {
      if (targets.length !== 1) return { wrong: '--input needs exactly one --target' };
      return { mode: 'replay', targets, input: bytesOfHex(values.input), outputFormat };
    }
    const seconds = whole('seconds', values.seconds, 1);
    const seed = values.seed === undefined ? randomSeed() : whole('seed', values.seed, 0);
    return { mode: 'fuzz', targets, seconds, seed, outputFormat };
  } catch (thrown) {
    return { wrong: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

function chosen(text: string | undefined, choices: readonly TargetChoice[]): readonly string[] {
  const known = choices.map(({ name }) => name);
  if (text === undefined) return known;
  const wanted = text.split(',').map((name) => name.trim());
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new Error(`no target "${unknown}"; there are ${known.join(', ')}`);
  }
  return known.filter((name) => wanted.includes(name));
}

function whole(name: string, text: string, least: number): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= least && /^\d+$/.test(text)) return number;
  throw new Error(`--${name} must be a whole number from ${String(least)} on, got "${text}"`);
}

function bytesOfHex(text: string): Uint8Array {
  if (text.length % 2 === 0 && /^[0-9a-f]*$/i.test(text)) return Buffer.from(text, 'hex');
  throw new Error('--input must be hexadecimal, two digits a byte');
}
