/** booth-protocol 9.4: what a client may make the site's cluster do, and what the cluster may do to the site. */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ClientRequest } from '../../core/wire/message.ts';
import { encodeRequest } from '../../core/wire/encode.ts';
import { sign } from '../../core/wire/authentication.ts';
import { describeWith } from '../support/requirements.ts';
import { signalProcess } from '../support/process-tree.ts';
import { waitUntil } from '../support/wait-until.ts';
import { giveMemory } from './forged-peer.ts';
import { makeRing, startMember, TICKET, type MemberProcess, type Ring } from './member-process.ts';
import {
  answersIn,
  ask,
  exchange,
  finalResult,
  grantOf,
  leaderAt,
  revokeOf,
  sentNow,
  waitForLeader,
} from './raw-client.ts';

/** Stands for `crm_ticket`: writes down its arguments, and fails, is slow or hangs when told so. */
const shim = (folder: string): string => `#!/bin/sh
cd '${folder}'
{ printf '%s\\001' "$@"; printf '\\002'; } >> calls
[ -e hang ] && { echo $$ >> hanging; exec sleep 60; }
[ -e slow ] && sleep 2
case " $* " in
  *' -g '*) [ -e refuse ] && { echo 'refused by the test' >&2; exit 1; } ;;
  *' -q '*) exit 105 ;;
esac
exit 0
`;

describeWith(['linux', 'geobooth-build'], 'a site with a cluster of its own', () => {
  let ring: Ring;
  let site: MemberProcess;
  const inside = (name: string) => join(ring.folder, 'cluster', name);
  const calls = (): string[][] =>
    existsSync(inside('calls'))
      ? readFileSync(inside('calls'), 'utf8')
          .split('\u0002')
          .slice(0, -1)
          .map((call) => call.split('\u0001').slice(0, -1))
      : [];
  const withPacemaker = () => ({
    env: { PATH: `${join(ring.folder, 'cluster')}:${process.env['PATH'] ?? ''}` },
    arguments: ['--cluster', 'pacemaker'],
  });
  const attribute = (name: string, value: string): ClientRequest => ({
    command: 'attr-set',
    from: ring.idOf(1),
    ticket: TICKET,
    attribute: name,
    value,
  });

  beforeAll(async () => {
    const ticket = ['expire = 4', 'timeout = 400ms', 'retries = 3'];
    ring = await makeRing({ name: 'cluster', network: '127.0.60', key: 'a shared secret', ticket });
    // What a shell would make of it (9.4.4).
    writeFileSync(
      ring.config,
      `name = a$(touch\${IFS}pwned)\n${readFileSync(ring.config, 'utf8')}`,
    );
    mkdirSync(inside('.'));
    writeFileSync(inside('crm_ticket'), shim(inside('.')));
    chmodSync(inside('crm_ticket'), 0o755);
    giveMemory(ring, [1, 2, 3]);
    [site] = await Promise.all([ring.start(1, withPacemaker()), ring.start(2), ring.start(3)]);
  });
  afterAll(async () => {
    await ring.close();
  });

  test.each([
    "'; touch pwned; '",
    '$(touch pwned)',
    '`touch pwned`',
    '"; touch pwned; "',
    '--delete',
    'a\nb',
    '\\',
    '| touch pwned',
  ])('9.4.2: the value %j reaches the cluster as it is', async (value) => {
    expect(finalResult(await ask(ring, 1, attribute('repl', value)))).toBe('success');
    expect(calls().at(-1)).toEqual(['-t', TICKET, '-S', 'repl', `--attr-value=${value}`]);
    expect(existsSync(inside('pwned'))).toBe(false);
  });

  test('9.4.3: names that would damage the CIB never reach the cluster', async () => {
    const before = calls().length;
    for (const name of ['1st', 'a b', 'a=b', "a'", '<a>', 'owner', 'granted', '-D', 'é']) {
      expect(finalResult(await ask(ring, 1, attribute(name, 'x'))), name).toBe('invalid-argument');
    }
    for (const fill of [0, 0x61]) {
      const bytes = encodeRequest(attribute('x', 'y'), sentNow(), ring.key);
      bytes.fill(fill, 112, 176);
      if (ring.key !== null) sign(bytes, ring.key, 304);
      const { received } = await exchange({ address: ring.addressOf(1), port: ring.port }, bytes);
      expect(finalResult(answersIn(received, ring))).toBe('invalid-argument');
    }
    expect(calls()).toHaveLength(before);
  });

  test('9.4.1: a grant the cluster refuses is no success, and the site does not keep the ticket', async () => {
    writeFileSync(inside('refuse'), '');
    expect(finalResult(await ask(ring, 1, grantOf(ring, 1), 30_000))).toBe('failed');
    await waitUntil(
      'site 1 to have given it up',
      async () => (await leaderAt(ring, 1)) !== ring.addressOf(1),
    );
    const last = calls().findLast((call) => call.includes('-g') || call.includes('-r'));
    expect(last).toContain('-r');
    expect(
      site
        .log()
        .some(
          ({ level, message }) => level !== 'info' && /refused by the test/.test(message ?? ''),
        ),
    ).toBe(true);
    rmSync(inside('refuse'));
  });

  test('9.4.4: the name of the configuration reaches the cluster as it is', () => {
    const commit = calls().find((call) => call.includes('-r'));
    expect(commit).toContain('--attr-value=a$(touch${IFS}pwned)');
    expect(existsSync(inside('pwned'))).toBe(false);
  });

  test('9.4.5: a slow cluster at a follower delays no acknowledgement', async () => {
    const holder = await leaderAt(ring, 2);
    if (holder !== ring.addressOf(2)) {
      expect(finalResult(await ask(ring, 2, grantOf(ring, 2), 20_000))).toBe('success');
    }
    await waitForLeader(ring, ring.addressOf(2));
    expect(finalResult(await ask(ring, 2, revokeOf(ring, 2), 15_000))).toBe('success');
    writeFileSync(inside('slow'), '');
    const before = calls().length;
    expect(finalResult(await ask(ring, 2, grantOf(ring, 2), 20_000))).toBe('success');
    await waitUntil('the slow cluster to be told', () => calls().length > before);
    const [peers] = await ask(ring, 2, { command: 'peers', from: ring.idOf(2) });
    const block =
      peers?.form === 'text'
        ? (peers.text.split('\n\n').find((text) => text.includes(`${ring.addressOf(1)},`)) ?? '')
        : '';
    expect(block).toMatch(/resends:0\n/);
    rmSync(inside('slow'));
  });

  test('a start that hangs in the cluster can be stopped', async () => {
    await site.stop();
    writeFileSync(inside('hang'), '');
    rmSync(inside('hanging'), { force: true });
    const { env, arguments: more } = withPacemaker();
    const hanging = await startMember(
      ring.addressOf(1),
      ring.folder,
      [...ring.argumentsOf(1), ...more],
      { env },
    );
    await waitUntil('the start to hang', () => existsSync(inside('hanging')));
    const begunAtMs = performance.now();
    const end = await hanging.stop(15_000);
    for (const pid of readFileSync(inside('hanging'), 'utf8').split('\n').filter(Boolean))
      signalProcess(Number(pid), 'SIGKILL');
    expect(end).toEqual({ code: 1, signal: null });
    expect(performance.now() - begunAtMs).toBeLessThan(5000);
    expect(hanging.output()).toContain('stopped before it was ready [stopped-early]');
    expect(existsSync(hanging.lockPath)).toBe(false);
  });
});
