// The files that make a ring, all in one temporary folder, and ports nobody has.
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runOrThrow } from '../support/run-command.ts';
import {
  programPath,
  ticket,
  timings,
  type DemoRing,
  type MemberKey,
  type PlannedMember,
} from './plan.ts';
import { siteCib } from './site-cib.ts';

/** Makes the folder with configuration, key and a CIB for each site; starts nothing. */
export async function prepareRing(): Promise<DemoRing> {
  // booth.conf holds paths of at most 64 bytes.
  const parent = tmpdir().length <= 32 ? tmpdir() : '/tmp';
  const folder = await mkdtemp(join(parent, 'geobooth-demo-'));
  const members = {
    'site-1': plan(folder, 'site-1', 'site 1', '127.0.1.1'),
    'site-2': plan(folder, 'site-2', 'site 2', '127.0.1.2'),
    arbitrator: plan(folder, 'arbitrator', 'arbitrator', '127.0.1.3'),
  };
  const addresses = Object.values(members).map(({ address }) => address);
  const port = await freePort(addresses, null);
  const pagePort = await freePort(addresses, port);
  const configuration = join(folder, 'booth.conf');
  const keyFile = join(folder, 'booth.key');
  const ring = { folder, configuration, keyFile, port, pagePort, members };
  await runOrThrow(programPath('booth-keygen'), [keyFile]);
  await writeFile(configuration, configurationText(ring));
  for (const member of Object.values(members)) {
    await mkdir(member.stateDirectory, { recursive: true, mode: 0o700 });
    await mkdir(member.runDirectory, { recursive: true });
    if (member.role !== 'site') continue;
    const cib = siteCib({ site: member, pagePort });
    await writeFile(join(member.stateDirectory, 'cib.xml'), cib, { mode: 0o600 });
  }
  return ring;
}

function plan(ringFolder: string, key: MemberKey, title: string, address: string): PlannedMember {
  const folder = join(ringFolder, key);
  return {
    key,
    title,
    role: key === 'arbitrator' ? 'arbitrator' : 'site',
    address,
    folder,
    stateDirectory: join(folder, 'state'),
    runDirectory: join(folder, 'run'),
    logFile: join(folder, 'log'),
  };
}

const configurationText = ({ port, keyFile, members }: DemoRing): string => `\
# Two sites that can hold the ticket, and an arbitrator that only votes.
port = ${String(port)}
authfile = ${keyFile}
site = ${members['site-1'].address}
site = ${members['site-2'].address}
arbitrator = ${members.arbitrator.address}

ticket = ${ticket}
  expire = ${String(timings.expireSecs)}
  renewal-freq = ${String(timings.renewalSecs)}
  timeout = ${String(timings.timeoutSecs)}
  retries = ${String(timings.retries)}
`;

/** Below the ports that systems hand out by themselves. */
const PORT_MIN = 20_000;
const PORT_MAX = 29_999;
const PORT_TRIES = 50;

/** A port that is free for TCP and UDP on every address, and not the one to avoid. */
async function freePort(addresses: readonly string[], avoid: number | null): Promise<number> {
  for (let tries = 0; tries < PORT_TRIES; tries += 1) {
    const port = randomInt(PORT_MIN, PORT_MAX + 1);
    if (port === avoid) continue;
    const found = await Promise.all(addresses.map((address) => isFree(address, port)));
    if (found.every((isOneFree) => isOneFree)) return port;
  }
  throw new Error(
    `no port from ${String(PORT_MIN)} to ${String(PORT_MAX)} is free on ${addresses.join(', ')}; ` +
      'the demo needs Linux, where all of 127.0.0.0/8 is this machine',
  );
}

const isFree = async (address: string, port: number): Promise<boolean> =>
  (await isTcpFree(address, port)) && (await isUdpFree(address, port));

const isTcpFree = (address: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: address, port, exclusive: true }, () => {
      server.close(() => resolve(true));
    });
  });

const isUdpFree = (address: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => {
      socket.close();
      resolve(false);
    });
    socket.bind({ address, port, exclusive: true }, () => {
      socket.close(() => resolve(true));
    });
  });
