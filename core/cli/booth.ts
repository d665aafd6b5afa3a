/** The program booth. */
import { boothProgram } from './booth-program.ts';
import { runProgram } from './terminal.ts';

void runProgram(boothProgram);
