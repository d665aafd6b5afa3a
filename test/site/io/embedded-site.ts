// A real embedded cluster in a temporary folder: real agents, a real guard, real files.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after } from '../../../core/base/instant.ts';
import { bootClock } from '../../../core/io/boot-clock.ts';
import type { CommitOutcome, LogEvent, TicketCommit } from '../../../core/member/ports.ts';
import { agentSearchPath } from '../../../site/io/ocf-agent.ts';
import type { EmbeddedCluster, EmbeddedOptions } from '../../../site/io/run-embedded.ts';
import { runEmbedded } from '../../../site/io/run-embedded.ts';

export const clock = bootClock();
const shipped = resolve(import.meta.dirname, '../../../site/agents');

export interface SiteFiles {
  readonly folder: string;
  readonly guardProgram: string | null;
  readonly selfFence?: readonly string[];
  readonly watchdog?: string;
  /** What an agent has between TERM and KILL; default 500. */
  readonly agentGraceMs?: number;
}

export const optionsOf = (
  site: SiteFiles,
  logs: LogEvent[],
): EmbeddedOptions & { readonly stateDir: string } => ({
  stateDir: join(site.folder, 'state'),
  node: { id: '1', name: 'alpha' },
  agents: {
    ocfRoot: join(site.folder, 'ocf'),
    shipped,
    path: agentSearchPath(process.env['PATH']),
    graceMs: site.agentGraceMs ?? 500,
  },
  clock,
  log: { write: (event) => logs.push(event) },
  guard:
    site.guardProgram === null
      ? null
      : {
          command: [process.execPath, site.guardProgram],
          selfFence: site.selfFence ?? null,
          watchdog: site.watchdog ?? null,
        },
});

export async function open(site: SiteFiles, logs: LogEvent[] = []): Promise<EmbeddedCluster> {
  const opened = await runEmbedded(optionsOf(site, logs));
  if (!opened.ok) throw new Error(opened.error.message);
  return opened.value;
}

export const grantOf = (ticket: string, leaseMs: number | null): TicketCommit => ({
  ticket,
  granted: true,
  owner: 42,
  expiresEpochSecs: 1_900_000_000,
  term: 1,
  configName: 'booth',
  leaseUntil: leaseMs === null ? null : after(clock.now(), leaseMs),
});

export const revokeOf = (ticket: string): TicketCommit => ({
  ...grantOf(ticket, null),
  granted: false,
  owner: -1,
});

export const commit = (
  cluster: EmbeddedCluster,
  ...changes: readonly TicketCommit[]
): Promise<readonly CommitOutcome[]> =>
  new Promise((done) => {
    cluster.commit(changes, done);
  });

/** `id role` of every resource. */
export const roles = (cluster: EmbeddedCluster): readonly string[] =>
  cluster.resourceStates().map(({ id, role }) => `${id} ${role}`);

/** A primitive of a shipped agent with parameters, a monitor and timeouts. */
export function primitive(
  id: string,
  type: string,
  parameters: Readonly<Record<string, string>>,
): string {
  const pairs = Object.entries(parameters).map(
    ([name, value]) => `<nvpair id="${id}-${name}" name="${name}" value="${value}"/>`,
  );
  return `<primitive id="${id}" class="ocf" provider="geobooth" type="${type}">
    <instance_attributes id="${id}-p">${pairs.join('')}</instance_attributes>
    <operations><op id="${id}-m" name="monitor" interval="300ms" timeout="5s"/>
      <op id="${id}-s" name="start" interval="0" timeout="10s"/>
      <op id="${id}-t" name="stop" interval="0" timeout="10s"/></operations></primitive>`;
}

/** Lines of a log that agents write; none yet when there is no file. */
export const linesOf = (file: string): readonly string[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : [];

export const writeCib = (folder: string, resources: string, constraints: string): void => {
  writeFileSync(
    join(folder, 'state', 'cib.xml'),
    `<cib admin_epoch="0" epoch="5" num_updates="0" validate-with="pacemaker-3.9"><configuration><crm_config/>
      <nodes><node id="1" uname="alpha"/></nodes><resources>${resources}</resources>
      <constraints>${constraints}</constraints></configuration><status/></cib>`,
  );
};
