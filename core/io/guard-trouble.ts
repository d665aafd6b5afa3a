/**
 * Why this host's embedded cluster has no guard to rely on (R14), where `geo status` finds it: a
 * file in the state directory that is there as long as that lasts. Best effort: the log has it too.
 */
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const pathIn = (stateDir: string): string => join(stateDir, 'guard-trouble');

/** One line for people; null: there is a guard. */
export async function keepGuardTrouble(stateDir: string, trouble: string | null): Promise<void> {
  try {
    if (trouble === null) await rm(pathIn(stateDir), { force: true });
    else await writeFile(pathIn(stateDir), `${trouble}\n`, { mode: 0o600 });
  } catch {
    // The disk is full, or may not be written to.
  }
}

/** What was kept last; null: nothing, or it cannot be read. */
export function readGuardTrouble(stateDir: string): string | null {
  try {
    return readFileSync(pathIn(stateDir), 'utf8').trim();
  } catch {
    return null;
  }
}
