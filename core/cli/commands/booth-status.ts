/** `geo booth status`: tickets, peers and daemon of this host (commands 1.3), as pcs prints them. */
import type { Problem } from '../../base/problem.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { parsePeerList } from '../answer/peer-list.ts';
import { parseStatusLine } from '../answer/daemon-status-line.ts';
import { parseTicketList } from '../answer/ticket-list.ts';
import { printAnswerText, printJson } from '../client-output.ts';
import { exitCode, type ExitCode } from '../exit-code.ts';
import type { Terminal } from '../terminal.ts';
import { askRing, type RingAnswers } from './ring-answers.ts';
import { settingsOf, type RingFlags } from './ring-question.ts';
import { tellErrors } from './tell-errors.ts';

/** Prints all three, or, when one of them cannot be had, nothing but the reason. */
export async function boothStatus(flags: RingFlags, terminal: Terminal): Promise<ExitCode> {
  const settings = settingsOf(flags, null);
  if (!settings.ok) return tellErrors(terminal, [settings.error]);
  const answers = await askRing(settings.value);
  if (!answers.ok) return tellErrors(terminal, answers.error);
  if (settings.value.outputFormat === 'text') {
    printAnswerText(terminal, sectionsOf(answers.value));
    return exitCode.success;
  }
  const document = statusDocument(answers.value);
  if (!document.ok) return tellErrors(terminal, [document.error]);
  printJson(terminal, document.value);
  return exitCode.success;
}

/** Sections without text are left out; each one ends with an empty line. */
function sectionsOf({ list, peers, daemon }: RingAnswers): string {
  const sections: readonly (readonly [string, string])[] = [
    ['TICKETS', list],
    ['PEERS', peers],
    ['DAEMON STATUS', daemon.line === null ? '' : `${daemon.line}\n`],
  ];
  return sections
    .filter(([, text]) => text !== '')
    .map(([title, text]) => `${title}:\n${text}\n`)
    .join('');
}

function statusDocument(answers: RingAnswers): Result<unknown, Problem> {
  const list = parseTicketList(answers.list);
  const peers = parsePeerList(answers.peers);
  if (!list.ok) return err(list.error);
  if (!peers.ok) return err(peers.error);
  const { isRunning, line } = answers.daemon;
  return ok({
    server: answers.server.address.text,
    ...list.value,
    peers: peers.value,
    daemon: { isRunning, ...(line === null ? {} : { lockFile: parseStatusLine(line) }) },
  });
}
