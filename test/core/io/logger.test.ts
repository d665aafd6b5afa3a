import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogEvent } from '../../../core/base/log-event.ts';
import { logDestination } from '../../../core/io/log-destination.ts';
import { createLogger, plainLine, type LoggerOptions } from '../../../core/io/logger.ts';
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts';
import { bundleProgram } from './bundled.ts';

const granted: LogEvent = {
  level: 'info',
  event: 'state-changed',
  message: 'db: follower → leader, term 7, leader 10.0.0.1, 59.8 s left (elected)',
  fields: { ticket: 'db', state: 'leader', term: 7 },
};
const epochMs = (): number => Date.UTC(2026, 10, 20, 12, 57, 35, 123);

const logged = (events: readonly LogEvent[], options: Partial<LoggerOptions> = {}): string[] => {
  const lines: string[] = [];
  const logger = createLogger({
    format: 'json',
    level: 'info',
    member: '10.0.0.1',
    epochMs,
    destination: { write: (line) => lines.push(line), flush: () => Promise.resolve() },
    ...options,
  });
  for (const event of events) logger.write(event);
  return lines;
};

describe('the log', () => {
  it('is one JSON object a line for machines', () => {
    const [line = ''] = logged([granted]);
    expect(line.endsWith('}\n')).toBe(true);
    expect(JSON.parse(line)).toEqual({
      level: 'info',
      time: '2026-11-20T12:57:35.123Z',
      member: '10.0.0.1',
      event: 'state-changed',
      message: granted.message,
      ticket: 'db',
      state: 'leader',
      term: 7,
    });
  });

  it('is one plain line for people', () => {
    const at = new Date(2026, 10, 20, 12, 57, 35, 123).getTime();
    expect(plainLine(granted, at)).toBe(
      '2026-11-20 12:57:35.123 info  db: follower → leader, term 7, leader 10.0.0.1, 59.8 s left (elected)\n',
    );
    expect(plainLine({ ...granted, level: 'warning' }, at)).toContain('.123 warn  db:');
    expect(logged([granted], { format: 'plain' })[0]).toContain(' info  db: follower → leader');
  });

  it('lets no message forge a line or colour the terminal', () => {
    const forged = { ...granted, message: 'a\n2026 error \u001b[31mb\u009bc\u2028d' };
    expect(plainLine(forged, 0).slice(24)).toBe(
      'info  a\\u000a2026 error \\u001b[31mb\\u009bc\\u2028d\n',
    );
    expect(logged([forged])[0]?.trimEnd().includes('\n')).toBe(false);
  });

  it.each([
    ['debug', ['debug', 'info', 'warning', 'error']],
    ['info', ['info', 'warning', 'error']],
    ['error', ['error']],
  ] as const)('at level %s holds %s', (level, kept) => {
    const levels = ['debug', 'info', 'warning', 'error'] as const;
    const lines = logged(
      levels.map((each) => ({ ...granted, level: each })),
      { level },
    );
    expect(lines.map((line) => (JSON.parse(line) as { level: string }).level)).toEqual(kept);
  });

  it('lets no field take the place of what the line itself says', () => {
    const sly = { ...granted, fields: { level: 'debug', time: 0, member: 'x', ticket: 'db' } };
    expect(JSON.parse(logged([sly])[0] ?? '')).toMatchObject({
      level: 'info',
      member: '10.0.0.1',
      level_: 'debug',
      time_: 0,
      member_: 'x',
      ticket: 'db',
    });
  });
});

describe('where the log goes', () => {
  let folder: TemporaryDirectory;
  beforeEach(async () => (folder = await makeTemporaryDirectory('logger')));
  afterEach(() => folder.remove());

  it('writes a file at once', () => {
    const path = join(folder.path, 'log');
    const fd = openSync(path, 'a');
    const logger = createLogger({ fd, format: 'auto', level: 'info', member: null });
    logger.write(granted);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ event: 'state-changed' });
    closeSync(fd);
  });

  it('survives a descriptor that cannot be written', async () => {
    const path = join(folder.path, 'log');
    closeSync(openSync(path, 'a'));
    const fd = openSync(path, 'r');
    const destination = logDestination(fd);
    destination.write('lost\n');
    await destination.flush(100);
    closeSync(fd);
    expect(readFileSync(path, 'utf8')).toBe('');
  });

  /** Writes 5 MB to descriptor 3 before the test reads any of it, then ends. */
  const talker = `
    import { logDestination } from '../../../core/io/log-destination.ts';
    const destination = logDestination(3);
    const startedAt = performance.now();
    for (let count = 0; count < 50_000; count += 1) destination.write('x'.repeat(99) + '\\n');
    console.log(performance.now() - startedAt < 5000 ? 'wrote in time' : 'was held up');
    process.stdin.once('data', () => void destination.flush(200).then(() => process.exit(0)));`;

  const startTalker = async (): Promise<ChildProcess> => {
    const program = join(folder.path, 'talker.js');
    await bundleProgram(talker, program);
    return spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit', 'pipe'] });
  };

  it('does not hold up a program whose log nobody reads, nor its end', async () => {
    const child = await startTalker();
    const ended = once(child, 'exit');
    const said = once(child.stdout ?? child, 'data');
    expect(String(await said)).toContain('wrote in time');
    child.stdin?.write('end');
    expect(await ended).toEqual([0, null]);
  });

  it('keeps the first lines for a slow reader and says how many were lost', async () => {
    const child = await startTalker();
    await once(child.stdout ?? child, 'data');
    let read = '';
    child.stdio[3]?.on('data', (chunk) => (read += String(chunk)));
    child.stdin?.write('end');
    await once(child, 'close');
    const lines = read.trimEnd().split('\n');
    const lost = Number(/^\((\d+) log lines lost/.exec(lines.at(-1) ?? '')?.[1]);
    expect(lines.length - 1 + lost).toBe(50_000);
    expect(lost).toBeGreaterThan(30_000);
  });
});
