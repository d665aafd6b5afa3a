/**
 * What the programs' exit codes say. One table, used by every program and shown by its help
 * (commands section 5, booth-protocol 5.4).
 *
 * Differs from booth: a client that gives up waiting for the outcome of a grant or revoke exits
 * with 3, where booth exits with 0 and so claims a success nobody has seen.
 */
export const exitCode = {
  success: 0,
  failure: 1,
  /** The question could not be put to the site that was named, or got no definite answer. */
  unknownSite: 2,
  /** The request was accepted, but nobody has said yet how it ended. */
  undecided: 3,
  notRunning: 7,
} as const;

export type ExitCode = (typeof exitCode)[keyof typeof exitCode];

/** The programs of this folder, by the name they are started with. */
export type ProgramName = 'geo' | 'boothd' | 'booth' | 'geostore' | 'booth-keygen';

interface ExitCodeRow {
  readonly code: ExitCode;
  readonly meaning: string;
  readonly programs: readonly ProgramName[];
}

/** One row a meaning; the README's table has the same rows. */
export const exitCodeTable: readonly ExitCodeRow[] = [
  {
    code: exitCode.success,
    meaning: 'done; granted, or won with the commit still delayed; revoked, or nobody held it',
    programs: ['geo', 'boothd', 'booth', 'geostore', 'booth-keygen'],
  },
  {
    code: exitCode.failure,
    meaning: 'refused, failed, no connection, no access, wrong usage or configuration',
    programs: ['geo', 'boothd', 'booth', 'geostore', 'booth-keygen'],
  },
  {
    code: exitCode.unknownSite,
    meaning: 'list, peers, get: -s names no configured member, or only interim answers came',
    programs: ['boothd', 'booth', 'geostore'],
  },
  {
    code: exitCode.undecided,
    meaning: 'grant, revoke: accepted, but not decided while we waited; see list, or use -w',
    programs: ['geo', 'boothd', 'booth'],
  },
  {
    code: exitCode.notRunning,
    meaning: 'status: the daemon is not running here',
    programs: ['boothd', 'booth'],
  },
];

/** The rows of one program as lines of its help. */
export const renderExitCodes = (program: ProgramName): string =>
  exitCodeTable
    .filter((row) => row.programs.includes(program))
    .map((row) => `  ${row.code}  ${row.meaning}\n`)
    .join('');
