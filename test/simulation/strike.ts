/** What each fault does to the ring when it strikes, and when it is over. */
import { assert, unreachable } from '../../core/base/assert.ts';
import { seededRandom } from '../../core/base/random.ts';
import { journalPath } from '../../core/io/journal.ts';
import {
  STATE_DIR,
  continueProcess,
  endDaemon,
  startDaemon,
  stopProcess,
} from './engine/daemon.ts';
import type { Ailment, Host } from './engine/host.ts';
import type { Ring } from './engine/ring.ts';
import { withValues } from './plan-config.ts';
import { HOLDER, OTHERS, type Fault } from './plan.ts';

/** Strikes; returns what ends it. */
export function strike(ring: Ring, fault: Fault): () => void {
  switch (fault.kind) {
    case 'weather':
      return blow(ring, fault);
    case 'cut':
      return cutOff(ring, fault);
    default:
      return strikeHost(ring, fault);
  }
}

type HostFault = Extract<Fault, { readonly host: string }>;

function strikeHost(ring: Ring, fault: HostFault): () => void {
  const host = hostOf(ring, fault.host);
  switch (fault.kind) {
    case 'pause':
      return pause(ring, host);
    case 'kill':
      return takeDown(ring, host, { tornRate: fault.tornRate, why: 'killed' });
    case 'reboot':
    case 'power-loss':
    case 'forget':
    case 'damage':
      return takeHostDown(ring, host, fault);
    case 'reconfigure':
      return reconfigure(ring, host, fault);
    case 'slow-disk':
      return ail(host, { fsyncMs: fault.fsyncMs });
    case 'full-disk':
      return ail(host, { isDiskFull: true });
    case 'failing-disk':
      return ail(host, { isDiskFailing: true });
    case 'slow-commits':
      return ail(host, { commitMs: fault.commitMs, ...only(fault.ticket) });
    case 'failing-commits':
      return ail(host, { commitFailure: fault.failure, ...only(fault.ticket) });
    case 'handler-refuses':
      return ail(host, { handlerCode: 1 });
    case 'handler-hangs':
      return ail(host, { handlerMs: fault.handlerMs });
    case 'wall-step': {
      host.clock.wallOffsetMs += fault.byMs;
      return () => {
        host.clock.wallOffsetMs -= fault.byMs;
      };
    }
    default:
      return unreachable(fault);
  }
}

const only = (ticket: string | null): Ailment => (ticket === null ? {} : { ticket });

function ail(host: Host, ailment: Ailment): () => void {
  host.ailments.add(ailment);
  return () => {
    host.ailments.delete(ailment);
  };
}

function blow(ring: Ring, weather: Extract<Fault, { kind: 'weather' }>): () => void {
  ring.links.weathers.add(weather);
  return () => {
    ring.links.weathers.delete(weather);
  };
}

function cutOff(ring: Ring, { from, to, isOneWay }: Extract<Fault, { kind: 'cut' }>): () => void {
  const { cuts, cutsChanged } = ring.links;
  const made = isOneWay
    ? [{ from, to }]
    : [
        { from, to },
        { from: to, to: from },
      ];
  for (const cut of made) cuts.add(cut);
  cutsChanged();
  return () => {
    for (const cut of made) cuts.delete(cut);
    cutsChanged();
  };
}

/** Ends the pause of this very run of the process; another run is not stopped. */
function pause(ring: Ring, host: Host): () => void {
  if (!host.isUp) return () => undefined;
  stopProcess(ring, host);
  const { run } = host;
  return () => {
    if (host.run === run) continueProcess(ring, host);
  };
}

function takeDown(
  ring: Ring,
  host: Host,
  end: { readonly tornRate: number; readonly why: string },
): () => void {
  host.downs += 1;
  endDaemon(ring, host, end.tornRate, end.why);
  return () => {
    host.downs -= 1;
    startDaemon(ring, host);
  };
}

/** As an operator does it: the file first, then the restart. */
function reconfigure(
  ring: Ring,
  host: Host,
  { ticket, values }: Extract<HostFault, { kind: 'reconfigure' }>,
): () => void {
  host.config = withValues(host.config, ticket, values);
  return takeDown(ring, host, { tornRate: 1, why: 'ended for a new booth.conf' });
}

/** The machine restarts with it; its site's cluster goes on, on other nodes. */
function takeHostDown(
  ring: Ring,
  host: Host,
  fault: Extract<HostFault, { kind: 'reboot' | 'power-loss' | 'forget' | 'damage' }>,
): () => void {
  const restart = takeDown(ring, host, { tornRate: 1, why: fault.kind });
  switch (fault.kind) {
    case 'reboot':
      break;
    case 'power-loss':
      host.disk.losePower(seededRandom(fault.draw));
      break;
    case 'forget':
      host.disk.wipe();
      ring.observe({ kind: 'forgot', host: host.name });
      break;
    case 'damage':
      if (host.disk.damage(journalPath(STATE_DIR), fault.draw))
        ring.observe({ kind: 'forgot', host: host.name });
      break;
  }
  if (fault.kind === 'forget' || fault.kind === 'damage') return restart;
  return () => {
    host.bootId = `${host.bootId}+`;
    host.clock.bootedAtMs = ring.time.nowMs();
    restart();
  };
}

/** The fault with the members it means at this moment. */
export function aim(ring: Ring, item: { readonly atMs: number } & Fault) {
  const holder = (): string => {
    const ticket = ring.options.config.tickets[0]?.name ?? '';
    const hosts = [...ring.hosts.values()];
    const found = hosts.find(({ cluster }) => cluster?.stored.get(ticket)?.granted === true);
    return (found ?? hosts[0])?.name ?? '';
  };
  const named = (name: string): string[] => {
    if (name === HOLDER) return [holder()];
    return name === OTHERS ? [...ring.hosts.keys()].filter((one) => one !== holder()) : [name];
  };
  if (item.kind === 'cut')
    return { ...item, from: item.from.flatMap(named), to: item.to.flatMap(named) };
  return 'host' in item && item.host === HOLDER ? { ...item, host: holder() } : item;
}

export function hostOf(ring: Ring, name: string): Host {
  const host = ring.hosts.get(name);
  assert(host !== undefined, `there is a host ${name}`);
  return host;
}
