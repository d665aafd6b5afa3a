// Rings to measure: two sites and an arbitrator of one kind in a lab of their own, authenticated,
// with sites that drive a cluster through crm_ticket, whichever kind they are.
import { randomBytes } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startMember, type Member, type ProgramKind } from '../lab/members.ts';
import { printRing, type RingTimings } from '../lab/ring-configuration.ts';
import { createLab, type Lab, type LabHost } from '../lab/ring-lab.ts';
import { unmetRequirements } from '../support/machine.ts';
import { waitUntil } from '../support/wait-until.ts';
import type { PartContext } from './part.ts';
import { runProbe } from './probe.ts';

export type HostName = 'site1' | 'site2' | 'arbitrator';

export const addressOf: Readonly<Record<HostName, string>> = {
  site1: '10.77.0.1',
  site2: '10.77.0.2',
  arbitrator: '10.77.0.3',
};
const hostNames: readonly HostName[] = ['site1', 'site2', 'arbitrator'];

/** How the reference is named in the report. */
export const stockBooth = "Debian's booth";

/** Ours, and Debian's where it is installed. */
export const availableKinds = (): readonly ProgramKind[] =>
  unmetRequirements(['debian-booth']).length === 0 ? ['geobooth', 'c'] : ['geobooth'];

/** Why the reference is missing; empty when it is not. */
export const missingReference = (): string => unmetRequirements(['debian-booth']).join('; ');

export interface BenchRing {
  readonly kind: ProgramKind;
  readonly tickets: readonly string[];
  host(name: HostName): LabHost;
  member(name: HostName): Member;
}

export interface BenchRingPlan {
  readonly kind: ProgramKind;
  readonly ticketCount: number;
  readonly timings: RingTimings;
  /** `recording`: the lab's shim, which writes down every call; `instant`: one that costs next to nothing. */
  readonly cluster: 'recording' | 'instant';
}

/** Hosts with configuration and key, nothing started; they go when the part ends. */
export async function prepareLab(
  context: PartContext,
  plan: Omit<BenchRingPlan, 'kind'>,
): Promise<{ readonly lab: Lab; readonly tickets: readonly string[] }> {
  const lab = await createLab({
    hosts: hostNames.map((name) => ({ name, address: addressOf[name] })),
  });
  context.onEnd(() => lab.dispose());
  const tickets = Array.from({ length: plan.ticketCount }, (_, index) => `ticket-${String(index)}`);
  const text = printRing({
    sites: [addressOf.site1, addressOf.site2],
    arbitrators: [addressOf.arbitrator],
    tickets,
    timings: plan.timings,
    authfile: '/etc/booth/booth.key',
  });
  const key = `${randomBytes(24).toString('base64')}\n`;
  for (const host of lab.hosts) {
    await host.writeConfiguration('booth.conf', text);
    await host.writeConfiguration('booth.key', key, 0o600);
    if (plan.cluster === 'instant') await installInstantCluster(host);
  }
  return { lab, tickets };
}

/**
 * A crm_ticket that knows no ticket and takes everything: the daemons pay for starting it, and the
 * machine for next to nothing else.
 */
const installInstantCluster = async (host: LabHost): Promise<void> => {
  const program = join(host.folder, 'programs', 'crm_ticket');
  const script = '#!/bin/sh\ncase "$*" in *-q*|*-G*) exit 105 ;; esac\nexit 0\n';
  await writeFile(program, script);
  await chmod(program, 0o755);
};

/** Starts a ring and waits until all its members serve and vote. */
export async function startBenchRing(
  context: PartContext,
  plan: BenchRingPlan,
): Promise<BenchRing> {
  const { kind, timings } = plan;
  const { lab, tickets } = await prepareLab(context, plan);
  const started = hostNames.map(async (name): Promise<[HostName, Member]> => {
    const role = name === 'arbitrator' ? 'arbitrator' : 'site';
    const configuration = '/etc/booth/booth.conf';
    return [name, await startMember({ kind, host: lab.host(name), configuration, role })];
  });
  const members = new Map(await Promise.all(started));
  const member = (name: HostName): Member => {
    const found = members.get(name);
    if (found === undefined) throw new Error(`no member at ${name}`);
    return found;
  };
  const addresses = hostNames.map((name) => addressOf[name]);
  await runProbe(lab.host('site1'), { kind: 'serving', addresses }, 90_000);
  const voteLimitMs = timings.expireSeconds * 1010 + 10_000;
  await Promise.all(
    hostNames.map((name) => untilVoting(member(name), tickets.length, voteLimitMs)),
  );
  return { kind, tickets, member, host: (name) => lab.host(name) };
}

/** Geobooth's members start without state here, and log when they take part in votes for a ticket. */
const untilVoting = async (member: Member, count: number, timeoutMs: number): Promise<void> => {
  if (member.kind === 'c') return;
  await waitUntil(
    `${member.host.name} to vote`,
    () => member.log().split('abstention-ended').length > count,
    { timeoutMs, everyMs: 100 },
  );
};
