/**
 * Our daemons as processes on loopback addresses: one temporary folder a ring, every member with a
 * state directory and a lock file of its own. Everything started here is ended by `close`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { assert } from '../../core/base/assert.ts';
import { parseAddress } from '../../core/base/address.ts';
import { memberIdOfAddress, type MemberId } from '../../core/base/member-id.ts';
import { readJournal } from '../../core/io/journal-format.ts';
import { loadKey, type AuthKey } from '../../core/wire/authentication.ts';
import { startProcess, type BackgroundProcess } from '../support/background-process.ts';
import { distDirectory } from '../support/requirements.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { waitUntil, type WaitOptions } from '../support/wait-until.ts';

/** One line of a daemon's log. */
export type LogLine = Readonly<Record<string, unknown>> & {
  readonly event?: string;
  readonly message?: string;
};

export interface MemberProcess extends BackgroundProcess {
  readonly address: string;
  readonly stateDir: string;
  readonly lockPath: string;
  /** Every whole line so far; what is no JSON is a line with only `text`. */
  log(): readonly LogLine[];
  waitForEvent(event: string, options?: WaitOptions): Promise<LogLine>;
  /** The newest journal record of the ticket. */
  record(ticket?: string): Readonly<Record<string, unknown>>;
}

export interface RingOptions {
  readonly name: string;
  /** The network of the file: `127.0.41` gives members 127.0.41.1 (site), .2 (site), .3 (arbitrator). */
  readonly network: string;
  /** null: without authfile. */
  readonly key: string | null;
  /** Lines below `ticket = "t"`. */
  readonly ticket?: readonly string[];
  readonly sites?: number;
  readonly arbitrators?: number;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** After the usual arguments, so that these count. */
  readonly arguments?: readonly string[];
  /** Program and arguments in front of the daemon's; default: the daemon of the build. */
  readonly command?: readonly string[];
}

export interface Ring {
  readonly folder: string;
  readonly port: number;
  readonly key: AuthKey | null;
  readonly config: string;
  readonly addresses: readonly string[];
  addressOf(member: number): string;
  idOf(member: number): MemberId;
  /** The command line of a daemon, for members started in another way. */
  argumentsOf(member: number): readonly string[];
  /** Starts member 1, 2, 3 …, and waits until its lock file says that it runs. */
  start(member: number, options?: StartOptions): Promise<MemberProcess>;
  /** All of them, and waits until they vote. */
  startAll(): Promise<readonly MemberProcess[]>;
  /** Kills what still runs and removes the folder. */
  close(): Promise<void>;
}

export const TICKET = 't';

/** A port that is free for UDP and TCP on this address. */
export async function freePort(address: string): Promise<number> {
  const udp = createSocket('udp4');
  await new Promise<void>((resolve, reject) => {
    udp.once('error', reject);
    udp.bind(0, address, resolve);
  });
  const { port } = udp.address();
  const tcp = createServer();
  await new Promise<void>((resolve, reject) => {
    tcp.once('error', reject);
    tcp.listen(port, address, resolve);
  });
  await new Promise<void>((resolve) => udp.close(resolve));
  await new Promise((resolve) => tcp.close(resolve));
  return port;
}

export const idOfAddress = (text: string): MemberId => {
  const address = parseAddress(text);
  assert(address !== null, `${text} is an address`);
  return memberIdOfAddress(address);
};

/** Writes the configuration of a ring; nothing is started yet. */
export async function makeRing(options: RingOptions): Promise<Ring> {
  const { network, sites = 2, arbitrators = 1 } = options;
  const folder = await makeTemporaryDirectory(options.name);
  const port = await freePort(`${network}.1`);
  const addresses = Array.from(
    { length: sites + arbitrators },
    (_, index) => `${network}.${String(index + 1)}`,
  );
  const config = join(folder.path, 'ring.conf');
  const lines = [
    `port = ${String(port)}`,
    ...(options.key === null ? [] : [`authfile = ${writeKey(folder.path, options.key)}`]),
    ...addresses.map((address, index) => `${index < sites ? 'site' : 'arbitrator'} = ${address}`),
    `ticket = "${TICKET}"`,
    ...(options.ticket ?? ['expire = 6', 'timeout = 1', 'retries = 3']),
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  const running = new Set<MemberProcess>();
  const addressOf = (member: number): string => {
    const address = addresses[member - 1];
    assert(address !== undefined, `member ${String(member)} is configured`);
    return address;
  };
  const argumentsOf = (member: number) =>
    daemonArguments({ config, address: addressOf(member), folder: folder.path });
  const start = async (member: number, more: StartOptions = {}): Promise<MemberProcess> => {
    const args = [...argumentsOf(member), ...(more.arguments ?? [])];
    const started = await startMember(addressOf(member), folder.path, args, more);
    running.add(started);
    await waitForStart(started);
    return started;
  };
  return {
    folder: folder.path,
    port,
    key: options.key === null ? null : keyOf(options.key),
    config,
    addresses,
    addressOf,
    idOf: (member) => idOfAddress(addressOf(member)),
    argumentsOf,
    start,
    startAll: async () => {
      const members = await Promise.all(addresses.map((_, index) => start(index + 1)));
      await Promise.all(members.map(hasMemory));
      return members;
    },
    close: async () => {
      await Promise.all([...running].map((member) => member.kill()));
      await folder.remove();
    },
  };
}

interface Place {
  readonly config: string;
  readonly address: string;
  readonly folder: string;
}

export const stateDirOf = ({ folder, address }: Omit<Place, 'config'>): string =>
  join(folder, `state-${address}`);
export const lockPathOf = ({ folder, address }: Omit<Place, 'config'>): string =>
  join(folder, `lock-${address}.pid`);

/** `boothd daemon` in the foreground, without a cluster. */
export const daemonArguments = (place: Place): readonly string[] => [
  ...['daemon', '-S', '-c', place.config, '--self', place.address],
  ...['--state-dir', stateDirOf(place), '-l', lockPathOf(place)],
  ...['--cluster', 'none', '--log-format', 'json'],
];

/** Starts a daemon and does not wait for it. */
export async function startMember(
  address: string,
  folder: string,
  args: readonly string[],
  { env = {}, command = [join(distDirectory, 'boothd')] }: Omit<StartOptions, 'arguments'> = {},
): Promise<MemberProcess> {
  const place = { folder, address };
  mkdirSync(folder, { recursive: true });
  const [program = '', ...before] = command;
  const process = await startProcess(program, [...before, ...args], { env });
  const log = (): readonly LogLine[] => readLog(process.output());
  const stateDir = stateDirOf(place);
  return {
    ...process,
    address,
    stateDir,
    lockPath: lockPathOf(place),
    log,
    waitForEvent: (event, options) =>
      waitUntil(
        `${address} to log ${event}`,
        () => {
          const found = log().findLast((line) => line.event === event);
          if (found !== undefined) return found;
          throw new Error(process.output().slice(-2000));
        },
        options,
      ),
    record: (ticket = TICKET) => newestRecord(stateDir, ticket),
  };
}

/** Waits until the daemon serves; an earlier end is an error with its words. */
export const waitForStart = (member: MemberProcess): Promise<true> =>
  waitUntil(
    `${member.address} to run`,
    () => {
      const end = member.end();
      if (end !== undefined) throw new Error(`ended: ${member.output()}`);
      return readFileSync(member.lockPath, 'utf8').includes(
        `booth_pid=${String(member.pid)} booth_state=started`,
      );
    },
    { timeoutMs: 20_000, everyMs: 20 },
  );

/** Waits until a member without memory has been told by all others that it may vote (R7). */
export const hasMemory = (member: MemberProcess): Promise<LogLine> =>
  member.waitForEvent('abstention-ended', { timeoutMs: 20_000, everyMs: 20 });

/** What the journal says of a ticket at this moment. */
export function newestRecord(stateDir: string, ticket: string): Readonly<Record<string, unknown>> {
  const { entries } = readJournal(readFileSync(join(stateDir, 'journal')));
  const found = entries.findLast((entry) => entry['ticket'] === ticket);
  assert(found !== undefined, `the journal in ${stateDir} knows ${ticket}`);
  return found;
}

/** The lines of a JSON log. */
export function readLog(text: string): readonly LogLine[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      try {
        const parsed: LogLine = JSON.parse(line);
        return parsed;
      } catch {
        return { text: line };
      }
    });
}

function writeKey(folder: string, key: string): string {
  const path = join(folder, 'authkey');
  writeFileSync(path, key, { mode: 0o600 });
  return path;
}

/** A key of these characters. */
export function keyOf(text: string): AuthKey {
  const loaded = loadKey(new TextEncoder().encode(text));
  assert(loaded.ok, 'a usable key');
  return loaded.value;
}
