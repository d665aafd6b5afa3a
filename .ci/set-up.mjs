// Brings a fresh clone to the point where tests and programs run: dependencies as locked, programs
// built. Needs nothing but Node 20 and npm. Does only what is not done yet.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const isQuiet = process.argv.includes('--quiet');
const nodeMajor = Number(process.versions.node.split('.')[0]);
if (nodeMajor < 20) {
  console.error(
    `geobooth needs Node 20 or newer, this is ${process.version}: install a newer Node`,
  );
  process.exit(1);
}

function run(what, command, args) {
  if (!isQuiet || process.stderr.isTTY) console.error(`set-up: ${what}`);
  const done = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (done.status === 0) return;
  console.error(
    `set-up: ${command} ${args.join(' ')} failed${done.error ? `: ${done.error.message}` : ''}`,
  );
  process.exit(1);
}

const lockDigest = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');
const stamp = join(root, 'node_modules', '.geobooth-lock-digest');
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lockDigest) {
  run('installing dependencies (npm ci)', 'npm', [
    'ci',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]);
  writeFileSync(stamp, lockDigest);
}
run('building dist/', process.execPath, ['esbuild.config.mjs']);
