// Several hosts on one machine: each with its own network, processes, /run and /etc/booth, joined by a bridge in a
// namespace of its own. Nothing of it is visible outside, and all of it goes when the lab is disposed of.
import { runOrThrow } from '../support/run-command.ts';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { holdHost, makeHost, runIp } from './lab-host.ts';
import type { HeldHost, HoldNamespaces, HostPlan, LabHost } from './lab-host.ts';
import { holdNamespaces, type NamespaceHolder } from './namespace-holder.ts';

export type { HostPlan, LabHost } from './lab-host.ts';

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
const portDisabled = '0';
const portForwarding = '3';

const makeNetwork = async (bridge: NamespaceHolder, hosts: readonly HeldHost[]): Promise<void> => {
  const ports = hosts.flatMap(({ holder }, index) => [
    `link add port-${String(index)} type veth peer name eth0 netns ${String(holder.pid)}`,
    `link set port-${String(index)} master bridge0 up`,
  ]);
  await runIp(bridge, ['link add bridge0 type bridge', 'link set bridge0 up', ...ports]);
  for (const { plan, holder } of hosts) {
    await runIp(holder, [`addr add ${plan.address}/24 dev eth0`, 'link set eth0 up']);
  }
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
  const hold: HoldNamespaces = async (flags, args) => {
    const holder = await holdNamespaces(flags, args);
    holders.push(holder);
    return holder;
  };
  try {
    const bridge = await hold(['--net'], ['-c', bridgeScript]);
    const held = await Promise.all(
      plan.hosts.map((hostPlan) => holdHost(hostPlan, directory.path, hold)),
    );
    await makeNetwork(bridge, held);
    const hosts = await Promise.all(
      held.map((one, index) => {
        const setPort = async (state: string): Promise<void> => {
          const net = `--net=/proc/${String(bridge.pid)}/ns/net`;
          const port = `port-${String(index)}`;
          await runOrThrow('nsenter', [net, 'bridge', 'link', 'set', 'dev', port, 'state', state]);
        };
        return makeHost(one, {
          cutOff: () => setPort(portDisabled),
          heal: () => setPort(portForwarding),
        });
      }),
    );
    return makeLab(hosts, dispose);
  } catch (error) {
    await dispose();
    throw error;
  }
};
