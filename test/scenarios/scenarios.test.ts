/** Every `.txt` beside this file is a story with what is seen; `UPDATE=1` rewrites them. */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { playScenario } from './play.ts';

const folder = dirname(fileURLToPath(import.meta.url));
const names = readdirSync(folder).filter((name) => name.endsWith('.txt'));

test.each(names)('%s', async (name) => {
  const path = join(folder, name);
  const written = readFileSync(path, 'utf8');
  const played = await playScenario(written);
  if (process.env['UPDATE'] === '1') writeFileSync(path, played);
  else expect(played).toBe(written);
});
