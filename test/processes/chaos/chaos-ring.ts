// A ring of our daemons on hosts of a hub lab, and everything that can be done to it. What is done and what is seen
// of it is kept as evidence.
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createHubLab, type HubLab } from '../../lab/hub-lab.ts';
import type { LabHost } from '../../lab/lab-host.ts';
import { runClient } from '../../lab/members.ts';
import type { BackgroundProcess } from '../../support/background-process.ts';
import { distDirectory, findFaketime } from '../../support/machine.ts';
import { waitUntil } from '../../support/wait-until.ts';
import { readLedger, type Evidence, type LifeEvent, type OperatorRequest } from './evidence.ts';
import { watchStoredTicket, type StoredTicketWatch } from './stored-ticket-watch.ts';
import { printCib } from './site-cib.ts';

export const TICKET = 'ticket-a';
const KEY = 'a secret that all members share';

/** What a ring is made of. Spans in ms; `stopMs` is how long each of the two resources of a site takes to stop. */
export interface RingPlan {
  readonly seed: number;
  readonly siteCount: number;
  readonly arbitratorCount: number;
  readonly expireMs: number;
  readonly timeoutMs: number;
  readonly acquireAfterMs: number;
  readonly stopMs: number;
  readonly hasKey: boolean;
  /** Daemons run under libfaketime, so that their wall clock can be stepped. */
  readonly hasSteppedClocks: boolean;
}

/** A member as a process that comes and goes. */
export interface ChaosMember {
  readonly name: string;
  readonly role: 'site' | 'arbitrator';
  readonly host: LabHost;
  readonly life: readonly LifeEvent[];
  /** Output of all its daemons so far. */
  log(): string;
  isRunning(): boolean;
  isStopped(): boolean;
  /** Starts the daemon; nothing when it runs. */
  start(): Promise<void>;
  /** SIGKILL to the daemon alone: its guard and its agents live on. */
  killDaemon(): Promise<void>;
  stop(): void;
  resume(): void;
  /** Sets the daemon's wall clock so far off the machine's. */
  setClockOffset(offsetSecs: number): Promise<void>;
}

export interface ChaosRing {
  readonly plan: RingPlan;
  readonly lab: HubLab;
  readonly members: readonly ChaosMember[];
  readonly sites: readonly ChaosMember[];
  member(name: string): ChaosMember;
  /** Runs the client until it ends or the limit passes; what came of it is evidence. */
  ask(verb: 'grant' | 'revoke', site: string, limitMs?: number): Promise<OperatorRequest>;
  /** The leader in the eyes of a member: an address, `none`, `NONE`; null when it does not answer. */
  leaderAt(member: ChaosMember): Promise<string | null>;
  evidence(): Promise<Evidence>;
  dispose(): Promise<void>;
}

/** Makes the hosts and starts all daemons; resolves when each serves. */
export const startChaosRing = async (plan: RingPlan): Promise<ChaosRing> => {
  const names = namesOf(plan);
  const lab = await createHubLab({
    seed: plan.seed,
    hosts: names.map((name, index) => ({ name, address: `10.79.0.${String(index + 1)}` })),
  });
  let watch: StoredTicketWatch | null = null;
  const dispose = async (): Promise<void> => {
    try {
      await watch?.stop();
    } finally {
      await lab.dispose();
    }
  };
  try {
    const text = printRing(plan, lab.hosts);
    const members = await Promise.all(lab.hosts.map((host) => makeMember(host, plan, text)));
    const sites = members.filter(({ role }) => role === 'site');
    const files = sites.map(({ host }) => join(stateFolderOf(host), 'cib.xml'));
    watch = await watchStoredTicket(files, TICKET);
    await Promise.all(members.map((one) => one.start()));
    const ring = makeRing({ plan, lab, members, watch, dispose });
    await Promise.all(
      members.map((one) =>
        waitUntil(`${one.name} to serve`, async () => (await ring.leaderAt(one)) !== null, {
          timeoutMs: 60_000,
          everyMs: 200,
        }),
      ),
    );
    return ring;
  } catch (error) {
    await dispose();
    throw error;
  }
};

interface Parts {
  readonly plan: RingPlan;
  readonly lab: HubLab;
  readonly members: readonly ChaosMember[];
  readonly watch: StoredTicketWatch;
  readonly dispose: () => Promise<void>;
}

const makeRing = ({ plan, lab, members, watch, dispose }: Parts): ChaosRing => {
  const requests: OperatorRequest[] = [];
  const sites = members.filter(({ role }) => role === 'site');
  const member = (name: string): ChaosMember => {
    const found = members.find((one) => one.name === name);
    if (found === undefined) throw new Error(`the ring has no member "${name}"`);
    return found;
  };
  return {
    plan,
    lab,
    members,
    sites,
    member,
    ask: async (verb, site, limitMs = 60_000) => {
      const asked = await askOperator(member(site), verb, limitMs);
      requests.push(asked);
      return asked;
    },
    leaderAt,
    evidence: async () => ({
      timings: plan,
      requests: requests.toSorted((a, b) => a.beganAtMs - b.beganAtMs),
      sites: await Promise.all(
        sites.map(async ({ name, host, life }, index) => ({
          site: name,
          life: [...life],
          stored: [...watch.statesOf(index)],
          ledger: readLedger(await readFile(ledgerOf(host), 'utf8').catch(() => '')),
        })),
      ),
    }),
    dispose,
  };
};

const leaderAt = async ({ host }: ChaosMember): Promise<string | null> => {
  const args = ['booth', 'list', '-c', configurationOf(host), '-s', host.address] as const;
  const { stdout } = await runClient('geobooth', host, args, { timeoutMs: 15_000 }).catch(() => ({
    stdout: '',
  }));
  return new RegExp(`ticket: ${TICKET}, leader: ([^,\\s]+)`).exec(stdout)?.[1] ?? null;
};

const askOperator = async (
  { host, name }: ChaosMember,
  verb: 'grant' | 'revoke',
  limitMs: number,
): Promise<OperatorRequest> => {
  const beganAtMs = Date.now();
  const words = ['-C', '-c', configurationOf(host), '-s', host.address, '--output-format', 'json'];
  const { code, stdout, stderr } = await runClient(
    'geobooth',
    host,
    ['booth', verb, ...words, TICKET],
    { timeoutMs: limitMs },
  ).catch((error: unknown) => ({ code: null, stdout: '', stderr: String(error).slice(0, 80) }));
  const said = /"outcome": *"([^"]*)"/.exec(stdout)?.[1] ?? '';
  const isOpen = /is open/.test(stdout + stderr) || (code !== 0 && code !== 1);
  // That nobody held it is the answer of one member, which may know less than the ring.
  const isDone = code === 0 && said === 'succeeded';
  return {
    verb,
    site: name,
    beganAtMs,
    endedAtMs: Date.now(),
    outcome: isDone ? 'done' : isOpen ? 'unknown' : 'refused',
    text: `${said} ${stderr.trim()}`,
  };
};

const namesOf = ({ siteCount, arbitratorCount }: RingPlan): readonly string[] => [
  ...Array.from({ length: siteCount }, (_, index) => `site${String(index + 1)}`),
  ...Array.from({ length: arbitratorCount }, (_, index) => `arbitrator${String(index + 1)}`),
];

const roleOf = (name: string): 'site' | 'arbitrator' =>
  name.startsWith('site') ? 'site' : 'arbitrator';

const printRing = (plan: RingPlan, hosts: readonly LabHost[]): string =>
  [
    ...(plan.hasKey ? ['authfile = KEY'] : []),
    ...hosts.map(({ name, address }) => `${roleOf(name)} = ${address}`),
    `ticket = "${TICKET}"`,
    `  expire = ${String(plan.expireMs)}ms`,
    `  timeout = ${String(plan.timeoutMs)}ms`,
    '  retries = 3',
    `  acquire-after = ${String(plan.acquireAfterMs)}ms`,
    '',
  ].join('\n');

const stateFolderOf = (host: LabHost): string => join(host.folder, 'state');
const configurationOf = (host: LabHost): string => join(host.folder, 'ring.conf');
const ledgerOf = (host: LabHost): string => join(host.folder, 'ledger');
const clockFileOf = (host: LabHost): string => join(host.folder, 'clock');
const ocfRootOf = (host: LabHost): string => join(host.folder, 'ocf');

/** Writes all files of a member. */
const prepareHost = async (host: LabHost, plan: RingPlan, ring: string): Promise<void> => {
  const key = join(host.folder, 'ring.key');
  await writeFile(key, KEY, { mode: 0o600 });
  await writeFile(configurationOf(host), ring.replace('KEY', key));
  await writeFile(clockFileOf(host), '+0s\n');
  await mkdir(stateFolderOf(host), { mode: 0o700 });
  if (roleOf(host.name) === 'arbitrator') return;
  const agents = join(ocfRootOf(host), 'resource.d', 'test');
  await mkdir(agents, { recursive: true });
  await copyFile(join(import.meta.dirname, 'ledger-agent'), join(agents, 'ledger'));
  await chmod(join(agents, 'ledger'), 0o755);
  const cib = printCib({
    node: host.name,
    ticket: TICKET,
    resources: ['first', 'second'],
    folder: host.folder,
    ledger: ledgerOf(host),
    stopMs: plan.stopMs,
  });
  await writeFile(join(stateFolderOf(host), 'cib.xml'), cib, { mode: 0o600 });
};

const environmentOf = (host: LabHost, plan: RingPlan): Readonly<Record<string, string>> => ({
  OCF_ROOT: ocfRootOf(host),
  ...(plan.hasSteppedClocks
    ? {
        LD_PRELOAD: findFaketime() ?? '',
        FAKETIME_TIMESTAMP_FILE: clockFileOf(host),
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
        DONT_FAKE_MONOTONIC: '1',
        NO_FAKE_STAT: '1',
      }
    : {}),
});

const daemonArguments = (host: LabHost): readonly string[] => [
  ...['daemon', '-S', '-c', configurationOf(host), '--self', host.address],
  ...['--state-dir', stateFolderOf(host), '-l', join(host.folder, 'lock')],
  ...['--log-format', 'json'],
];

const makeMember = async (host: LabHost, plan: RingPlan, ring: string): Promise<ChaosMember> => {
  await prepareHost(host, plan, ring);
  const life: LifeEvent[] = [];
  const daemons: BackgroundProcess[] = [];
  let isStopped = false;
  const note = (kind: LifeEvent['kind']): void => void life.push({ atMs: Date.now(), kind });
  const running = (): BackgroundProcess | undefined => {
    const last = daemons.at(-1);
    return last?.end() === undefined ? last : undefined;
  };
  return {
    name: host.name,
    role: roleOf(host.name),
    host,
    life,
    log: () => daemons.map((one) => one.output()).join('--- started again ---\n'),
    isRunning: () => running() !== undefined,
    isStopped: () => isStopped,
    start: async () => {
      if (running() !== undefined) return;
      note('run');
      const program = join(distDirectory, 'boothd');
      daemons.push(await host.spawn(program, daemonArguments(host), environmentOf(host, plan)));
    },
    killDaemon: async () => {
      const daemon = running();
      if (daemon === undefined) return;
      daemon.signal('SIGKILL');
      note('killed');
      isStopped = false;
      await daemon.ended;
    },
    stop: () => {
      if (isStopped || running()?.signal('SIGSTOP') !== true) return;
      note('stopped');
      isStopped = true;
    },
    resume: () => {
      if (!isStopped) return;
      note('run');
      isStopped = false;
      running()?.signal('SIGCONT');
    },
    setClockOffset: async (offsetSecs) => {
      const sign = offsetSecs < 0 ? '-' : '+';
      await writeFile(clockFileOf(host), `${sign}${String(Math.abs(offsetSecs))}s\n`);
    },
  };
};
