/** `geo booth config`: the configuration of this host, as it stands or as JSON (commands 1.3). */
import { readFileSync, statSync } from 'node:fs';
import { hasErrors, problem, type Problem } from '../../base/problem.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { FILE_BYTES_MAX } from '../../config/line.ts';
import type { RingConfig } from '../../config/model.ts';
import { readConfigFile } from '../../io/config-file.ts';
import { printAnswerText, printJson } from '../client-output.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { settingsOf, type RingFlags } from './ring-question.ts';
import { tellErrors } from './tell-errors.ts';

/** Prints the file unread, so that a broken one can be seen too; JSON needs a sound one. */
export async function boothConfig(flags: RingFlags, terminal: Terminal): Promise<ExitCode> {
  const settings = settingsOf(flags, null);
  if (!settings.ok) return tellErrors(terminal, [settings.error]);
  const path = settings.value.config ?? '';
  if (settings.value.outputFormat === 'json') {
    const { config, problems } = await readConfigFile(path);
    if (config === null || hasErrors(problems)) return tellErrors(terminal, problems);
    printJson(terminal, configDocument(config));
    return exitCode.success;
  }
  const text = readText(path);
  if (!text.ok) return tellErrors(terminal, [text.error]);
  printAnswerText(terminal, `${text.value.trimEnd()}\n`);
  return exitCode.success;
}

function readText(path: string): Result<string, Problem> {
  try {
    const stats = statSync(path);
    if (stats.isFile() && stats.size <= FILE_BYTES_MAX) return ok(readFileSync(path, 'utf8'));
    const message = `${path} is no regular file of at most ${FILE_BYTES_MAX} bytes`;
    return err(problem('config-unreadable', message));
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    return err(problem('config-unreadable', `cannot read the booth configuration: ${reason}`));
  }
}

/** The configuration as JSON: addresses as text, everything else as in the model. */
export const configDocument = (config: RingConfig) => ({
  ...config,
  members: config.members.map((member) => ({ ...member, address: member.address.text })),
});
