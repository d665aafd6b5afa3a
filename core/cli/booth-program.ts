/**
 * booth, and what boothd does besides starting a daemon (commands section 5, booth-protocol 5).
 * Data goes to stdout exactly as booth prints it, comments to stderr.
 */
import { ok, type Result } from '../base/result.ts';
import type { Problem } from '../base/problem.ts';
import type { RingMember } from '../config/model.ts';
import {
  parseBoothArguments,
  type BoothInvocation,
  type ChangeInvocation,
} from './arguments/booth-arguments.ts';
import type { ClientSettings } from './arguments/client-settings.ts';
import { requestChange, type ChangeReport } from './change-request.ts';
import {
  clientId,
  findServer,
  openTold,
  ticketOrOnly,
  type ClientContext,
} from './client-context.ts';
import { printAnswerText, printJson, printParsed } from './client-output.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
import { withProgress } from './progress.ts';
import { tcpDial } from './tcp-dial.ts';
import { tell, tellProblems, type Terminal } from './terminal.ts';
import { requestText } from './text-request.ts';
import { printVersion } from './version.ts';

/** Runs booth or boothd. */
export async function boothProgram(argv: readonly string[], terminal: Terminal): Promise<number> {
  const invocation = parseBoothArguments(argv);
  if (!invocation.ok) return fail(terminal, [invocation.error]);
  return run(invocation.value, terminal);
}

async function run(invocation: BoothInvocation, terminal: Terminal): Promise<number> {
  switch (invocation.kind) {
    case 'version':
      printVersion(terminal, 'booth');
      return exitCode.success;
    case 'help':
    case 'usage-error': {
      const { boothUsage } = await import('./usage.ts');
      terminal.out(boothUsage());
      return invocation.kind === 'help' ? exitCode.success : exitCode.failure;
    }
    case 'daemon': {
      const { launchDaemon } = await import('./daemon-launch.ts');
      return launchDaemon(invocation.args, terminal);
    }
    case 'status': {
      const { daemonStatus } = await import('./daemon-status.ts');
      return daemonStatus(invocation, terminal);
    }
    case 'query':
      return query(invocation, terminal);
    case 'change':
      return change(invocation, terminal);
  }
}

async function query(
  invocation: Extract<BoothInvocation, { kind: 'query' }>,
  terminal: Terminal,
): Promise<ExitCode> {
  const opened = await openTold(invocation.client, terminal);
  if (opened === null) return exitCode.failure;
  const server = await findServer(opened, invocation.client.site, null);
  if (!server.ok) return fail(terminal, [server.error], siteFailure(invocation.client));
  const from = clientId(opened);
  if (!from.ok) return fail(terminal, [from.error]);
  const request = { command: invocation.query, from: from.value } as const;
  const report = await requestText(request, server.value, {
    dial: tcpDial(opened.key),
    requestTimeoutMs: invocation.client.requestTimeoutMs,
  });
  if (!report.isDone) {
    tell(terminal, 'error', report.comment);
    return report.exit;
  }
  if (report.comment !== null) tell(terminal, 'info', report.comment);
  if (invocation.client.outputFormat === 'text') {
    printAnswerText(terminal, report.text);
    return exitCode.success;
  }
  return printAsJson(invocation.query, { text: report.text, server: server.value }, terminal);
}

/** `-s` that names nobody: booth's own code for the commands that only ask. */
const siteFailure = (client: ClientSettings): ExitCode =>
  client.site === null ? exitCode.failure : exitCode.unknownSite;

async function printAsJson(
  asked: 'list' | 'peers',
  answer: { readonly text: string; readonly server: RingMember },
  terminal: Terminal,
): Promise<ExitCode> {
  const server = answer.server.address.text;
  if (asked === 'list') {
    const { parseTicketList } = await import('./answer/ticket-list.ts');
    return printParsed(terminal, parseTicketList(answer.text), (list) => ({ server, ...list }));
  }
  const { parsePeerList } = await import('./answer/peer-list.ts');
  return printParsed(terminal, parsePeerList(answer.text), (peers) => ({ server, peers }));
}

async function change(invocation: ChangeInvocation, terminal: Terminal): Promise<ExitCode> {
  const opened = await openTold(invocation.client, terminal);
  if (opened === null) return exitCode.failure;
  const report = await withProgress(terminal, invocation, (comment) =>
    changeTicket(invocation, opened, comment),
  );
  if (!report.ok) return fail(terminal, [report.error]);
  const { level, comment, exit } = report.value;
  tell(terminal, level, comment);
  if (invocation.client.outputFormat === 'json') {
    printJson(terminal, changeDocument(invocation, report.value));
  }
  return exit;
}

/** Grants or revokes as the invocation says; a problem means that nothing was asked. */
export async function changeTicket(
  invocation: Pick<ChangeInvocation, 'change' | 'ticket' | 'wait' | 'client'>,
  context: ClientContext,
  comment: (text: string) => void,
): Promise<Result<ChangeReport & { readonly ticket: string }, Problem>> {
  const { config, key } = context;
  const server = await findServer(context, invocation.client.site, invocation.change);
  if (!server.ok) return server;
  const ticket = ticketOrOnly(config, invocation.ticket);
  if (!ticket.ok) return ticket;
  const from = clientId(context);
  if (!from.ok) return from;
  const question = {
    change: invocation.change,
    ticket: ticket.value,
    options: invocation.wait,
    server: server.value,
    from: from.value,
    requestTimeoutMs: invocation.client.requestTimeoutMs,
  };
  const report = await requestChange(question, { config, dial: tcpDial(key) }, comment);
  return ok({ ...report, ticket: ticket.value });
}

/** The result of a grant or revoke for machines. */
export const changeDocument = (
  { change }: Pick<ChangeInvocation, 'change'>,
  report: ChangeReport & { readonly ticket: string },
) => ({
  operation: change,
  ticket: report.ticket,
  server: report.server.address.text,
  outcome: report.outcome,
  exitCode: report.exit,
  message: report.comment,
});

function fail(
  terminal: Terminal,
  problems: readonly Problem[],
  exit: ExitCode = exitCode.failure,
): ExitCode {
  tellProblems(terminal, problems);
  return exit;
}
