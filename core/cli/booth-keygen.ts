/** The program booth-keygen. */
import { keygenProgram } from './keygen-program.ts';
import { runProgram } from './terminal.ts';

void runProgram(keygenProgram);
