/** The daemon of an arbitrator: a member that only votes. */
import { runDaemon } from '../core/cli/daemon/run-daemon.ts';
import { isProgram } from '../core/cli/daemon/program.ts';
import { ok } from '../core/base/result.ts';

/** Runs the arbitrator with the arguments of `boothd daemon`; resolves with the exit code. */
export const main = (argv: readonly string[]): Promise<number> =>
  runDaemon(argv, { role: 'arbitrator', openCluster: () => Promise.resolve(ok(null)) });

if (isProgram('geobooth-arbitrator')) {
  void main(process.argv.slice(2)).then((code) => {
    process.exit(code);
  });
}
