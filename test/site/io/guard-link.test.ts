import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { linkGuard } from '../../../site/io/guard-link.ts';
import { guardSocketPath } from '../../../site/io/guard-protocol.ts';
import type { TemporaryDirectory } from '../../support/temporary-directory.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';

let folder: TemporaryDirectory;
let server: Server;

beforeEach(async () => {
  folder = await makeTemporaryDirectory('guard-link');
  server = createServer();
  await new Promise<void>((resolve) => server.listen(guardSocketPath(folder.path), resolve));
  writeFileSync(join(folder.path, 'never'), '');
});
afterEach(async () => {
  server.close();
  await folder.remove();
});

const link = (stateDir = folder.path) =>
  linkGuard({
    stateDir,
    command: [join(folder.path, 'never')],
    selfFence: null,
    watchdog: null,
    folders: { ocfRoot: '/usr/lib/ocf', shipped: folder.path, path: '/usr/bin:/bin', graceMs: 100 },
    log: { write: () => undefined },
    onThere: () => undefined,
    onGone: () => undefined,
    onHeard: () => undefined,
    onActed: () => undefined,
    patienceMs: 200,
  });

describe('a guard that cannot be used', () => {
  it('is waited for no longer than agreed when it takes connections but says nothing', async () => {
    server.on('connection', (socket) => socket.on('error', () => undefined).resume());
    expect(await link()).toMatchObject({
      ok: false,
      error: { code: 'guard-not-there', message: expect.stringContaining('does not greet') },
    });
  });

  it('is not asked for where its socket cannot have its name', async () => {
    expect(await link(join(folder.path, 'x'.repeat(100)))).toMatchObject({
      ok: false,
      error: { code: 'guard-not-there', message: expect.stringContaining('shorter --state-dir') },
    });
  });

  it('is given up when it ends every connection', async () => {
    let count = 0;
    server.on('connection', (socket) => {
      count += 1;
      socket.destroy();
    });
    expect(await link()).toMatchObject({ ok: false, error: { code: 'guard-not-there' } });
    expect(count).toBeGreaterThan(1);
  });
});
