// What a test needs of the machine, by name. A test whose needs are not met is skipped under a title
// that says why; where GEOBOOTH_REQUIRE_ALL is set (continuous integration) it fails instead.
import { accessSync, constants, existsSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { delimiter, join, resolve } from 'node:path';
import { describe, it } from 'vitest';

/** Folder with the programs under test: GEOBOOTH_DIST, else dist/ of this repository. */
export const distDirectory = resolve(
  process.env['GEOBOOTH_DIST'] ?? join(import.meta.dirname, '..', '..', 'dist'),
);

const isExecutable = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const searchPath = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];

const missingPrograms = (programs: readonly string[]): readonly string[] =>
  programs.filter((name) => !searchPath.some((folder) => isExecutable(join(folder, name))));

/** Null when all programs are on the search path, else which are not and what brings them. */
const needPrograms = (programs: readonly string[], origin: string): string | null => {
  const missing = missingPrograms(programs);
  return missing.length === 0 ? null : `${missing.join(', ')} not found, ${origin}`;
};

const checkNamespaces = (): string | null => {
  const programs = needPrograms(
    ['unshare', 'nsenter', 'ip', 'bridge', 'sysctl'],
    'install util-linux, iproute2 and procps',
  );
  if (programs !== null) return programs;
  const trial = spawnSync('unshare', ['--mount', '--net', '--pid', '--fork', 'true'], {
    timeout: 5_000,
  });
  return trial.status === 0 ? null : 'this machine refuses to make namespaces';
};

const checkBuild = (): string | null => {
  const missing = ['boothd', 'booth', 'geostore'].filter(
    (name) => !existsSync(join(distDirectory, name)),
  );
  return missing.length === 0
    ? null
    : `${missing.join(', ')} not in the build folder, run npm run build`;
};

/** Each need: returns null when met, else the reason in words. */
const checks = {
  linux: () => (process.platform === 'linux' ? null : `runs on Linux, this is ${process.platform}`),
  root: () => (process.getuid?.() === 0 ? null : 'must be run as root'),
  namespaces: checkNamespaces,
  nft: () => needPrograms(['nft'], 'install nftables'),
  'debian-booth': () =>
    ['boothd', 'booth', 'geostore'].every((name) => isExecutable(join('/usr/sbin', name)))
      ? null
      : "no /usr/sbin/boothd, install Debian's package booth",
  'geobooth-build': checkBuild,
} as const satisfies Record<string, () => string | null>;

/** Something a test may need. */
export type Requirement = keyof typeof checks;

/** Reasons why the given needs are not met; empty when all are. */
export const unmetRequirements = (needs: readonly Requirement[]): readonly string[] =>
  needs.flatMap((need) => {
    const reason = checks[need]();
    return reason === null ? [] : [`${need}: ${reason}`];
  });

/**
 * Declares a suite that needs something of the machine. Unmet, the suite is reported as skipped with the reason in
 * its title, or as failed when GEOBOOTH_REQUIRE_ALL is set to anything but nothing.
 */
export const describeWith = (
  needs: readonly Requirement[],
  title: string,
  suite: () => void,
): void => {
  const unmet = unmetRequirements(needs);
  if (unmet.length === 0) {
    describe(title, suite);
    return;
  }
  const reason = unmet.join('; ');
  if ((process.env['GEOBOOTH_REQUIRE_ALL'] ?? '') === '') {
    describe.skip(`${title} (skipped: ${reason})`, suite);
    return;
  }
  it(title, () => {
    throw new Error(`this run must not skip, but: ${reason}`);
  });
};
