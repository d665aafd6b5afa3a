/** `geo status`: the ring as this host's member sees it, and the cluster beside it. */
import { problem, type Problem } from '../../base/problem.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { mergeLocalConfig } from '../../config/local-config.ts';
import { readConfigFile } from '../../io/config-file.ts';
import { parsePeerList } from '../answer/peer-list.ts';
import { parseTicketList } from '../answer/ticket-list.ts';
import { printJson } from '../client-output.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import { stateDirOf } from '../standard-places.ts';
import type { Terminal } from '../terminal.ts';
import { readClusterState, type ClusterState } from './cluster-state.ts';
import { askRing, type RingAnswers } from './ring-answers.ts';
import { settingsOf, type RingFlags } from './ring-question.ts';
import type { ShownStatus } from './shown-status.ts';
import { tellErrors } from './tell-errors.ts';

export interface StatusFlags extends RingFlags {
  readonly stateDir?: string;
}

/** Shows all that can be had; 1 when the ring or the cluster's state could not be read. */
export async function status(flags: StatusFlags, terminal: Terminal): Promise<ExitCode> {
  const settings = settingsOf(flags, null);
  if (!settings.ok) return tellErrors(terminal, [settings.error]);
  const answers = await askRing(settings.value);
  const shown = answers.ok ? shownRing(answers.value) : answers;
  if (!shown.ok) return tellErrors(terminal, shown.error);
  const cluster = await findCluster(settings.value.config ?? '', flags.stateDir);
  const document: ShownStatus = { ...shown.value, cluster: cluster.ok ? cluster.value : null };
  if (settings.value.outputFormat === 'json') printJson(terminal, document);
  else {
    const { renderStatus } = await import('../render/status-table.ts');
    terminal.out(renderStatus(document, { isColoured: isColoured(terminal) }));
  }
  return cluster.ok ? exitCode.success : tellErrors(terminal, [cluster.error]);
}

function shownRing(answers: RingAnswers): Result<Omit<ShownStatus, 'cluster'>, readonly Problem[]> {
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
