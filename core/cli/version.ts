/** The version the programs were built as. */
import type { ProgramName } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

/** Put in by the build. */
declare const GEOBOOTH_VERSION: string;

export const version: string = GEOBOOTH_VERSION;

/** One line, as booth prints it, with the product's name. */
export const printVersion = (terminal: Terminal, program: ProgramName): void => {
  terminal.out(`${program} ${version} (geobooth)\n`);
};
