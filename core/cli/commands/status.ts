/** `geo status`: the ring as this host's member sees it, and the cluster beside it. */
import { problem, type Problem } from '../../base/problem.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { mergeLocalConfig } from '../../config/local-config.ts';
import { readConfigFile } from '../../io/config-file.ts';
import { parsePeerList } from '../answer/peer-list.ts';
import { parseTicketList } from '../answer/ticket-list.ts';
import type { ClientSettings } from '../arguments/client-settings.ts';
import { printJson } from '../client-output.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import { stateDirOf } from '../standard-places.ts';
import type { Terminal } from '../terminal.ts';
import { readClusterState, type ClusterState } from './cluster-state.ts';
import { askRing, type RingAnswers } from './ring-answers.ts';
import { settingsOf, type RingFlags } from './ring-question.ts';
import type { ShownRing, ShownStatus } from './shown-status.ts';
import { tellErrors } from './tell-errors.ts';

export interface StatusFlags extends RingFlags {
  readonly stateDir?: string;
}

/**
 * Shows all that can be had: of a host whose daemon does not answer still what runs there. 1 when
 * the ring or the cluster's state could not be read.
 */
export async function status(flags: StatusFlags, terminal: Terminal): Promise<ExitCode> {
  const settings = settingsOf(flags, null);
  if (!settings.ok) return tellErrors(terminal, [settings.error]);
  const path = settings.value.config ?? '';
  const answers = await askRing(settings.value);
  const ring = answers.ok ? shownRing(answers.value) : answers;
  const cluster = await findCluster(path, flags.stateDir);
  const shown: ShownStatus = {
    ring: ring.ok ? ring.value : null,
    cluster: cluster.ok ? cluster.value : null,
  };
  if (shown.ring !== null || shown.cluster !== null) await show(shown, settings.value, terminal);
  const problems = [...(ring.ok ? [] : ring.error), ...(cluster.ok ? [] : [cluster.error])];
  return problems.length === 0 ? exitCode.success : tellErrors(terminal, problems);
}

async function show(
  { ring, cluster }: ShownStatus,
  { outputFormat }: Pick<ClientSettings, 'outputFormat'>,
  terminal: Terminal,
): Promise<void> {
  if (outputFormat === 'json') {
    printJson(terminal, { ...(ring ?? unknownRing), cluster });
    return;
  }
  const { renderStatus } = await import('../render/status-table.ts');
  terminal.out(renderStatus({ ring, cluster }, { isColoured: isColoured(terminal) }));
}

/** The same keys, so that a script need not ask whether they are there. */
const unknownRing = {
  name: null,
  server: null,
  tickets: null,
  warnings: null,
  peers: null,
  holdsUsualLock: null,
};

function shownRing(answers: RingAnswers): Result<ShownRing, readonly Problem[]> {
  const list = parseTicketList(answers.list);
  const peers = parsePeerList(answers.peers);
  if (!list.ok) return err([list.error]);
  if (!peers.ok) return err([peers.error]);
  return ok({
    name: answers.config.name,
    server: answers.server.address.text,
    ...list.value,
    peers: peers.value,
    // It has just answered; a daemon with a lock file of its own choice is not seen by that.
    holdsUsualLock: answers.daemon.isRunning,
  });
}

/** The flag, else NAME.local.conf, else where the daemon keeps its state. */
async function findCluster(
  path: string,
  stateDir: string | undefined,
): Promise<Result<ClusterState | null, Problem>> {
  const { config, local } = await readConfigFile(path);
  const merged = mergeLocalConfig({ stateDir }, local);
  const isEmbedded = stateDir !== undefined || merged.cluster === 'embedded';
  if (config === null || !isEmbedded) return ok(null);
  const found = readClusterState(merged.stateDir ?? stateDirOf(config.name));
  if (stateDir === undefined || !found.ok || found.value !== null) return found;
  return err(
    problem('cluster-missing', `there is no cib.xml in ${stateDir}, where --state-dir says`),
  );
}

/** Colours only for a person, and not for one who said no (https://no-color.org). */
const isColoured = (terminal: Terminal): boolean =>
  terminal.isOutWatched && (process.env['NO_COLOR'] ?? '') === '';
