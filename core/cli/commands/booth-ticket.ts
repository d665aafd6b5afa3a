/** `geo booth ticket grant|revoke TICKET [SITE]` (commands 1.3). */
import type { ClientSettings } from '../arguments/client-settings.ts';
import { checkedName, MAX_NAME_BYTES } from '../arguments/client-settings.ts';
import { changeDocument, changeTicket } from '../booth-program.ts';
import { openClientContext } from '../client-context.ts';
import { printJson } from '../client-output.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { settingsOf, type RingFlags } from './ring-question.ts';
import { tellErrors } from './tell-errors.ts';

export interface TicketQuestion {
  readonly change: 'grant' | 'revoke';
  readonly ticket: string;
  /** null: the site this host is, by its exact address. */
  readonly site: string | null;
}

/**
 * Grants or revokes; says nothing when all went well.
 *
 * Differs from pcs: an outcome that is not known yet is no success, and `--name` also chooses the
 * configuration that is used.
 */
export async function boothTicket(
  question: TicketQuestion,
  flags: RingFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const ticket = checkedName(question.ticket, 'ticket name', MAX_NAME_BYTES);
  const settings = settingsOf(flags, question.site);
  if (!ticket.ok) return tellErrors(terminal, [ticket.error]);
  if (!settings.ok) return tellErrors(terminal, [settings.error]);
  return run(question, settings.value, terminal);
}

/** booth's defaults: neither immediate nor waiting. */
const wait = { isImmediate: false, isWaiting: false, isWaitingForCommit: false };

async function run(
  question: TicketQuestion,
  client: ClientSettings,
  terminal: Terminal,
): Promise<ExitCode> {
  const opened = await openClientContext({ ...client, mayMatchPrefix: false });
  if (!opened.ok) return tellErrors(terminal, opened.error);
  const invocation = { ...question, wait, client };
  const report = await changeTicket(invocation, opened.value, () => undefined);
  if (!report.ok) return tellErrors(terminal, [report.error]);
  const { exit, comment, server } = report.value;
  if (client.outputFormat === 'json') printJson(terminal, changeDocument(question, report.value));
  if (exit !== exitCode.success) {
    terminal.err(
      `Error: cannot ${question.change} ticket "${question.ticket}" at ${server.address.text}: ${comment}\n`,
    );
  }
  return exit;
}
