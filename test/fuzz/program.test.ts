// `npm run fuzz` as it is built.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeWith, distDirectory } from '../support/requirements.ts';
import { runCommand } from '../support/run-command.ts';

const program = join(distDirectory, 'fuzz');

describeWith(['geobooth-build'], 'the program', () => {
  test('prints its seed first, then a line a target', async () => {
    const run = await runCommand(program, ['--seconds', '2', '--seed', '5', '--target', 'record']);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toMatch(
      /^seed 5\nrecord +\d+ inputs in \d+\.\d s, \d+ outcomes, slowest .* ms, memory .* MB\n$/,
    );
  });

  test('reads one input again', async () => {
    const run = await runCommand(program, ['--target', 'xml', '--input', '3c612f3e']);
    expect(run).toMatchObject({ code: 0, stdout: expect.stringMatching(/^held: tree, /) });
  });

  test('tells scripts in JSON, and says what is wrong with its arguments', async () => {
    const args = ['--seconds', '1', '--seed', '6', '--target', 'record,journal'];
    const run = await runCommand(program, [...args, '--output-format', 'json']);
    expect(JSON.parse(run.stdout)).toMatchObject({
      seed: 6,
      targets: [
        { target: 'journal', failure: null },
        { target: 'record', failure: null },
      ],
    });
    const wrong = await runCommand(program, ['--target', 'gopher']);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/^error: no target "gopher"; there are datagram, request, /);
  });
});
