// A lab whose hosts are joined by a hub in user space: each host's eth0 is a TAP device of the hub.
import { existsSync } from 'node:fs';
import { makeTemporaryDirectory } from '../support/temporary-directory.ts';
import { goodLink, macOfPort, startHub } from './frame-hub.ts';
import type { FrameHub, HubCounters, LinkConditions } from './frame-hub.ts';
import { holdHost, makeHost, runIp } from './lab-host.ts';
import type { HeldHost, HostPlan, LabHost } from './lab-host.ts';
import { holdNamespaces, type NamespaceHolder } from './namespace-holder.ts';

/** Hosts and the conditions between them. */
export interface HubLab {
  /** Everything of the lab is below this folder. */
  readonly folder: string;
  readonly hosts: readonly LabHost[];
  host(name: string): LabHost;
  /** Changes what the network does to frames from one host to another; the rest stays as it is. */
  setLink(from: string, to: string, conditions: Partial<LinkConditions>): void;
  /** The same for every direction of every link. */
  setAllLinks(conditions: Partial<LinkConditions>): void;
  /** Every link is a cable again. */
  healAll(): void;
  counters(): HubCounters;
  dispose(): Promise<void>;
}

const prefixBits = 24;
/** The network is what such a lab is about: a disk shared with all that goes on would only blur it. */
const memoryFolder = '/dev/shm';

/**
 * Makes at most 9 hosts; the seed decides the fate of frames. The caller must `dispose()`; should the test's process
 * die before, the kernel does all of it but the removal of the temporary folder.
 */
export const createHubLab = async (plan: {
  readonly hosts: readonly HostPlan[];
  readonly seed: number;
}): Promise<HubLab> => {
  const directory = await makeTemporaryDirectory(
    'hub-lab',
    existsSync(memoryFolder) ? { parent: memoryFolder } : {},
  );
  const disposals: (() => Promise<void>)[] = [];
  const dispose = async (): Promise<void> => {
    await Promise.all(disposals.map((one) => one()));
    await directory.remove();
  };
  const hold = async (
    flags: readonly string[],
    args: readonly string[],
  ): Promise<NamespaceHolder> => {
    const holder = await holdNamespaces(flags, args);
    disposals.push(() => holder.dispose());
    return holder;
  };
  try {
    const hub = await startHub(plan.hosts.length, plan.seed);
    disposals.push(() => hub.dispose());
    const held = await Promise.all(plan.hosts.map((one) => holdHost(one, directory.path, hold)));
    await plugIn(hub, held);
    const names = plan.hosts.map(({ name }) => name);
    const control = controlOf(hub, names);
    const hosts = await Promise.all(
      held.map((one) => makeHost(one, linkOf(control, names, one.plan.name))),
    );
    return {
      folder: directory.path,
      hosts,
      host: (name) => {
        const found = hosts.find((one) => one.name === name);
        if (found === undefined) throw new Error(`the lab has no host "${name}"`);
        return found;
      },
      ...control,
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
};

/** Neighbours are fixed, so that only the datagrams of the ring meet the network's moods, not its address queries. */
const plugIn = async (hub: FrameHub, held: readonly HeldHost[]): Promise<void> => {
  const moves = held.map(
    ({ holder }, port) => `link set tap${String(port)} netns ${String(holder.pid)} name eth0`,
  );
  await runIp({ pid: hub.pid, dispose: () => Promise.resolve() }, moves);
  await Promise.all(
    held.map(({ plan, holder }, port) =>
      runIp(holder, [
        `link set eth0 address ${macOfPort(port)}`,
        `addr add ${plan.address}/${String(prefixBits)} dev eth0`,
        'link set eth0 up',
        ...held.flatMap(({ plan: { address } }, other) =>
          other === port
            ? []
            : [`neigh replace ${address} lladdr ${macOfPort(other)} nud permanent dev eth0`],
        ),
      ]),
    ),
  );
};

type Control = Pick<HubLab, 'setLink' | 'setAllLinks' | 'healAll' | 'counters'>;

const controlOf = (hub: FrameHub, names: readonly string[]): Control => {
  const portOf = (name: string): number => {
    const port = names.indexOf(name);
    if (port < 0) throw new Error(`the lab has no host "${name}"`);
    return port;
  };
  const setLink: Control['setLink'] = (from, to, conditions) => {
    const before = hub.linkOf(portOf(from), portOf(to));
    hub.setLink(portOf(from), portOf(to), { ...before, ...conditions });
  };
  const setAllLinks: Control['setAllLinks'] = (conditions) => {
    for (const from of names) {
      for (const to of names) if (from !== to) setLink(from, to, conditions);
    }
  };
  return {
    setLink,
    setAllLinks,
    healAll: () => setAllLinks(goodLink),
    counters: () => hub.counters(),
  };
};

const linkOf = (control: Control, names: readonly string[], name: string) => {
  const setCut = (isCut: boolean): Promise<void> => {
    for (const other of names.filter((one) => one !== name)) {
      control.setLink(name, other, { isCut });
      control.setLink(other, name, { isCut });
    }
    return Promise.resolve();
  };
  return { cutOff: () => setCut(true), heal: () => setCut(false) };
};
