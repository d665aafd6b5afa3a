/** Runs a command line tool with an argument list, bounded in time and output. */
import { spawn } from 'node:child_process';
import type { ToolExit } from '../pacemaker/crm-ticket.ts';

const OUTPUT_BYTES_MAX = 1 << 20;
const DETAIL_CHARACTERS_MAX = 2000;

/** Resolves always; after `timeoutMs` the tool is killed and counts as not finished. */
export function runTool(
  program: string,
  args: readonly string[],
  timeoutMs: number,
): Promise<ToolExit> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    let late = '';
    const timer = setTimeout(() => {
      late = `no answer within ${String(timeoutMs / 1000)} s`;
      child.kill('SIGKILL');
    }, timeoutMs);
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      if (stdout.length < OUTPUT_BYTES_MAX) stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr = (stderr + chunk).slice(-DETAIL_CHARACTERS_MAX);
    });
    child.on('error', (thrown) => {
      clearTimeout(timer);
      resolve({ code: null, stdout: '', detail: `cannot run ${program}: ${thrown.message}` });
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, detail: late === '' ? stderr || stdout.slice(-200) : late });
    });
  });
}
