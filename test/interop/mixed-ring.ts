// One ring under test: two sites and an arbitrator, each run by C's or by geobooth's daemon, with both kinds of
// clients at hand, and the questions that the scenario asks of it.
import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { readTicketAttributes } from '../lab/cluster-shim.ts';
import { readList, runClient, startMember } from '../lab/members.ts';
import type { ClientProgram, ListedTicket, Member, ProgramKind } from '../lab/members.ts';
import { printRing, type RingTimings } from '../lab/ring-configuration.ts';
import { createLab, type Lab, type LabHost } from '../lab/ring-lab.ts';
import type { CommandOutcome } from '../support/run-command.ts';
import { waitUntil } from '../support/wait-until.ts';

/** What stands in the authfile: nothing, text with a line end (not part of the key), or bytes (all part of it). */
export type KeyKind = 'none' | 'text' | 'binary';

/** Who runs what in a ring, and which clients talk to it. */
export interface Mix {
  readonly title: string;
  readonly site1: ProgramKind;
  readonly site2: ProgramKind;
  readonly arbitrator: ProgramKind;
  readonly clients: readonly ProgramKind[];
  readonly key: KeyKind;
}

/** Names of the hosts. */
export type HostName = 'site1' | 'site2' | 'arbitrator';
/** Names of the hosts that hold tickets. */
export type SiteName = Exclude<HostName, 'arbitrator'>;

export const hostNames: readonly HostName[] = ['site1', 'site2', 'arbitrator'];
export const siteNames: readonly SiteName[] = ['site1', 'site2'];

/** timeout × (retries + 1) must stay below half of expire: 4 s < 5 s. */
export const timings: RingTimings = { expireSeconds: 10, timeoutSeconds: 1, retries: 3 };
export const expireMs = timings.expireSeconds * 1000;
export const timeoutMs = timings.timeoutSeconds * 1000;

const addresses: Readonly<Record<HostName, string>> = {
  site1: '10.77.0.1',
  site2: '10.77.0.2',
  arbitrator: '10.77.0.3',
};

/** Site that does not have the given name. */
export const otherSite = (site: SiteName): SiteName => (site === 'site1' ? 'site2' : 'site1');

/** Id of a member as it stands in the cluster's `owner`: CRC-32 of the binary address without its highest bit. */
export const memberIdOf = (host: HostName): string =>
  String(crc32(Uint8Array.from(addresses[host].split('.').map(Number))) & 0x7fffffff);

/** A ticket that lives for the whole scenario at a site, moves when the site is cut off, and is revoked at the end. */
export const longLived = (site: SiteName): string => `long-lived-${site}`;
/** A ticket that a certain client grants at a certain site. */
export const grantedBy = (client: ProgramKind, site: SiteName): string => `${site}-by-${client}`;
/** A ticket that nobody grants. */
export const neverGranted = 'never-granted';

/** A ring that runs. */
export interface MixedRing {
  readonly mix: Mix;
  readonly lab: Lab;
  readonly tickets: readonly string[];
  address(host: HostName): string;
  member(host: HostName): Member;
  host(name: HostName): LabHost;
  /** Kills the daemon of a host with SIGKILL and starts it again with what it left on disk. */
  crashAndRestart(name: HostName): Promise<Member>;
  /** Runs a client at a host. */
  run(
    client: ProgramKind,
    at: HostName,
    command: readonly [ClientProgram, ...string[]],
  ): Promise<CommandOutcome>;
  /** What the member at `at` says of all tickets, asked by the first kind of client. */
  list(at: HostName): Promise<readonly ListedTicket[]>;
  /** Leader of one ticket as the member at `at` sees it: an address, `none` or `NONE`. */
  leader(at: HostName, ticket: string): Promise<string>;
  /** True when the site's cluster has the ticket granted. */
  isGranted(site: SiteName, ticket: string): Promise<boolean>;
  /** Attribute of the ticket in the site's cluster. */
  attribute(site: SiteName, ticket: string, name: string): Promise<string | undefined>;
  /** End of each member's log, for the report of a failure. */
  describe(): string;
  dispose(): Promise<void>;
}

const clientLimitMs = 20_000;

const ticketsOf = (mix: Mix): readonly string[] => [
  ...siteNames.map(longLived),
  ...siteNames.flatMap((site) => mix.clients.map((client) => grantedBy(client, site))),
  neverGranted,
];

const startMemberOf = (mix: Mix, lab: Lab, name: HostName): Promise<Member> =>
  startMember({
    kind: mix[name],
    host: lab.host(name),
    configuration: '/etc/booth/booth.conf',
    role: name === 'arbitrator' ? 'arbitrator' : 'site',
  });

const writeConfigurations = async (
  mix: Mix,
  lab: Lab,
  tickets: readonly string[],
): Promise<void> => {
  const text = printRing({
    sites: siteNames.map((site) => addresses[site]),
    arbitrators: [addresses.arbitrator],
    tickets,
    timings,
    authfile: mix.key === 'none' ? null : '/etc/booth/booth.key',
  });
  // A key that begins with NUL switches C booth's authentication off, so the first byte is fixed.
  const keyText = ` ${randomBytes(24).toString('base64')}\n`;
  const keyBytes = Uint8Array.from([0x8f, ...randomBytes(62), 0x0a]);
  for (const host of lab.hosts) {
    await host.writeConfiguration('booth.conf', text);
    if (mix.key !== 'none') {
      await host.writeConfiguration('booth.key', mix.key === 'text' ? keyText : keyBytes, 0o600);
    }
  }
};

const indent = (text: string): string => text.replaceAll(/^/gm, '    ');

const makeRing = (
  mix: Mix,
  lab: Lab,
  members: Map<HostName, Member>,
  tickets: readonly string[],
): MixedRing => {
  const host = (name: HostName): LabHost => lab.host(name);
  const member = (name: HostName): Member => {
    const found = members.get(name);
    if (found === undefined) throw new Error(`no member at ${name}`);
    return found;
  };
  const [firstClient = 'c'] = mix.clients;
  const run: MixedRing['run'] = (client, at, command) =>
    runClient(client, host(at), command, { timeoutMs: clientLimitMs });
  const list = async (at: HostName): Promise<readonly ListedTicket[]> => {
    const outcome = await run(firstClient, at, ['booth', 'list', '-s', addresses[at]]);
    if (outcome.code !== 0) throw new Error(`booth list at ${at}: ${outcome.stderr}`);
    return readList(outcome.stdout);
  };
  const attribute: MixedRing['attribute'] = async (site, ticket, name) =>
    (await readTicketAttributes(host(site).clusterFolder, ticket))?.get(name);
  return {
    mix,
    lab,
    tickets,
    address: (name) => addresses[name],
    member,
    host,
    crashAndRestart: async (name) => {
      await member(name).process.kill();
      const restarted = await startMemberOf(mix, lab, name);
      members.set(name, restarted);
      return restarted;
    },
    run,
    list,
    leader: async (at, ticket) => {
      const found = (await list(at)).find((each) => each.ticket === ticket);
      if (found === undefined) throw new Error(`${at} does not list ${ticket}`);
      return found.leader;
    },
    isGranted: async (site, ticket) => (await attribute(site, ticket, 'granted')) === 'true',
    attribute,
    describe: () =>
      hostNames
        .map((name) => {
          const { kind, log } = member(name);
          return `  ${name} (${kind}):\n${indent(log().slice(-3000))}`;
        })
        .join('\n'),
    dispose: () => lab.dispose(),
  };
};

/** Makes the hosts, writes the configuration, starts the three daemons. */
export const startRing = async (mix: Mix): Promise<MixedRing> => {
  const lab = await createLab({
    hosts: hostNames.map((name) => ({ name, address: addresses[name] })),
  });
  try {
    const tickets = ticketsOf(mix);
    await writeConfigurations(mix, lab, tickets);
    const started = hostNames.map(async (name): Promise<[HostName, Member]> => [
      name,
      await startMemberOf(mix, lab, name),
    ]);
    return makeRing(mix, lab, new Map(await Promise.all(started)), tickets);
  } catch (error) {
    await lab.dispose();
    throw error;
  }
};

/** Waits until every member lists the leader of a ticket as given. */
export const waitForLeader = async (
  ring: MixedRing,
  ticket: string,
  leader: string,
  {
    at = hostNames,
    timeoutMs: limitMs = 5_000,
  }: { at?: readonly HostName[]; timeoutMs?: number } = {},
): Promise<void> => {
  await Promise.all(
    at.map((name) =>
      waitUntil(
        `${name} to list ${leader} as leader of ${ticket}`,
        async () => {
          const seen = await ring.leader(name, ticket);
          if (seen !== leader) throw new Error(seen);
          return true;
        },
        { timeoutMs: limitMs, everyMs: 150 },
      ),
    ),
  );
};

/** Waits until the site's cluster has the ticket granted, or not. */
export const waitForGranted = async (
  ring: MixedRing,
  site: SiteName,
  ticket: string,
  { isGranted, timeoutMs: limitMs }: { readonly isGranted: boolean; readonly timeoutMs: number },
): Promise<void> => {
  await waitUntil(
    `the cluster of ${site} to have ${ticket} ${isGranted ? 'granted' : 'revoked'}`,
    async () => (await ring.isGranted(site, ticket)) === isGranted,
    { timeoutMs: limitMs, everyMs: 25 },
  );
};
