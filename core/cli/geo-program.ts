/**
 * geo, the operator's command: pcs's words and grammar, with `geo` for `pcs`. Commands load what
 * they need when they run, so that help and mistakes answer at once.
 */
import { Command, CommanderError, Option } from 'commander';
import { exitCode, renderExitCodes } from './exit-code.ts';
import type { RingFlags } from './commands/ring-question.ts';
import type { StatusFlags } from './commands/status.ts';
import type { Terminal } from './terminal.ts';
import { version } from './version.ts';

/** Runs geo. */
export async function geoProgram(argv: readonly string[], terminal: Terminal): Promise<number> {
  let exit: number = exitCode.success;
  const program = buildGeo(terminal, (code) => {
    exit = code;
  });
  try {
    await program.parseAsync(optionsLast(argv), { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    return thrown.exitCode === 0 ? exitCode.success : exitCode.failure;
  }
  return exit;
}

/** Options of any command that take a value: in pcs they may stand anywhere on the line. */
const valuedOptions: ReadonlySet<string> = new Set([
  ...['-c', '--config', '--name', '--self', '--output-format', '--request-timeout', '--state-dir'],
]);

/** Moves options behind the words; commander wants them after the command they belong to. */
export function optionsLast(argv: readonly string[]): string[] {
  const words: string[] = [];
  const options: string[] = [];
  const rest = [...argv];
  while (rest.length > 0) {
    const argument = rest.shift() ?? '';
    if (argument === '--') return [...words, ...options, '--', ...rest];
    if (!argument.startsWith('-')) words.push(argument);
    else options.push(argument, ...(valuedOptions.has(argument) ? rest.splice(0, 1) : []));
  }
  return [...words, ...options];
}

/** Where nobody watches. */
const HELP_COLUMNS = 80;

type Leave = (code: number) => void;

function buildGeo(terminal: Terminal, leave: Leave): Command {
  const program = new Command('geo')
    .description('Manages the tickets of a ring of sites, and what follows them.')
    .version(`geo ${version} (geobooth)`, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        terminal.out(text);
      },
      writeErr: (text) => {
        terminal.err(text);
      },
      getOutHelpWidth: () => (terminal.isOutWatched ? process.stdout.columns : HELP_COLUMNS),
      getErrHelpWidth: () => (terminal.isWatched ? process.stderr.columns : HELP_COLUMNS),
      // Our texts have no colours.
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      outputError: (text, write) => {
        write(text.replace(/^error: /, 'Error: '));
      },
    })
    .showHelpAfterError();
  withExamples(program, ['geo status', 'geo booth ticket grant ticket-a 192.0.2.12']);
  program.addHelpText('after', () => `\nExit codes:\n${renderExitCodes('geo')}`);
  addBooth(program, terminal, leave);
  addStatus(program, terminal, leave);
  addCheck(program, terminal, leave);
  return program;
}

function addBooth(program: Command, terminal: Terminal, leave: Leave): void {
  const booth = program.command('booth').description('configuration and tickets of the ring');
  withExamples(booth, ['geo booth status', 'geo booth config --output-format json']);

  const config = withRingOptions(booth.command('config'))
    .description('print the configuration of this host')
    .action(async (flags: RingFlags) => {
      const { boothConfig } = await import('./commands/booth-config.ts');
      leave(await boothConfig(flags, terminal));
    });
  withExamples(config, ['geo booth config', 'geo booth config --name booth2']);

  const status = withAskingOptions(withRingOptions(booth.command('status')))
    .description('print tickets, peers and the state of the daemon')
    .action(async (flags: RingFlags) => {
      const { boothStatus } = await import('./commands/booth-status.ts');
      leave(await boothStatus(flags, terminal));
    });
  withExamples(status, ['geo booth status', 'geo booth status --output-format json']);

  const ticket = booth.command('ticket').description('give tickets to sites and take them back');
  withExamples(ticket, ['geo booth ticket grant ticket-a', 'geo booth ticket revoke ticket-a']);
  for (const change of ['grant', 'revoke'] as const) {
    const command = withAskingOptions(withRingOptions(ticket.command(change)))
      .description(change === 'grant' ? 'give a ticket to a site' : 'take a ticket back')
      .argument('<ticket>', 'name of the ticket')
      .argument('[site]', 'address or name of a site, or "other"; by default the one of this host')
      .action(async (name: string, site: string | undefined, flags: RingFlags) => {
        const { boothTicket } = await import('./commands/booth-ticket.ts');
        leave(await boothTicket({ change, ticket: name, site: site ?? null }, flags, terminal));
      });
    withExamples(command, [`geo booth ticket ${change} ticket-a 192.0.2.12`]);
  }
}

function addStatus(program: Command, terminal: Terminal, leave: Leave): void {
  const command = withAskingOptions(withRingOptions(program.command('status')))
    .description('show the ring and the cluster of this host')
    .option('--state-dir <folder>', "where the daemon's state is")
    .action(async (flags: StatusFlags) => {
      const { status } = await import('./commands/status.ts');
      leave(await status(flags, terminal));
    });
  withExamples(command, ['geo status', 'geo status --output-format json']);
}

function addCheck(program: Command, terminal: Terminal, leave: Leave): void {
  const command = withRingOptions(program.command('check'))
    .description('find all mistakes of a configuration')
    .action(async (flags: RingFlags) => {
      const { check } = await import('./commands/check.ts');
      leave(await check(flags, terminal));
    });
  withExamples(command, ['geo check', 'geo check -c ./booth.conf']);
}

const withRingOptions = (command: Command): Command =>
  command
    .option('--name <instance>', 'the ring configured in /etc/booth/INSTANCE.conf')
    .option('-c, --config <file>', 'the configuration: a path, or a name in /etc/booth')
    .addOption(
      new Option('--output-format <format>', 'for people or for machines')
        .choices(['text', 'json'])
        .default('text'),
    )
    .allowExcessArguments(false);

const withAskingOptions = (command: Command): Command =>
  command
    .option('--self <address>', 'the member this host is')
    .option('--request-timeout <seconds>', 'bear at most this much silence');

function withExamples(command: Command, examples: readonly string[]): void {
  const lines = examples.map((example) => `  ${example}\n`).join('');
  command.addHelpText('after', `\nExamples:\n${lines.trimEnd()}`);
}
