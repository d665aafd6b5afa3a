/** `geo check`: everything that is wrong or odd in a configuration, without starting anything. */
import { hasErrors, renderProblem, type Problem } from '../../base/problem.ts';
import { err, type Result } from '../../base/result.ts';
import type { RingConfig, RingMember } from '../../config/model.ts';
import { findMember } from '../../config/self.ts';
import { readConfigFile, type ConfigFile } from '../../io/config-file.ts';
import { readKey } from '../client-context.ts';
import { printJson } from '../client-output.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { settingsOf, type RingFlags } from './ring-question.ts';
import { tellErrors } from './tell-errors.ts';

/** Checks booth.conf, NAME.local.conf and the key; 0 when nothing in them keeps a daemon from starting. */
export async function check(flags: RingFlags, terminal: Terminal): Promise<ExitCode> {
  const settings = settingsOf(flags, null);
  if (!settings.ok) return tellErrors(terminal, [settings.error]);
  const path = settings.value.config ?? '';
  const file = await readConfigFile(path);
  const key = file.config === null ? null : await readKey(file.config);
  const self = toldMember(file);
  const problems = [
    ...file.problems,
    ...(key === null || key.ok ? [] : [key.error]),
    ...(self === null || self.ok ? [] : [self.error]),
  ];
  const isValid = file.config !== null && !hasErrors(problems);
  if (settings.value.outputFormat === 'json') printJson(terminal, { path, isValid, problems });
  else printFindings({ path, config: file.config, problems, isValid }, terminal);
  return isValid ? exitCode.success : exitCode.failure;
}

/** Who NAME.local.conf says this host is; its addresses are not looked at, the files may be another's. */
function toldMember({ config, local, localPath }: ConfigFile): Result<RingMember, Problem> | null {
  if (config === null || local.self === undefined || local.self === null) return null;
  const found = findMember(config.members, local.self, null);
  return found.ok ? found : err({ ...found.error, where: { file: localPath } });
}

interface Findings {
  readonly path: string;
  readonly config: RingConfig | null;
  readonly problems: readonly Problem[];
  readonly isValid: boolean;
}

/** The findings are what was asked for, so they go to stdout. */
function printFindings({ path, config, problems, isValid }: Findings, terminal: Terminal): void {
  for (const found of problems) terminal.out(`${renderProblem(found)}\n`);
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const counts = `${count(errors, 'error')}, ${count(problems.length - errors, 'warning')}`;
  const ring = config === null ? '' : `, ${describeRing(config)}`;
  terminal.out(`${path}: ${isValid ? 'valid' : 'not valid'} (${counts}${ring})\n`);
}

const describeRing = ({ members, tickets, authFile }: RingConfig): string => {
  const sites = members.filter(({ role }) => role === 'site').length;
  return [
    count(sites, 'site'),
    count(members.length - sites, 'arbitrator'),
    count(tickets.length, 'ticket'),
    authFile === null ? 'no authentication' : 'authenticated',
  ].join(', ');
};

const count = (number: number, noun: string): string =>
  `${number} ${noun}${number === 1 ? '' : 's'}`;
