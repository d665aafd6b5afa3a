import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configCodes } from '../../../core/config/problem-codes.ts';

const read = (folder: string): string =>
  readdirSync(new URL(`../../../core/${folder}/`, import.meta.url))
    .filter((name) => name.endsWith('.ts') && name !== 'problem-codes.ts')
    .map((name) =>
      readFileSync(new URL(`../../../core/${folder}/${name}`, import.meta.url), 'utf8'),
    )
    .join('\n');

const sources = `${read('config')}\n${readFileSync(new URL('../../../core/io/config-file.ts', import.meta.url), 'utf8')}`;

test.each(Object.entries(configCodes))('%s is used and explained', (code, explanation) => {
  // Codes of files are put together from the file and the reason.
  const [, reason = ''] = /^(?:config|authfile)-(.*)$/.exec(code) ?? [];
  const isUsed = sources.includes(`'${code}'`) || sources.includes(`reason: '${reason}'`);
  expect(isUsed).toBe(true);
  expect(explanation).toMatch(/\.$/);
});
