/** `geo booth config`: the configuration of this host, as it stands or as JSON (commands 1.3). */
import { hasErrors } from '../../base/problem.ts';
import type { RingConfig } from '../../config/model.ts';
import { readConfigBytes, readConfigFile } from '../../io/config-file.ts';
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
  const file = readConfigBytes(path);
  if (!file.ok) return tellErrors(terminal, [file.error]);
  const text = Buffer.from(file.value).toString('utf8');
  printAnswerText(terminal, `${text.trimEnd()}\n`);
  return exitCode.success;
}

/** The configuration as JSON: addresses as text, everything else as in the model. */
const configDocument = (config: RingConfig) => ({
  ...config,
  members: config.members.map((member) => ({ ...member, address: member.address.text })),
});
