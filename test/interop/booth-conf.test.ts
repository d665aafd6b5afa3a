/**
 * Asks Debian's boothd what it makes of the small files our parser is tested with, so that the
 * column about booth in those tables is seen, not believed. `boothd status` reads the file and
 * ends at once: 1 means refused, 7 accepted but not running. It runs in network namespaces of its
 * own without addresses, because this boothd hangs where an IPv6 address exists.
 */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { confCases } from '../core/config/conf-cases.ts';
import { describeWith } from '../support/requirements.ts';
import { makeTemporaryDirectory, type TemporaryDirectory } from '../support/temporary-directory.ts';

const WORKERS = 4;
const DEADLINE_MS = 30_000;

/** For each file argument, prints the exit code; every run is bounded. */
const script =
  'for file in "$@"; do timeout -k 1 5 /usr/sbin/boothd status -c "$file" >/dev/null 2>&1; echo $?; done';

const exitCodes = { accepts: '7', refuses: '1' } as const;

async function askBoothd(folder: string): Promise<readonly string[]> {
  const files = confCases.map(({ bytes }, index) => {
    const path = join(folder, `case${String(index)}.conf`);
    writeFileSync(path, bytes);
    return path;
  });
  const share = Math.ceil(files.length / WORKERS);
  const outputs = await Promise.all(
    Array.from({ length: WORKERS }, async (_, worker) => {
      const mine = files.slice(worker * share, (worker + 1) * share);
      const args = ['--net', 'sh', '-c', script, 'sh', ...mine];
      const { stdout } = await promisify(execFile)('unshare', args, { timeout: DEADLINE_MS });
      return stdout.trimEnd().split('\n');
    }),
  );
  return outputs.flat();
}

describeWith(
  ['linux', 'root', 'namespaces', 'debian-booth'],
  "booth.conf as Debian's boothd reads it",
  () => {
    let verdicts: readonly string[] = [];
    let folder: TemporaryDirectory | null = null;

    beforeAll(async () => {
      folder = await makeTemporaryDirectory('booth-conf');
      verdicts = await askBoothd(folder.path);
    }, DEADLINE_MS + 5000);
    afterAll(() => folder?.remove());

    test('every file is judged', () => {
      expect(verdicts).toHaveLength(confCases.length);
    });

    test.each(confCases.map((one, index) => ({ ...one, index })))(
      'boothd $booth $title',
      ({ booth, index }) => {
        expect(verdicts[index]).toBe(exitCodes[booth]);
      },
    );
  },
);
