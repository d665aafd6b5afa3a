/** geostore: attributes stored with a ticket (commands section 5, booth-protocol 4.5). */
import { parseGeostoreArguments, type GeostoreInvocation } from './arguments/geostore-arguments.ts';
import {
  clientId,
  findServer,
  openTold,
  ticketOrOnly,
  type ClientContext,
} from './client-context.ts';
import { printAnswerText, printJson, printParsed } from './client-output.ts';
import { exitCode, type ExitCode } from './exit-code.ts';
import { tcpDial } from './tcp-dial.ts';
import { tell, tellProblems, type Terminal } from './terminal.ts';
import { requestText, type TextReport } from './text-request.ts';
import { printVersion } from './version.ts';

type AttributeInvocation = Extract<GeostoreInvocation, { kind: 'attribute' }>;

/** Runs geostore. */
export async function geostoreProgram(
  argv: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> {
  const parsed = parseGeostoreArguments(argv);
  if (!parsed.ok) {
    tellProblems(terminal, [parsed.error]);
    return exitCode.failure;
  }
  const invocation = parsed.value;
  if (invocation.kind === 'attribute') {
    const opened = await openTold(invocation.client, terminal);
    return opened === null ? exitCode.failure : ask(invocation, opened, terminal);
  }
  if (invocation.kind === 'version') {
    printVersion(terminal, 'geostore');
    return exitCode.success;
  }
  const { geostoreUsage } = await import('./usage.ts');
  terminal.out(geostoreUsage());
  return exitCode.success;
}

/** The C client does not send changes of attributes to arbitrators. */
const isChange = ({ operation }: AttributeInvocation): boolean =>
  operation === 'set' || operation === 'delete';

async function ask(
  invocation: AttributeInvocation,
  context: ClientContext,
  terminal: Terminal,
): Promise<ExitCode> {
  const { operation, client } = invocation;
  const onlySites = isChange(invocation) ? `geostore ${operation}` : null;
  const server = await findServer(context, client.site, onlySites);
  if (!server.ok) {
    tellProblems(terminal, [server.error]);
    const isQuestion = !isChange(invocation) && client.site !== null;
    return isQuestion ? exitCode.unknownSite : exitCode.failure;
  }
  const ticket = ticketOrOnly(context.config, invocation.ticket);
  const from = clientId(context);
  if (!ticket.ok || !from.ok) {
    tellProblems(
      terminal,
      [ticket, from].flatMap((result) => (result.ok ? [] : [result.error])),
    );
    return exitCode.failure;
  }
  const { attribute, value } = invocation;
  const report = await requestText(
    { command: `attr-${operation}`, from: from.value, ticket: ticket.value, attribute, value },
    server.value,
    { dial: tcpDial(context.key), requestTimeoutMs: client.requestTimeoutMs },
  );
  return show(invocation, { report, ticket: ticket.value }, terminal);
}

async function show(
  invocation: AttributeInvocation,
  outcome: { readonly report: TextReport; readonly ticket: string },
  terminal: Terminal,
): Promise<ExitCode> {
  const { operation, attribute } = invocation;
  const { report, ticket } = outcome;
  if (!report.isDone) {
    tell(terminal, 'error', report.comment);
    return report.exit;
  }
  if (report.comment !== null) tell(terminal, 'info', report.comment);
  if (operation === 'set') tell(terminal, 'info', 'set succeeded');
  if (invocation.client.outputFormat === 'text') {
    printAnswerText(terminal, report.text);
    return exitCode.success;
  }
  if (operation === 'list') {
    const { parseAttributeList } = await import('./answer/attribute-list.ts');
    const parsed = parseAttributeList(report.text);
    return printParsed(terminal, parsed, (attributes) => ({ ticket, attributes }));
  }
  const document = { operation, ticket, attribute };
  const value = operation === 'get' ? { value: report.text.replace(/\n$/, '') } : {};
  printJson(terminal, { ...document, ...value });
  return exitCode.success;
}
