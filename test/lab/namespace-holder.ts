// A set of Linux namespaces kept alive by one process that ends when its standard input closes. As that pipe
// belongs to the test's process, the namespaces and all that runs in them go when the test's process goes,
// even if it is killed. They have no names, so tests that run side by side cannot collide.
import { spawn } from 'node:child_process';
import { killTree, onlyChildOf } from '../support/process-tree.ts';

/** `pid` of the first process inside, as seen from outside. */
export interface NamespaceHolder {
  readonly pid: number;
  dispose(): Promise<void>;
}

const startLimitMs = 15_000;

/**
 * Starts `bash args` in the new namespaces that `flags` of unshare(1) name. The script must print "ready" and then
 * read its standard input to the end.
 */
export const holdNamespaces = async (
  flags: readonly string[],
  args: readonly string[],
): Promise<NamespaceHolder> => {
  const child = spawn('unshare', [...flags, '--fork', '--kill-child=KILL', 'bash', ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const wrapperPid = child.pid;
  const ended = new Promise<void>((resolve) => {
    child.on('close', () => {
      resolve();
    });
    child.on('error', () => {
      resolve();
    });
  });
  child.stdin.on('error', () => undefined);
  const dispose = async (): Promise<void> => {
    child.stdin.end();
    if (wrapperPid !== undefined) killTree(wrapperPid);
    await ended;
  };
  try {
    await waitForReady(child.stdout, child.stderr, ended);
    if (wrapperPid === undefined) throw new Error('unshare has no pid');
    return { pid: await onlyChildOf(wrapperPid), dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
};

const waitForReady = (
  stdout: NodeJS.ReadableStream,
  stderr: NodeJS.ReadableStream,
  ended: Promise<void>,
): Promise<void> =>
  new Promise((resolve, reject) => {
    let text = '';
    const fail = (what: string): void => {
      reject(new Error(`namespaces are not ready: ${what}; said: ${text}`));
    };
    const timer = setTimeout(() => {
      fail(`nothing heard for ${String(startLimitMs)} ms`);
    }, startLimitMs);
    stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
    });
    stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      if (!text.includes('ready\n')) return;
      clearTimeout(timer);
      resolve();
    });
    void ended.then(() => {
      clearTimeout(timer);
      fail('the process ended');
    });
  });
