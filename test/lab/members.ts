// Members of a ring and the clients that talk to them, of either kind: Debian's C programs and geobooth's.
import { join } from 'node:path';
import type { BackgroundProcess } from '../support/background-process.ts';
import { distDirectory } from '../support/machine.ts';
import type { CommandOptions, CommandOutcome } from '../support/run-command.ts';
import { waitUntil } from '../support/wait-until.ts';
import type { LabHost } from './ring-lab.ts';

/** `c`: Debian's booth; `geobooth`: the programs of this repository, built. */
export type ProgramKind = 'c' | 'geobooth';

/** The client programs that both kinds have. */
export type ClientProgram = 'booth' | 'geostore';

/** A running daemon. */
export interface Member {
  readonly kind: ProgramKind;
  readonly host: LabHost;
  readonly process: BackgroundProcess;
  /** All it logged so far. */
  log(): string;
}

/** Which daemon to start, where and with which configuration file. */
export interface MemberPlan {
  readonly kind: ProgramKind;
  readonly host: LabHost;
  readonly configuration: string;
  readonly role: 'site' | 'arbitrator';
}

/** Absolute path of a program of the given kind. */
export const programPath = (kind: ProgramKind, program: 'boothd' | ClientProgram): string =>
  join(kind === 'c' ? '/usr/sbin' : distDirectory, program);

/** Where a geobooth member of this host keeps its state. */
export const stateDirectoryOf = (host: LabHost): string => join(host.folder, 'state');

const daemonArguments = ({ kind, host, configuration, role }: MemberPlan): readonly string[] => {
  const common = ['daemon', '-S', '-c', configuration];
  if (kind === 'c') return common;
  // At a site geobooth drives Pacemaker through the same crm_ticket that C booth calls.
  const cluster = role === 'site' ? 'pacemaker' : 'none';
  return [...common, '--cluster', cluster, '--state-dir', stateDirectoryOf(host)];
};

/** Starts a daemon in the foreground of its host; does not wait until it serves. */
export const startMember = async (plan: MemberPlan): Promise<Member> => {
  const { kind, host } = plan;
  const process = await host.spawn(programPath(kind, 'boothd'), daemonArguments(plan));
  return { kind, host, process, log: () => process.output() };
};

/** Runs `booth` or `geostore` of a kind at a host. `args` without the program's name. */
export const runClient = (
  kind: ProgramKind,
  host: LabHost,
  [program, ...args]: readonly [ClientProgram, ...string[]],
  options: CommandOptions = {},
): Promise<CommandOutcome> => host.exec(programPath(kind, program), args, options);

/** Waits until the member answers `booth list` of its own kind; fails at once, with its log, when it has ended. */
export const waitUntilServing = async (member: Member): Promise<void> => {
  const { host, kind, process } = member;
  await waitUntil(
    `the member at ${host.name} to answer booth list`,
    async () => {
      const end = process.end();
      if (end !== undefined) return { end };
      const { code } = await runClient(kind, host, ['booth', 'list', '-s', host.address]);
      return code === 0 ? { end } : null;
    },
    { timeoutMs: 20_000, everyMs: 250 },
  ).then(({ end }) => {
    if (end === undefined) return;
    throw new Error(
      `the member at ${host.name} ended (${String(end.code ?? end.signal)}):\n${member.log().slice(-2000)}`,
    );
  });
};

/**
 * Waits until the member takes part in votes for all its tickets. C daemons do at once. A geobooth member that starts
 * without state keeps out for one lease, unless all others prove to be geobooth's, and logs the end of that per ticket.
 */
export const waitUntilVoting = async (
  member: Member,
  { ticketCount, expireMs }: { readonly ticketCount: number; readonly expireMs: number },
): Promise<void> => {
  if (member.kind === 'c') return;
  const everyTicket = new RegExp(`(?:abstention-ended[^]*){${String(ticketCount)}}`);
  await member.process.waitForOutput(everyTicket, { timeoutMs: expireMs * 1.01 + 10_000 });
};

/** A line of `booth list`. `leader` is an address, `none` (revoked) or `NONE` (unknown). */
export interface ListedTicket {
  readonly ticket: string;
  readonly leader: string;
  /** As printed, local time of the server; null when there is no leader. */
  readonly expires: string | null;
}

const listLine =
  /^ticket: (\S+), leader: ([^,\s]+)(?:, expires: ([^(\n]*?))?(?: \(.*\))?(?: \[manual mode\])?$/;

/** Reads the text of `booth list`; a line that does not have booth's form throws. */
export const readList = (text: string): readonly ListedTicket[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, ticket, leader, expires = null] = listLine.exec(line) ?? [];
      if (ticket === undefined || leader === undefined) {
        throw new Error(`not a line of booth list: "${line}"`);
      }
      return { ticket, leader, expires };
    });
