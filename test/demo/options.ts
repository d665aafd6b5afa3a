// What the demo is asked to do.
import { parseArgs } from 'node:util';
import { outputFormatOf, type OutputFormat } from '../support/output-format.ts';

export interface DemoOptions {
  /** Leave the ring up after the story, until Ctrl-C. */
  readonly staysUp: boolean;
  readonly outputFormat: OutputFormat;
}

export const usage = `\
Usage:
  npm run demo
  npm run demo -- [--once | --stay] [--output-format text|json]

Runs two sites and an arbitrator on this machine and lets a web page follow a
ticket: from nowhere to site 1, from the dead site 1 to site 2, and home again.

Options:
  --once         end after the story [default]
  --stay         leave the ring up after the story and say how to talk to it;
                 Ctrl-C ends it
  --output-format text|json
                 json: one JSON object on standard output, with every step and
                 what was measured
  -h, --help     this help

Exit codes:
  0  every step was seen
  1  a step was not seen in time, the ring could not be started, or the
     arguments are wrong
  130  ended by Ctrl-C or another signal

Example:
  npm run demo -- --once --output-format json
`;

/** Reads the arguments; text: what is wrong with them. */
export function readOptions(argv: readonly string[]): DemoOptions | 'help' | { wrong: string } {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        once: { type: 'boolean', default: false },
        stay: { type: 'boolean', default: false },
        'output-format': { type: 'string', default: 'text' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return 'help';
    const outputFormat = outputFormatOf(values['output-format']);
    if (values.once && values.stay) return { wrong: '--once and --stay exclude each other' };
    return { staysUp: values.stay, outputFormat };
  } catch (thrown) {
    return { wrong: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}
