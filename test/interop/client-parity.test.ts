// Scripts that call booth must not notice whose client it is: the same arguments, against the same C daemons, print
// the same on standard output and exit with the same code. Where geobooth differs on purpose the table says so.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runClient, startMember, waitUntilServing, type ClientProgram } from '../lab/members.ts';
import { printRing } from '../lab/ring-configuration.ts';
import { createLab, type Lab } from '../lab/ring-lab.ts';
import type { CommandOutcome } from '../support/run-command.ts';
import { describeWith } from '../support/requirements.ts';
import { timings } from './mixed-ring.ts';

const site1 = '10.77.0.1';
const site2 = '10.77.0.2';
const arbitrator = '10.77.0.3';
/** Configured, but no daemon runs there. */
const absent = '10.77.0.4';
const stranger = '192.0.2.1';

interface ParityCase {
  readonly title: string;
  readonly command: readonly [ClientProgram, ...string[]];
  readonly code: number;
  /** Exit code of geobooth's client where it is meant to differ from Debian's. */
  readonly geoboothCode?: number;
  readonly at?: 'site1' | 'arbitrator';
}

/** A local mistake exits 0 in Debian's booth and 1 in upstream's; geobooth never reports a failure as success. */
const debianForgives = { code: 0, geoboothCode: 1 } as const;

const cases: readonly ParityCase[] = [
  { title: 'list', command: ['booth', 'list'], code: 0 },
  { title: 'client list', command: ['booth', 'client', 'list'], code: 0 },
  { title: 'list at the arbitrator', command: ['booth', 'list'], code: 0, at: 'arbitrator' },
  { title: 'list of another', command: ['booth', 'list', '-s', site2], code: 0 },
  {
    title: 'list with a configuration by name',
    command: ['booth', 'list', '-c', 'booth'],
    code: 0,
  },
  {
    title: 'list with a configuration by path',
    command: ['booth', 'list', '-c', '/etc/booth/booth.conf'],
    code: 0,
  },
  { title: 'list without a daemon', command: ['booth', 'list', '-s', absent], code: 1 },
  { title: 'list of a stranger', command: ['booth', 'list', '-s', stranger], code: 2 },
  { title: 'peers of a stranger', command: ['booth', 'peers', '-s', stranger], code: 2 },
  {
    title: 'list without a configuration',
    command: ['booth', 'list', '-c', 'missing'],
    code: 1,
  },
  { title: 'list with a wrong key', command: ['booth', 'list', '-c', 'wrong-key'], code: 1 },
  {
    title: 'grant with a wrong key',
    command: ['booth', 'grant', '-c', 'wrong-key', 'second'],
    code: 1,
  },
  { title: 'grant of a held ticket', command: ['booth', 'grant', 'first'], code: 1 },
  {
    title: 'grant of a held ticket elsewhere',
    command: ['booth', 'grant', '-s', site2, 'first'],
    code: 1,
  },
  { title: 'grant of an unknown ticket', command: ['booth', 'grant', 'unknown'], code: 1 },
  { title: 'grant of no ticket', command: ['booth', 'grant'], ...debianForgives },
  {
    title: 'grant to an arbitrator',
    command: ['booth', 'grant', '-s', arbitrator, 'second'],
    ...debianForgives,
  },
  {
    title: 'grant to a stranger',
    command: ['booth', 'grant', '-s', stranger, 'second'],
    ...debianForgives,
  },
  {
    title: 'grant without a daemon',
    command: ['booth', 'grant', '-s', absent, 'second'],
    code: 1,
  },
  { title: 'revoke of an idle ticket', command: ['booth', 'revoke', 'second'], code: 0 },
  { title: 'revoke of an unknown ticket', command: ['booth', 'revoke', '-t', 'unknown'], code: 1 },
  {
    title: 'revoke at an arbitrator',
    command: ['booth', 'revoke', '-s', arbitrator, 'second'],
    ...debianForgives,
  },
  {
    title: 'geostore get',
    command: ['geostore', 'get', '-t', 'first', 'colour'],
    code: 0,
  },
  { title: 'geostore list', command: ['geostore', 'list', '-t', 'first'], code: 0 },
  { title: 'geostore list of nothing', command: ['geostore', 'list', '-t', 'second'], code: 0 },
  {
    title: 'geostore get of an unset attribute',
    command: ['geostore', 'get', '-t', 'first', 'shape'],
    code: 1,
  },
  {
    title: 'geostore delete of an unset attribute',
    command: ['geostore', 'delete', '-t', 'first', 'shape'],
    code: 1,
  },
  {
    title: 'geostore get of an unknown ticket',
    command: ['geostore', 'get', '-t', 'unknown', 'colour'],
    code: 1,
  },
  {
    title: 'geostore get with a wrong key',
    command: ['geostore', 'get', '-c', 'wrong-key', '-t', 'first', 'colour'],
    code: 1,
  },
];

const hosts = [
  { name: 'site1', address: site1 },
  { name: 'site2', address: site2 },
  { name: 'arbitrator', address: arbitrator },
];

const startRingOfC = async (lab: Lab): Promise<void> => {
  const key = randomBytes(32).toString('base64');
  for (const host of lab.hosts) {
    const print = (authfile: string): string =>
      printRing({
        sites: [site1, site2, absent],
        arbitrators: [arbitrator, '10.77.0.5'],
        tickets: ['first', 'second'],
        timings: { ...timings, expireSeconds: 300 },
        authfile,
      });
    await host.writeConfiguration('booth.conf', print('/etc/booth/booth.key'));
    await host.writeConfiguration('booth.key', key, 0o600);
    await host.writeConfiguration('wrong-key.conf', print('/etc/booth/wrong.key'));
    await host.writeConfiguration('wrong.key', `not ${key}`, 0o600);
  }
  const members = await Promise.all(
    lab.hosts.map((host) =>
      startMember({
        kind: 'c',
        host,
        configuration: '/etc/booth/booth.conf',
        role: host.name === 'arbitrator' ? 'arbitrator' : 'site',
      }),
    ),
  );
  await Promise.all(members.map((member) => waitUntilServing(member)));
};

describeWith(
  ['linux', 'root', 'namespaces', 'nft', 'debian-booth', 'geobooth-build'],
  'clients of both kinds at C daemons',
  () => {
    let lab: Lab | undefined;
    const client = async (
      kind: 'c' | 'geobooth',
      at: string,
      command: readonly [ClientProgram, ...string[]],
    ): Promise<CommandOutcome> => {
      if (lab === undefined) throw new Error('the lab was not made');
      return runClient(kind, lab.host(at), command, { timeoutMs: 20_000 });
    };

    beforeAll(async () => {
      lab = await createLab({ hosts });
      await startRingOfC(lab);
      const preparations: readonly (readonly [ClientProgram, ...string[]])[] = [
        ['booth', 'grant', '-F', '-w', 'first'],
        ['geostore', 'set', '-t', 'first', 'colour', 'deep green'],
      ];
      for (const command of preparations) {
        const { code, stderr } = await client('c', 'site1', command);
        if (code !== 0) throw new Error(`${command.join(' ')}: ${stderr}`);
      }
    });
    afterAll(async () => {
      await lab?.dispose();
    });

    for (const { title, command, code, geoboothCode = code, at = 'site1' } of cases) {
      const note = geoboothCode === code ? '' : `, where Debian exits ${String(code)}`;
      it(`${title} exits ${String(geoboothCode)}${note}`, async () => {
        const c = await client('c', at, command);
        const ours = await client('geobooth', at, command);
        expect(c.code, `Debian's ${command.join(' ')}: ${c.stderr}`).toBe(code);
        expect(ours.code, `${command.join(' ')}: ${ours.stderr}`).toBe(geoboothCode);
        expect(ours.stdout).toBe(c.stdout);
        // Whoever fails says why, on standard error.
        if (geoboothCode !== 0) expect(ours.stderr.trim()).not.toBe('');
      });
    }
  },
);
