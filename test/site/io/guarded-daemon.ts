// Programs for tests of the guard: the guard itself, and a daemon that can be killed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BackgroundProcess } from '../../support/background-process.ts';
import { bundle, bundleGuard } from './bundle.ts';
import { linesOf } from './embedded-site.ts';

export interface GuardPrograms {
  readonly guardProgram: string;
  /**
   * Takes ticket T for as long as it is told, says `all started`, and then only lives. Arguments: folder, guard
   * program, length of the lease in ms, and JSON of what else the site has.
   */
  readonly daemonProgram: string;
}

/** Builds both into the folder. */
export const buildGuardPrograms = async (folder: string): Promise<GuardPrograms> => ({
  guardProgram: await bundleGuard(folder),
  daemonProgram: await bundle(
    folder,
    'daemon-program',
    `import { commit, grantOf, open, roles } from './embedded-site.ts';
     const [folder, guardProgram, leaseMs, more] = process.argv.slice(2);
     void (async () => {
       const cluster = await open({ folder, guardProgram, ...JSON.parse(more) });
       cluster.onChange(() => {
         if (roles(cluster).every((one) => one.endsWith('started'))) console.log('all started');
       });
       await commit(cluster, grantOf('T', Number(leaseMs)));
     })();`,
  ),
});

/** The daemon only; what it has started lives on. */
export const killAlone = (started: BackgroundProcess): Promise<unknown> => {
  started.signal('SIGKILL');
  return started.ended;
};

/** The newest guard of a site's folder, as it says in its log. */
export function newestGuardOf(folder: string): number | null {
  const greeting = linesOf(join(folder, 'state/guard.log')).findLast((line) =>
    line.includes(' listens on '),
  );
  return greeting === undefined ? null : Number(/process ([0-9]+) /.exec(greeting)?.[1]);
}

export const isGuard = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('geobooth-guard');
  } catch {
    return false;
  }
};
