/** Runs a command line tool with an argument list, bounded in time and output. */
import { spawn } from 'node:child_process';
import { errnoText } from '../../core/io/errno.ts';
import { signalGroup } from '../../core/io/process-group.ts';
import type { ToolExit } from '../pacemaker/crm-ticket.ts';

const OUTPUT_CHARACTERS_MAX = 1 << 20;
const DETAIL_CHARACTERS_MAX = 2000;
const ANSWER_CHARACTERS_SHOWN = 200;

/**
 * Never rejects; after `timeoutMs` the tool and all it has started are killed, and it counts as not
 * finished, whether or not something still holds its output.
 */
export function runTool(
  program: string,
  args: readonly string[],
  timeoutMs: number,
): Promise<ToolExit> {
  return new Promise((resolve) => {
    const failed = (detail: string): void => resolve({ code: null, stdout: '', detail });
    try {
      follow({ program, args, timeoutMs }, { resolve, failed });
    } catch (thrown) {
      failed(`cannot run ${program}: ${errnoText(thrown)}`);
    }
  });
}

function follow(
  tool: { readonly program: string; readonly args: readonly string[]; readonly timeoutMs: number },
  done: { readonly resolve: (exit: ToolExit) => void; readonly failed: (detail: string) => void },
): void {
  const { program, args, timeoutMs } = tool;
  const child = spawn(program, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  const timer = setTimeout(() => {
    if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
    child.stdout.destroy();
    child.stderr.destroy();
    done.failed(`no answer within ${String(timeoutMs / 1000)} s`);
  }, timeoutMs);
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout = (stdout + chunk).slice(0, OUTPUT_CHARACTERS_MAX);
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr = (stderr + chunk).slice(-DETAIL_CHARACTERS_MAX);
  });
  child.on('error', (thrown) => {
    clearTimeout(timer);
    done.failed(`cannot run ${program}: ${errnoText(thrown)}`);
  });
  child.on('close', (code) => {
    clearTimeout(timer);
    done.resolve({ code, stdout, detail: stderr || stdout.slice(-ANSWER_CHARACTERS_SHOWN) });
  });
}
