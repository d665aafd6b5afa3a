/** The program geostore. */
import { geostoreProgram } from './geostore-program.ts';
import { runProgram } from './terminal.ts';

void runProgram(geostoreProgram);
