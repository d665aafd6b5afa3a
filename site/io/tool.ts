/** Runs a command line tool with an argument list, bounded in time and output. */
import { spawn } from 'node:child_process';
import { errnoText } from '../../core/io/errno.ts';
import { signalGroup } from '../../core/io/process-group.ts';
import type { ToolExit } from '../pacemaker/crm-ticket.ts';

const OUTPUT_CHARACTERS_MAX = 1 << 20;
const DETAIL_CHARACTERS_MAX = 2000;
const ANSWER_CHARACTERS_SHOWN = 200;

/** One run of a tool. */
export interface ToolRun {
  readonly program: string;
  readonly args: readonly string[];
  readonly timeoutMs: number;
  /** Ends it before its time, with this reason in its `detail`. */
  readonly signal?: AbortSignal;
}

/**
 * Never rejects; after `timeoutMs`, or when it is called off, the tool and all it has started are
 * killed, and it counts as not finished, whether or not something still holds its output.
 */
export function runTool(tool: ToolRun): Promise<ToolExit> {
  const { program, signal } = tool;
  return new Promise((resolve) => {
    const failed = (detail: string): void => resolve({ code: null, stdout: '', detail });
    if (signal?.aborted === true) return failed(String(signal.reason));
    try {
      follow(tool, { resolve, failed });
    } catch (thrown) {
      failed(`cannot run ${program}: ${errnoText(thrown)}`);
    }
  });
}

function follow(
  { program, args, timeoutMs, signal }: ToolRun,
  done: { readonly resolve: (exit: ToolExit) => void; readonly failed: (detail: string) => void },
): void {
  const child = spawn(program, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  const giveUp = (why: string): void => {
    clearTimeout(timer);
    if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
    child.stdout.destroy();
    child.stderr.destroy();
    done.failed(why);
  };
  const timer = setTimeout(() => {
    giveUp(`no answer within ${String(timeoutMs / 1000)} s`);
  }, timeoutMs);
  const callOff = (): void => {
    giveUp(String(signal?.reason));
  };
  signal?.addEventListener('abort', callOff, { once: true });
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
    signal?.removeEventListener('abort', callOff);
    done.resolve({ code, stdout, detail: stderr || stdout.slice(-ANSWER_CHARACTERS_SHOWN) });
  });
}
