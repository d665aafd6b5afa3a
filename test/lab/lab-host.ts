// One host of a lab: a set of namespaces with its own network, processes, /run and /etc/booth. How the hosts are
// joined is another matter: by a bridge (ring-lab.ts) or by a hub that mistreats frames (hub-lab.ts).
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startProcess, type BackgroundProcess } from '../support/background-process.ts';
import { onlyChildOf } from '../support/process-tree.ts';
import { runCommand, runOrThrow } from '../support/run-command.ts';
import type { CommandOptions, CommandOutcome } from '../support/run-command.ts';
import { installClusterShim } from './cluster-shim.ts';
import type { holdNamespaces, NamespaceHolder } from './namespace-holder.ts';

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

/** Makes namespaces and remembers to dispose of them. */
export type HoldNamespaces = typeof holdNamespaces;

/** A host whose namespaces exist. */
export interface HeldHost {
  readonly plan: HostPlan;
  readonly folder: string;
  readonly holder: NamespaceHolder;
}

const hostFlags = ['--mount', '--net', '--pid', '--uts', '--ipc', '--mount-proc'];

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

/** Where a host is cut off from the others is the business of the network around it. */
export type HostLink = Pick<LabHost, 'cutOff' | 'heal'>;

/** Makes the private directories and namespaces of a host, which has no network yet. */
export const holdHost = async (
  plan: HostPlan,
  parentFolder: string,
  hold: HoldNamespaces,
): Promise<HeldHost> => {
  const folder = join(parentFolder, plan.name);
  await mkdir(folder);
  const script = join(import.meta.dirname, 'host-init.bash');
  return { plan, folder, holder: await hold(hostFlags, [script, plan.name, folder]) };
};

/** Runs ip(8) with these lines in the network namespace of a holder. */
export const runIp = async (holder: NamespaceHolder, lines: readonly string[]): Promise<void> => {
  await runOrThrow('nsenter', [`--net=/proc/${String(holder.pid)}/ns/net`, 'ip', '-batch', '-'], {
    input: `${lines.join('\n')}\n`,
  });
};

/** The host with its programs and files, on whatever network it has by now. */
export const makeHost = async (
  { plan, folder, holder }: HeldHost,
  link: HostLink,
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
    ...link,
  };
};
