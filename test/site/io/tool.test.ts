import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runTool } from '../../../site/io/tool.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';
import { waitUntil } from '../../support/wait-until.ts';

const shell = (script: string, timeoutMs = 10_000) =>
  runTool({ program: '/bin/sh', args: ['-c', script], timeoutMs });

describe('a tool', () => {
  it('is told by its code, its output and what it said on stderr', async () => {
    expect(await shell('echo out; echo err >&2; exit 6')).toEqual({
      code: 6,
      stdout: 'out\n',
      detail: 'err\n',
    });
  });

  it('may say what is wrong on stdout', async () => {
    expect(await shell('echo out; exit 1')).toMatchObject({ code: 1, detail: 'out\n' });
  });

  it('gets its arguments as they are', async () => {
    expect(
      await runTool({ program: '/bin/echo', args: ['$HOME; *'], timeoutMs: 10_000 }),
    ).toMatchObject({
      stdout: '$HOME; *\n',
    });
  });

  it.each([
    ['is not there', '/nonexistent/tool', [], /^cannot run .*no such file or directory/],
    ['has a file for a folder', '/dev/null/tool', [], /^cannot run .*ENOTDIR/],
    ['gets an argument no program can have', '/bin/echo', ['\0'], /^cannot run .*null bytes/],
  ])('that %s did not finish', async (_title, program, args, detail) => {
    const exit = await runTool({ program, args, timeoutMs: 10_000 });
    expect(exit).toMatchObject({ code: null, stdout: '' });
    expect(exit.detail).toMatch(detail);
  });

  it('that takes too long is ended with all it has started', async () => {
    const folder = await makeTemporaryDirectory('tool');
    const child = join(folder.path, 'child');
    const exit = await shell(`sleep 60 & echo $! >${child}; wait`, 300);
    expect(exit).toEqual({ code: null, stdout: '', detail: 'no answer within 0.3 s' });
    const pid = readFileSync(child, 'utf8').trim();
    await waitUntil('its child to end', () => !isRunning(pid));
    await folder.remove();
  });

  it('that leaves a program behind that keeps its output open is waited for no longer', async () => {
    const exit = await shell('setsid sleep 2 & exit 0', 300);
    expect(exit).toMatchObject({ code: null, detail: 'no answer within 0.3 s' });
  });

  it('has a bounded answer', async () => {
    const { stdout, detail } = await shell('head -c 3000000 /dev/zero | tr "\\0" a; exit 1');
    expect(stdout).toHaveLength(1 << 20);
    expect(detail).toHaveLength(200);
  });
});

function isRunning(pid: string): boolean {
  try {
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
