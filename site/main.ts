/** The daemon of a site: a member with a cluster that follows its tickets. */
import { realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { Problem } from '../core/base/problem.ts';
import { ok, type Result } from '../core/base/result.ts';
import { isProgram } from '../core/cli/daemon/program.ts';
import { runDaemon, type DaemonRole, type OpenedCluster } from '../core/cli/daemon/run-daemon.ts';
import type { DaemonSettings } from '../core/cli/daemon/settings.ts';
import type { Clock, Log } from '../core/member/ports.ts';
import { runGuard } from './io/guard-main.ts';
import { agentSearchPath } from './io/ocf-agent.ts';
import { runEmbedded } from './io/run-embedded.ts';
import { runPacemaker } from './io/run-pacemaker.ts';

/** What a running agent may have between TERM and KILL. */
const AGENT_GRACE_MS = 2000;
/** The embedded cluster has one node, this host. */
const NODE_ID = '1';

/** Runs the site with the arguments of `boothd daemon`; resolves with the exit code. */
export const main = (argv: readonly string[]): Promise<number> =>
  runDaemon(argv, { role: 'site', openCluster });

const openCluster: DaemonRole['openCluster'] = async (
  settings,
  world,
): Promise<Result<OpenedCluster | null, Problem>> => {
  switch (settings.local.cluster) {
    case 'none':
      return ok(null);
    case 'pacemaker':
      return ok({ port: runPacemaker(), close: () => Promise.resolve() });
    case 'embedded':
      return openEmbedded(settings, world);
  }
};

async function openEmbedded(
  { stateDir, local }: DaemonSettings,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<Result<OpenedCluster, Problem>> {
  const programs = dirname(realpathSync(process.argv[1] ?? ''));
  const opened = await runEmbedded({
    stateDir,
    node: { id: NODE_ID, name: hostname() },
    agents: {
      ocfRoot: process.env['OCF_ROOT'] ?? '/usr/lib/ocf',
      shipped: join(programs, 'agents'),
      path: agentSearchPath(process.env['PATH']),
      graceMs: AGENT_GRACE_MS,
    },
    clock,
    log,
    guard: {
      command: [process.execPath, join(programs, 'geobooth-site'), '--guard'],
      selfFence: local.selfFence,
      watchdog: local.watchdog,
    },
  });
  if (!opened.ok) return opened;
  return ok({
    port: opened.value,
    // Resources go on: the next daemon adopts them, and the guard holds them to the lease (R14).
    close: () => opened.value.stop({ stopResources: false }),
  });
}

if (isProgram('geobooth-site')) {
  const [first, ...rest] = process.argv.slice(2);
  void (first === '--guard' ? runGuard(rest) : main(process.argv.slice(2))).then((code) => {
    process.exit(code);
  });
}
