// What programs under test need of the machine, by name, and where their build is. Used by the tests,
// which skip what cannot run here, and by the bench, which does the same without a test runner.
import { accessSync, constants, existsSync, readdirSync, realpathSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { delimiter, dirname, join, resolve } from 'node:path';

/** The folder of the running program, when that is a build with its daemon beside it. */
const ownBuild = (): string | null => {
  try {
    const folder = dirname(realpathSync(process.argv[1] ?? ''));
    return existsSync(join(folder, 'boothd')) ? folder : null;
  } catch {
    return null;
  }
};

/** Folder with the programs under test: GEOBOOTH_DIST, else that of the running program, else dist/ of this repository. */
export const distDirectory = resolve(
  process.env['GEOBOOTH_DIST'] ?? ownBuild() ?? join(import.meta.dirname, '..', '..', 'dist'),
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

const checkTap = (): string | null => {
  const programs = needPrograms(['perl'], 'install perl');
  if (programs !== null) return programs;
  const trial = spawnSync('perl', ['-MTime::HiRes', '-e', '1'], { timeout: 5_000 });
  if (trial.status !== 0) return 'perl has no Time::HiRes, install perl';
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
    return null;
  } catch {
    return 'no access to /dev/net/tun, which TAP devices need';
  }
};

/** Path of the library that gives programs another wall clock, in its form for threads; null: not installed. */
export const findFaketime = (): string | null => {
  const folders = ['/usr/lib', '/usr/lib64', '/usr/local/lib'].filter((one) => existsSync(one));
  const places = folders.flatMap((one) => [
    one,
    ...readdirSync(one).map((name) => join(one, name)),
  ]);
  const files = places.map((place) => join(place, 'faketime', 'libfaketimeMT.so.1'));
  return files.find((file) => existsSync(file)) ?? null;
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
  tap: checkTap,
  faketime: () => (findFaketime() === null ? 'libfaketime not found, install faketime' : null),
} as const satisfies Record<string, () => string | null>;

/** Something a test may need. */
export type Requirement = keyof typeof checks;

/** Reasons why the given needs are not met; empty when all are. */
export const unmetRequirements = (needs: readonly Requirement[]): readonly string[] =>
  needs.flatMap((need) => {
    const reason = checks[need]();
    return reason === null ? [] : [`${need}: ${reason}`];
  });
