// geo: its grammar in this process, its commands as built against a server of prepared answers.
import { copyFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { geoProgram, optionsLast } from '../../../core/cli/geo-program.ts';
import { describeWith, distDirectory } from '../../support/requirements.ts';
import { runCommand } from '../../support/run-command.ts';
import {
  makeTemporaryDirectory,
  type TemporaryDirectory,
} from '../../support/temporary-directory.ts';
import { result, startCannedServer, text, type CannedServer } from './canned-server.ts';

describe('options of geo', () => {
  test.each([
    ['booth status', 'booth status'],
    ['--name x booth status', 'booth status --name x'],
    ['booth --name x status', 'booth status --name x'],
    [
      'booth ticket -c f grant t --output-format json s',
      'booth ticket grant t s -c f --output-format json',
    ],
    ['booth --output-format=json status', 'booth status --output-format=json'],
    ['--help booth', 'booth --help'],
    ['booth --name', 'booth --name'],
    ['check -- -x', 'check -- -x'],
  ])('"%s" is read as "%s"', (line, expected) => {
    expect(optionsLast(line.split(' ')).join(' ')).toBe(expected);
  });
});

describe('geo', () => {
  const geo = async (...argv: readonly string[]) => {
    let [out, err] = ['', ''];
    const code = await geoProgram(argv, {
      out: (part) => void (out += part),
      err: (part) => void (err += part),
      isWatched: false,
      isOutWatched: false,
    });
    return { code, out, err };
  };

  test.each([
    [['--help']],
    [['booth', '--help']],
    [['help', 'booth']],
    [['booth', 'config', '--help']],
    [['booth', 'status', '-h']],
    [['booth', 'ticket', '--help']],
    [['booth', 'ticket', 'grant', '--help']],
    [['status', '--help']],
    [['check', '--help']],
  ])('%j ends with an example', async (argv) => {
    const { code, out, err } = await geo(...argv);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^Usage: geo/);
    expect(out).toMatch(/\nExamples:\n {2}geo /);
  });

  test('tells its version and its exit codes', async () => {
    expect(await geo('--version')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^geo \S+ \(geobooth\)\n$/),
    });
    expect((await geo('--help')).out).toMatch(/Exit codes:\n {2}0 .*\n {2}1 .*\n {2}3 /);
  });

  test.each([
    [[], /Usage: geo/],
    [['both'], /Error: unknown command 'both'[^]*booth/],
    [
      ['booth', 'ticket', 'grant'],
      /Error: missing required argument 'ticket'[^]*Usage: geo booth ticket grant/,
    ],
    [['booth', 'ticket', 'grant', 'a', 'b', 'c'], /Error: too many arguments/],
    [['booth', 'config', '--force'], /Error: unknown option '--force'/],
    [['status', '--output-format', 'xml'], /Error: .*Allowed choices are text, json/],
    [['booth', 'config', '--name', 'a/b'], /Error: "a\/b" is no instance name/],
    [
      ['booth', 'config', '--name', 'a', '-c', 'b'],
      /Error: --name and -c both name a configuration/,
    ],
    [['booth', 'config', '--name', 'no-such-ring'], /Error: .*\/etc\/booth\/no-such-ring\.conf/],
    [['check', '--request-timeout', '5'], /Error: unknown option '--request-timeout'/],
    [['status', '--request-timeout', 'x'], /Error: --request-timeout must be a number/],
  ])('%j is refused on stderr with exit code 1', async (argv, says) => {
    const { code, out, err } = await geo(...argv);
    expect(err).toMatch(says);
    expect({ code, out }).toEqual({ code: 1, out: '' });
  });
});

const site = '127.0.0.46';
const listText =
  'ticket: web, leader: 127.0.0.46, expires: 2026-11-20 12:57:35\nticket: db, leader: none\n';

const cib = `<cib validate-with="pacemaker-3.9" epoch="1" num_updates="0" admin_epoch="0">
  <configuration><crm_config/><nodes><node id="1" uname="alpha"/></nodes>
    <resources><group id="web-group">
      <primitive id="web-ip" class="ocf" provider="heartbeat" type="Dummy"/>
      <primitive id="web-server" class="ocf" provider="geobooth" type="http"/>
    </group></resources>
    <constraints><rsc_ticket id="web-needs" rsc="web-group" ticket="web" loss-policy="stop"/></constraints>
  </configuration>
  <status><node_state id="1" uname="alpha" in_ccm="true" crmd="online"><lrm id="1"><lrm_resources>
    <lrm_resource id="web-ip" class="ocf" provider="heartbeat" type="Dummy">
      <lrm_rsc_op id="web-ip_last_0" operation="start" call-id="3" rc-code="0" op-status="0" interval="0"/>
    </lrm_resource>
    <lrm_resource id="web-server" class="ocf" provider="geobooth" type="http">
      <lrm_rsc_op id="web-server_last_0" operation="start" call-id="4" rc-code="1" op-status="0" interval="0" exit-reason="port taken"/>
    </lrm_resource>
  </lrm_resources></lrm></node_state></status>
</cib>
`;

describeWith(['linux', 'geobooth-build'], 'geo as built', () => {
  let folder: TemporaryDirectory;
  let server: CannedServer;
  const geo = (...args: readonly string[]) =>
    runCommand(join(distDirectory, 'geo'), args, { cwd: folder.path, timeoutMs: 20_000 });

  beforeAll(async () => {
    folder = await makeTemporaryDirectory('geo');
    server = await startCannedServer(site);
    const ring = [
      `# the ring`,
      `port = ${server.port}`,
      `site = ${site}`,
      'site = 127.0.0.47',
      'arbitrator = 127.0.0.48',
      'ticket = "web"',
      '  expire = 600',
      'ticket = "db"',
      '',
      '',
    ];
    writeFileSync(join(folder.path, 'ring.conf'), ring.join('\n'));
    writeFileSync(join(folder.path, 'ring.local.conf'), `self = ${site}\n`);
    writeFileSync(join(folder.path, 'wrong.conf'), 'sight = 1\nsite = 127.0.0.1\nport = x\n');
    mkdirSync(join(folder.path, 'state'));
    writeFileSync(join(folder.path, 'state/cib.xml'), cib);
  });
  afterAll(async () => {
    await server.close();
    await folder.remove();
  });
  beforeEach(() => {
    server.requests.length = 0;
  });
  const ring = ['-c', './ring.conf'];

  test('booth config prints the file as it stands, a broken one too', async () => {
    const outcome = await geo('booth', 'config', ...ring);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.stdout).toMatch(/^# the ring\n[^]*ticket = "db"\n$/);
    expect((await geo('booth', 'config', '-c', './wrong.conf')).stdout).toContain('sight = 1');
    const json = await geo('booth', 'config', ...ring, '--output-format', 'json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      name: 'ring',
      members: [{ role: 'site', address: site }, {}, { role: 'arbitrator' }],
      tickets: [{ name: 'web', expireMs: 600_000 }, { name: 'db' }],
    });
  });

  test('booth ticket grant and revoke: silent when done, an error with its reason when not', async () => {
    server.script([result('success')]);
    for (const change of ['grant', 'revoke']) {
      const done = await geo('booth', 'ticket', change, 'web', ...ring);
      expect(done).toMatchObject({ code: 0, stdout: '', stderr: '' });
    }
    expect(server.requests).toMatchObject([{ command: 'grant' }, { command: 'revoke-request' }]);
    server.script([result('overgrant')]);
    const held = await geo('booth', 'ticket', 'grant', 'web', site, ...ring);
    expect(held).toMatchObject({ code: 1, stdout: '' });
    expect(held.stderr).toMatch(
      /^Error: cannot grant ticket "web" at 127\.0\.0\.46: .*already granted/,
    );
    server.script([result('more'), result('more'), result('more')]);
    const open = await geo('booth', 'ticket', 'grant', 'web', ...ring, '--output-format', 'json');
    expect(open.code).toBe(3);
    expect(JSON.parse(open.stdout)).toMatchObject({ outcome: 'undecided', exitCode: 3 });
    const vain = await geo('booth', 'ticket', 'grant', 'web', '127.0.0.48', ...ring);
    expect(vain.stderr).toMatch(/^Error: .*just an arbitrator/);
  });

  const peersText =
    'site         127.0.0.47, last recv: 2026-11-20 12:55:58\n\tSent pkts:10 error:0 resends:0\n\tRecv pkts:5 error:0 authfail:0 invalid:0\n\n';
  const answerBoth = () => {
    server.script((request) => [text(request?.command === 'peers' ? peersText : listText)]);
  };

  test('booth status prints the sections as pcs does', async () => {
    answerBoth();
    const outcome = await geo('booth', 'status', ...ring);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    // No daemon runs here by its lock file, so the third section is left out.
    expect(outcome.stdout).toBe(`TICKETS:\n${listText}\nPEERS:\n${peersText}\n`);
    const json = await geo('booth', 'status', ...ring, '--output-format', 'json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      tickets: [{ ticket: 'web' }, { ticket: 'db' }],
      peers: [{ address: '127.0.0.47' }],
      daemon: { isRunning: false },
    });
  });

  test('booth status fails as a whole when the daemon does not answer', async () => {
    server.script([]);
    const outcome = await geo('booth', 'status', ...ring);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(/^Error: cannot list tickets: /);
  });

  test('status shows tickets, and the cluster of this host', async () => {
    answerBoth();
    const args = ['status', ...ring, '--state-dir', './state'];
    const json = await geo(...args, '--output-format', 'json');
    expect(json).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(json.stdout)).toMatchObject({
      name: 'ring',
      server: site,
      tickets: [{ ticket: 'web', leader: site }, { ticket: 'db' }],
      peers: [{ address: '127.0.0.47', received: { packets: 5 } }],
      cluster: {
        resources: [
          { id: 'web-ip', group: 'web-group', tickets: ['web'], state: 'started', node: 'alpha' },
          { id: 'web-server', state: 'failed', node: 'alpha', reason: 'port taken' },
        ],
      },
    });
    const page = await geo(...args);
    expect(page).toMatchObject({ code: 0, stderr: '' });
    expect(page.stdout).toMatch(
      /web-group \/ web-server +ocf:geobooth:http +failed on alpha: port taken +web\n/,
    );
    expect(page.stdout).not.toContain('\u001b');
  });

  test('status shows what runs here although the daemon does not answer', async () => {
    server.script([]);
    const args = ['status', ...ring, '--state-dir', './state'];
    const page = await geo(...args);
    expect(page.code).toBe(1);
    expect(page.stdout).toMatch(/^Ring: the daemon of this host cannot be asked\n[^]*web-ip/);
    expect(page.stderr).toMatch(/^Error: cannot list tickets: /);
    const json = await geo(...args, '--output-format', 'json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      tickets: null,
      cluster: { resources: [{ id: 'web-ip' }, { id: 'web-server' }] },
    });
    expect(json.code).toBe(1);
  });

  test('status says why there is no guard to rely on', async () => {
    answerBoth();
    const args = ['status', ...ring, '--state-dir', './state'];
    const trouble = join(folder.path, 'state', 'guard-trouble');
    writeFileSync(trouble, 'the watchdog is busy\n');
    expect((await geo(...args)).stdout).toContain('\nno guard to rely on: the watchdog is busy\n');
    const json = await geo(...args, '--output-format', 'json');
    expect(JSON.parse(json.stdout)).toMatchObject({
      cluster: { guardTrouble: 'the watchdog is busy' },
    });
    rmSync(trouble);
    expect((await geo(...args)).stdout).not.toContain('no guard');
  });

  test('status says what is wrong with answers it cannot read', async () => {
    server.script([text(listText)]);
    const outcome = await geo('status', ...ring);
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(/^Error: the answer to peers has an unexpected line 1/);
  });

  test('check finds everything, with exit code 1 for errors', async () => {
    const sound = await geo('check', ...ring);
    expect(sound).toMatchObject({ code: 0, stderr: '' });
    expect(sound.stdout).toMatch(
      /ring\.conf: valid \(0 errors, .*2 sites, 1 arbitrator, 2 tickets/,
    );
    const wrong = await geo('check', '-c', './wrong.conf');
    expect(wrong).toMatchObject({ code: 1, stderr: '' });
    expect(wrong.stdout).toMatch(/wrong\.conf:1:[^]*wrong\.conf:3:[^]*not valid/);
    const json = await geo('check', '-c', './wrong.conf', '--output-format', 'json');
    expect(JSON.parse(json.stdout)).toMatchObject({ isValid: false });
    expect(await geo('check', '-c', './none.conf')).toMatchObject({ code: 1 });
    copyFileSync(join(folder.path, 'ring.conf'), join(folder.path, 'stranger.conf'));
    writeFileSync(join(folder.path, 'stranger.local.conf'), 'self = 192.0.2.99\n');
    const stranger = await geo('check', '-c', './stranger.conf');
    expect(stranger.stdout).toMatch(/stranger\.local\.conf: error: "192\.0\.2\.99" is no member/);
    expect(stranger.code).toBe(1);
  });

  test('works through a symlink from anywhere', async () => {
    const link = join(folder.path, 'elsewhere');
    symlinkSync(join(distDirectory, 'geo'), link);
    const outcome = await runCommand(link, ['check', '-c', join(folder.path, 'ring.conf')], {
      cwd: '/',
    });
    expect(outcome).toMatchObject({ code: 0 });
  });
});
