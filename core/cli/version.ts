/** The version the programs were built as. */
import type { ProgramName } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

/** Put in by the build; absent when the sources run as they are. */
declare const GEOBOOTH_VERSION: string | undefined;

/** As in package.json; `unbuilt` where the sources run as they are. */
export const version: string = typeof GEOBOOTH_VERSION === 'string' ? GEOBOOTH_VERSION : 'unbuilt';

/** One line, as booth prints it, with the product's name. */
export const printVersion = (terminal: Terminal, program: ProgramName): void => {
  terminal.out(`${program} ${version} (geobooth)\n`);
};
