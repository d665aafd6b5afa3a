/**
 * booth-keygen: a new shared key (booth-conf section 8, commands section 5).
 *
 * Differs from booth: the key never begins with a NUL byte (1 of 256 of booth's keys does, and
 * booth then runs without authentication); more than one file is refused instead of ignored.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fchmodSync, fsyncSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import { problem, type Problem } from '../base/problem.ts';
import { err, ok, type Result } from '../base/result.ts';
import { errnoCode, errnoText } from '../io/errno.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
import { tell, type Terminal } from './terminal.ts';

const DEFAULT_KEY_FILE = '/etc/booth/authkey';
/** As many as booth reads. */
const KEY_BYTES = 64;

/** Runs booth-keygen. */
export async function keygenProgram(
  argv: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> {
  if (argv.some((argument) => argument === '-h' || argument === '--help')) {
    const { keygenUsage } = await import('./usage.ts');
    terminal.out(keygenUsage());
    return exitCode.success;
  }
  const [path = DEFAULT_KEY_FILE, surplus] = argv;
  const written = surplus === undefined ? writeNewKey(path) : err(surplusProblem(surplus));
  if (written.ok) return exitCode.success;
  tell(terminal, 'error', written.error.message);
  return exitCode.failure;
}

/** 64 random bytes that booth takes as they are. */
export function newKey(random: (size: number) => Uint8Array = randomBytes): Uint8Array {
  let key = random(KEY_BYTES);
  while (key[0] === 0) key = random(KEY_BYTES);
  return key;
}

/** Creates the file with mode 0600 and syncs it; an existing file stays as it is. */
function writeNewKey(path: string): Result<null, Problem> {
  if (!isAbsolute(path)) {
    return err(
      problem('keygen-relative', `"${path}" is no absolute path; name the key file from / on`),
    );
  }
  let file: number;
  try {
    file = openSync(path, 'wx', 0o600);
  } catch (thrown) {
    return err(openProblem(path, thrown));
  }
  try {
    fchmodSync(file, 0o600);
    const key = newKey();
    let written = 0;
    while (written < key.length) written += writeSync(file, key, written);
    fsyncSync(file);
    return ok(null);
  } catch (thrown) {
    unlinkSync(path);
    return err(problem('keygen-write', `cannot write ${path}: ${errnoText(thrown)}`));
  } finally {
    closeSync(file);
  }
}

function openProblem(path: string, thrown: unknown): Problem {
  const code = errnoCode(thrown);
  if (code === 'EEXIST') {
    return problem('keygen-exists', `file ${path} already exists; remove it first for a new key`);
  }
  if (code === 'ENOENT') {
    return problem('keygen-folder', `folder ${dirname(path)} does not exist; create it first`);
  }
  return problem('keygen-write', `cannot create ${path}: ${errnoText(thrown)}`);
}

const surplusProblem = (surplus: string): Problem =>
  problem('usage', `surplus argument "${surplus}": booth-keygen writes one file`);
