/** Whether this process was started as the program of that name, or loaded by another (boothd). */
import { realpathSync } from 'node:fs';
import { basename } from 'node:path';

/** True when this process was started under that name, through a link or not. */
export function isProgram(name: string): boolean {
  try {
    return basename(realpathSync(process.argv[1] ?? '')) === name;
  } catch {
    return false;
  }
}
