/** The program geo. */
import { geoProgram } from './geo-program.ts';
import { runProgram } from './terminal.ts';

void runProgram(geoProgram);
