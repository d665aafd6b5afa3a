// Several hosts on one machine: each with its own network, processes, /run and /etc/booth, joined by a bridge in a
// namespace of its own. Nothing of it is visible outside, and all of it goes when the lab is disposed of.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startProcess, type BackgroundProcess } from '../support/background-process.ts';
import { onlyChildOf } from '../support/process-tree.ts';
import { runCommand, runOrThrow } from '../support/run-command.ts';
import type { CommandOptions, CommandOutcome } from '../support/run-command.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { installClusterShim } from './cluster-shim.ts';
import { holdNamespaces, type NamespaceHolder } from './namespace-holder.ts';

/** A host to make: its name and its IPv4 address in one /24 network. */
export interface HostPlan {
  readonly name: string;
  readonly address: string;
}

/** One host. What `exec` and `spawn` start sees the host's network and directories and finds the cluster shim first. */
export interface LabHost extends HostPlan {
  /** Private folder of this host; `etc-booth` in it is its /etc/booth, `run-booth` its /run/booth. */
  readonly folder: string;
  /** Folder of the cluster shim: tickets, calls.log. */
  readonly clusterFolder: string;
  exec(
    program: string,
    args?: readonly string[],
    options?: CommandOptions,
  ): Promise<CommandOutcome>;
  /** Starts a program that goes on running; its pid and signals are those of the program itself. */
  spawn(
    program: string,
    args?: readonly string[],
    env?: Readonly<Record<string, string>>,
  ): Promise<BackgroundProcess>;
  /** Makes a file in /etc/booth of this host. */
  writeConfiguration(name: string, text: string | Uint8Array, mode?: number): Promise<string>;
  /** The network around this host drops all its frames, both ways; the host's own link stays up. */
  cutOff(): Promise<void>;
  /** Undoes cutOff. */
  heal(): Promise<void>;
}

/** A network of hosts. */
export interface Lab {
  readonly hosts: readonly LabHost[];
  host(name: string): LabHost;
  /** Drops what `from` sends to `to`, and nothing else. */
  cutOneWay(from: string, to: string): Promise<void>;
  /** Drops what the two send each other. */
  cutPair(one: string, other: string): Promise<void>;
  /** Undoes every cut of this lab. */
  healAll(): Promise<void>;
  dispose(): Promise<void>;
}

const bridgeScript = 'echo ready; while read -r _; do :; done';
const hostFlags = ['--mount', '--net', '--pid', '--uts', '--ipc', '--mount-proc'];
const portDisabled = '0';
const portForwarding = '3';

const makeNetwork = async (
  bridge: NamespaceHolder,
  hosts: readonly { readonly plan: HostPlan; readonly holder: NamespaceHolder }[],
): Promise<void> => {
  const ports = hosts.flatMap(({ holder }, index) => [
    `link add port-${String(index)} type veth peer name eth0 netns ${String(holder.pid)}`,
    `link set port-${String(index)} master bridge0 up`,
  ]);
  const bridgeLines = ['link add bridge0 type bridge', 'link set bridge0 up', ...ports];
  await runOrThrow('nsenter', [`--net=/proc/${String(bridge.pid)}/ns/net`, 'ip', '-batch', '-'], {
    input: `${bridgeLines.join('\n')}\n`,
  });
  for (const { plan, holder } of hosts) {
    const hostLines = [`addr add ${plan.address}/24 dev eth0`, 'link set eth0 up'];
    await runOrThrow('nsenter', [`--net=/proc/${String(holder.pid)}/ns/net`, 'ip', '-batch', '-'], {
      input: `${hostLines.join('\n')}\n`,
    });
  }
};

const enter = (holder: NamespaceHolder): readonly string[] => [
  '--target',
  String(holder.pid),
  '--mount',
  '--net',
  '--pid',
  '--uts',
  '--ipc',
  '--',
];

const makeHost = async (
  plan: HostPlan,
  folder: string,
  holder: NamespaceHolder,
  setPort: (state: string) => Promise<void>,
): Promise<LabHost> => {
  const clusterFolder = join(folder, 'cluster');
  const shimFolder = await installClusterShim(folder, clusterFolder);
  const environment = {
    PATH: `${shimFolder}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    GEOBOOTH_LAB_CLUSTER: clusterFolder,
  };
  return {
    ...plan,
    folder,
    clusterFolder,
    exec: (program, args = [], options = {}) =>
      runCommand('nsenter', [...enter(holder), program, ...args], {
        ...options,
        env: { ...environment, ...options.env },
      }),
    spawn: (program, args = [], env = {}) =>
      startProcess('nsenter', [...enter(holder), program, ...args], {
        env: { ...environment, ...env },
        resolvePid: onlyChildOf,
      }),
    writeConfiguration: async (name, text, mode = 0o644) => {
      const directory = join(folder, 'etc-booth');
      await mkdir(directory, { recursive: true });
      await writeFile(join(directory, name), text, { mode });
      return `/etc/booth/${name}`;
    },
    cutOff: () => setPort(portDisabled),
    heal: () => setPort(portForwarding),
  };
};

/** Lines of nft that drop what comes from `address`; the table is made when missing. */
const dropFrom = (address: string): string =>
  `add table ip lab
add chain ip lab input { type filter hook input priority 0 ; policy accept ; }
add rule ip lab input ip saddr ${address} drop
`;

const hostOf = (hosts: readonly LabHost[], name: string): LabHost => {
  const found = hosts.find((host) => host.name === name);
  if (found === undefined) throw new Error(`the lab has no host "${name}"`);
  return found;
};

const nft = async (host: LabHost, lines: string): Promise<void> => {
  const { code, stderr } = await host.exec('nft', ['-f', '-'], { input: lines });
  if (code !== 0) throw new Error(`nft at ${host.name}: ${stderr}`);
};

const makeLab = (hosts: readonly LabHost[], dispose: () => Promise<void>): Lab => {
  const host = (name: string): LabHost => hostOf(hosts, name);
  const cutOneWay = (from: string, to: string): Promise<void> =>
    nft(host(to), dropFrom(host(from).address));
  return {
    hosts,
    host,
    cutOneWay,
    cutPair: async (one, other) => {
      await Promise.all([cutOneWay(one, other), cutOneWay(other, one)]);
    },
    healAll: async () => {
      await Promise.all(
        hosts.map(async (each) => {
          await nft(each, 'add table ip lab\ndelete table ip lab\n');
          await each.heal();
        }),
      );
    },
    dispose,
  };
};

/**
 * Makes the hosts and joins them. The caller must `dispose()` in an afterAll; should the test's process die before,
 * the kernel does all of it but the removal of the temporary folder.
 */
export const createLab = async (plan: { readonly hosts: readonly HostPlan[] }): Promise<Lab> => {
  const directory = await makeTemporaryDirectory('lab');
  const holders: NamespaceHolder[] = [];
  const dispose = async (): Promise<void> => {
    await Promise.all(holders.map((holder) => holder.dispose()));
    await directory.remove();
  };
  const hold = async (
    flags: readonly string[],
    args: readonly string[],
  ): Promise<NamespaceHolder> => {
    const holder = await holdNamespaces(flags, args);
    holders.push(holder);
    return holder;
  };
  try {
    const bridge = await hold(['--net'], ['-c', bridgeScript]);
    const members = await Promise.all(
      plan.hosts.map(async (hostPlan) => {
        const folder = join(directory.path, hostPlan.name);
        await mkdir(folder);
        const script = join(import.meta.dirname, 'host-init.bash');
        const holder = await hold(hostFlags, [script, hostPlan.name, folder]);
        return { plan: hostPlan, holder, folder };
      }),
    );
    await makeNetwork(bridge, members);
    const hosts = await Promise.all(
      members.map(({ plan: hostPlan, holder, folder }, index) => {
        const setPort = async (state: string): Promise<void> => {
          const net = `--net=/proc/${String(bridge.pid)}/ns/net`;
          const port = `port-${String(index)}`;
          await runOrThrow('nsenter', [net, 'bridge', 'link', 'set', 'dev', port, 'state', state]);
        };
        return makeHost(hostPlan, folder, holder, setPort);
      }),
    );
    return makeLab(hosts, dispose);
  } catch (error) {
    await dispose();
    throw error;
  }
};
