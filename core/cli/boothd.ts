/** The program boothd: booth, and the start of daemons. */
import { boothProgram } from './booth-program.ts';
import { runProgram } from './terminal.ts';

void runProgram(boothProgram);
