// How long programs take from start to end.
import { spawn } from 'node:child_process';

export interface TimedCommand {
  readonly name: string;
  readonly argv: readonly string[];
}

const COMMAND_LIMIT_MS = 10_000;

/**
 * Runs each command `rounds` times, alternating, after one round that does not count. Milliseconds
 * from the start to the end of the process, by name; a failing command rejects.
 */
export async function timeCommands(
  commands: readonly TimedCommand[],
  rounds: number,
): Promise<Readonly<Record<string, readonly number[]>>> {
  const times: Record<string, number[]> = {};
  for (const { argv } of commands) await timeCommand(argv);
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, argv } of commands) (times[name] ??= []).push(await timeCommand(argv));
  }
  return times;
}

const timeCommand = ([program = '', ...args]: readonly string[]): Promise<number> =>
  new Promise((resolve, reject) => {
    const beganAt = performance.now();
    const child = spawn(program, args, { stdio: 'ignore', timeout: COMMAND_LIMIT_MS });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      const tookMs = performance.now() - beganAt;
      if (code === 0) resolve(tookMs);
      else
        reject(new Error(`${program} ${args.join(' ')}: ${signal ?? `exit code ${String(code)}`}`));
    });
  });
