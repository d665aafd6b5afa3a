// boothd as built: it finds out which daemon this host needs and runs that program in its own process.
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWith, distDirectory } from '../../support/requirements.ts';
import { runCommand } from '../../support/run-command.ts';
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts';

/** Stands beside boothd where the real daemon's program would be, and tells how it was started. */
const daemonProgram = (role: string): string => `
exports.main = async (argv) => {
  const line = require('node:fs').readFileSync('/proc/self/cmdline', 'utf8').split('\\0');
  process.stdout.write(JSON.stringify({ role: '${role}', argv, pid: process.pid, line }));
  return 5;
};
`;

describeWith(['linux', 'geobooth-build'], 'boothd', () => {
  let folder: TemporaryDirectory;
  const write = (name: string, content: string): string => {
    const path = join(folder.path, name);
    writeFileSync(path, content);
    return path;
  };
  const boothd = (...args: readonly string[]) =>
    runCommand(join(folder.path, 'bin/boothd'), args, { cwd: folder.path });

  beforeAll(async () => {
    folder = await makeTemporaryDirectory('boothd');
    mkdirSync(join(folder.path, 'bin'));
    for (const program of ['boothd', 'booth', 'geostore', 'package.json']) {
      copyFileSync(join(distDirectory, program), join(folder.path, 'bin', program));
    }
    for (const role of ['site', 'arbitrator']) {
      write(`bin/geobooth-${role}`, `#!/usr/bin/env node\n${daemonProgram(role)}`);
    }
    const members = 'site = 127.0.0.1\nsite = 203.0.113.2\narbitrator = 127.0.0.3\n';
    write('ring.conf', members);
    write('far.conf', members.replaceAll('127.0.0', '203.0.113'));
    write('told.conf', members.replaceAll('127.0.0', '203.0.113'));
    write('told.local.conf', 'self = 203.0.113.3\n');
  });
  afterAll(async () => {
    await folder.remove();
  });

  test.each([
    ['its own address', ['daemon', '-c', './ring.conf', '-S'], 'site'],
    ['the word site', ['site', '-c', './ring.conf'], 'site'],
    ['the word arbitrator, which does not choose', ['arbitrator', '-c', './ring.conf'], 'site'],
    ['--self', ['daemon', '-c', './ring.conf', '--self', '127.0.0.3'], 'arbitrator'],
    ['-D -s', ['start', '-D', '-s', '127.0.0.3', '-c', './ring.conf'], 'arbitrator'],
    ['NAME.local.conf', ['daemon', '-c', './told.conf'], 'arbitrator'],
    [
      '--self over NAME.local.conf',
      ['daemon', '-c', './told.conf', '--self', '203.0.113.1'],
      'site',
    ],
  ])('starts the program of the role found by %s', async (_, args, role) => {
    const outcome = await boothd(...args);
    expect(outcome.stderr).toBe('');
    expect(outcome.code).toBe(5);
    expect(JSON.parse(outcome.stdout)).toMatchObject({ role, argv: args.slice(1) });
  });

  test('runs it in its own process, under its own process line', async () => {
    const outcome = await boothd('daemon', '-c', './ring.conf');
    const { line } = JSON.parse(outcome.stdout) as { readonly line: readonly string[] };
    expect(line.slice(0, -1).join(' ')).toMatch(/\bboothd daemon -c \.\/ring\.conf$/);
  });

  test('works through a symlink from anywhere', async () => {
    const link = join(folder.path, 'elsewhere');
    symlinkSync('bin/boothd', link);
    const outcome = await runCommand(link, ['daemon', '-c', join(folder.path, 'ring.conf')], {
      cwd: '/',
    });
    expect(outcome).toMatchObject({ code: 5 });
    for (const program of ['booth', 'geostore', 'boothd']) {
      const path = join(folder.path, `link-to-${program}`);
      symlinkSync(join(folder.path, 'bin', program), path);
      const told = await runCommand(path, ['--version'], { cwd: '/' });
      expect(told).toMatchObject({ code: 0, stderr: '' });
      expect(told.stdout).toMatch(/^(booth|geostore) \d+\.\d+\.\d+\S* \(geobooth\)\n$/);
    }
  });

  test('starts nothing where no address is its own, and says what it looked for', async () => {
    const outcome = await boothd('daemon', '-c', './far.conf');
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(
      /203\.0\.113\.1, 203\.0\.113\.2, 203\.0\.113\.3.*--self ADDRESS/,
    );
  });

  test('tells all that is wrong at once, and starts nothing', async () => {
    write('wrong.conf', 'site = 127.0.0.1\nexpire = 3\nsight = 1\nauthfile = /nonexistent/key\n');
    write('wrong.local.conf', 'cluster = corosync\n');
    const outcome = await boothd('daemon', '-c', './wrong.conf');
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(/wrong\.conf:2:/);
    expect(outcome.stderr).toMatch(/wrong\.conf:3:/);
    expect(outcome.stderr).toMatch(/wrong\.local\.conf:1:/);
    expect(outcome.stderr.trim().split('\n').length).toBeGreaterThanOrEqual(3);
  });

  test.each([
    ['a key that is missing', ['-c', './keyless.conf'], /authfile .*does not exist/],
    ['a missing file', ['-c', './nope.conf'], /nope\.conf does not exist/],
    ['-s without -D', ['-c', './ring.conf', '-s', '127.0.0.1'], /-s goes only with -D/],
    ['a relative state folder', ['-c', './ring.conf', '--state-dir', 'x'], /absolute path/],
    ['a listen that is no address', ['-c', './ring.conf', '--listen', 'lo'], /IP address/],
    ['a --self that is no member', ['-c', './ring.conf', '--self', '127.0.0.9'], /no member/],
  ])('starts nothing with %s', async (_, args, says) => {
    write('keyless.conf', 'site = 127.0.0.1\nauthfile = /nonexistent/key\n');
    const outcome = await boothd('daemon', ...args);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(says);
  });

  test('says so when the program of its role is not beside it', async () => {
    const alone = join(folder.path, 'alone');
    mkdirSync(alone);
    for (const name of ['boothd', 'package.json']) {
      copyFileSync(join(distDirectory, name), join(alone, name));
    }
    const args = ['daemon', '-c', join(folder.path, 'ring.conf')];
    const outcome = await runCommand(join(alone, 'boothd'), args);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(/cannot load .*geobooth-site.*install all programs/);
  });

  test.each(['site', 'arbitrator'])('geobooth-%s explains itself too', async (role) => {
    const program = join(distDirectory, `geobooth-${role}`);
    const help = await runCommand(program, ['--help']);
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toMatch(/^Usage:\n[^]*Exit codes:\n {2}0 [^]*Examples:\n/);
    const version = await runCommand(program, ['-V']);
    expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/ \(geobooth\)\n$/) });
  });

  test('without arguments it explains itself', async () => {
    for (const args of [[], ['-h'], ['help'], ['daemon', '--help']]) {
      const outcome = await boothd(...args);
      expect(outcome).toMatchObject({ code: 0, stderr: '' });
      expect(outcome.stdout).toMatch(/^Usage:\n[^]*Exit codes:\n {2}0 [^]*Examples:\n/);
    }
    expect(await boothd('client')).toMatchObject({ code: 1 });
  });
});
