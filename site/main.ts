/** The daemon of a site: a member with a cluster that follows its tickets. */
import type { Problem } from '../core/base/problem.ts';
import { ok, type Result } from '../core/base/result.ts';
import { isProgram } from '../core/cli/daemon/program.ts';
import { runDaemon, type DaemonRole, type OpenedCluster } from '../core/cli/daemon/run-daemon.ts';
import { runPacemaker } from './io/run-pacemaker.ts';

/** Runs the site with the arguments of `boothd daemon`; resolves with the exit code. */
export const main = (argv: readonly string[]): Promise<number> =>
  runDaemon(argv, { role: 'site', openCluster });

const openCluster: DaemonRole['openCluster'] = async (
  settings,
): Promise<Result<OpenedCluster | null, Problem>> => {
  switch (settings.local.cluster) {
    case 'none':
      return ok(null);
    case 'pacemaker':
      return ok({ port: runPacemaker(), close: () => Promise.resolve() });
    case 'embedded':
      return ok(null);
  }
};

if (isProgram('geobooth-site')) {
  void main(process.argv.slice(2)).then((code) => {
    process.exit(code);
  });
}
