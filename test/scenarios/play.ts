/**
 * Plays a scenario: a text of commands, each followed by `----` and what was seen. Commands:
 *
 *   ring sites=2 arbitrators=1 [auth] KEY=VALUE…   booth.conf of ticket `db`; hosts A, B, C…
 *   start HOST… | start all      kill HOST…         daemons
 *   pause HOST…   resume HOST…   reboot HOST…        processes and machines (a reboot kills)
 *   run SECONDS                                      lets time pass
 *   grant HOST [-F] | revoke HOST | list HOST        clients
 *   set HOST NAME VALUE                              geostore set
 *   cut HOST (alone) | cut HOST HOST (one way) | heal
 *   commits HOST fail|work|MS    disk HOST full|free   handler HOST CODE
 *   forget HOST                                      loses the journal (and kills)
 */
import { assert } from '../../core/base/assert.ts';
import type { ClientRequest } from '../../core/wire/message.ts';
import type { Fault } from '../simulation/plan.ts';
import { downName, openStage, UNTIL_LIFTED, type Stage } from './stage.ts';

/** The scenario with every expected part replaced by what happens now. */
export async function playScenario(text: string): Promise<string> {
  const play: Play = { stage: null, seen: [] };
  const blocks: string[] = [];
  for (const block of text.split(/\n(?=> )/)) blocks.push(await playBlock(play, block));
  return blocks.join('\n').trimEnd().concat('\n');
}

interface Play {
  stage: Stage | null;
  readonly seen: string[];
}

async function playBlock(play: Play, block: string): Promise<string> {
  if (!block.startsWith('> ')) return block;
  const command = (block.slice(2).split('\n----')[0] ?? '').trimEnd();
  play.seen.length = 0;
  for (const line of command.split('\n').map((one) => one.trim())) await perform(play, line);
  const lines = play.seen.map((line) => `${line}\n`).join('');
  return `> ${command}\n----\n${lines}`;
}

async function perform(play: Play, line: string): Promise<void> {
  const [verb = '', ...words] = line.split(/\s+/);
  if (verb === 'ring') {
    play.stage = openRing(play, words);
    return;
  }
  const { stage } = play;
  assert(stage !== null, 'a scenario opens with its ring');
  if (verb === 'run') return stage.run(Number(words[0]) * 1000);
  act(stage, verb, words);
  // What follows at this very moment is seen before the next command.
  return stage.run(0);
}

function act(stage: Stage, verb: string, words: readonly string[]): void {
  switch (verb) {
    case 'start':
      return words[0] === 'all' ? stage.startAll() : words.forEach(stage.start);
    case 'kill':
    case 'reboot':
    case 'forget':
    case 'pause':
      return words.forEach((host) => {
        const fault: Fault = { ...UNTIL_LIFTED, kind: verb, host, tornRate: 1 };
        stage.lay(verb === 'pause' ? `pause ${host}` : downName(host, verb), fault);
      });
    case 'resume':
      return words.forEach((host) => {
        stage.lift(`pause ${host}`);
      });
    case 'heal':
      return stage.liftAll('cut ');
    case 'cut':
      return cut(stage, words);
    case 'commits':
    case 'disk':
    case 'handler':
      return arrange(stage, verb, words);
    default:
      return ask(stage, verb, words);
  }
}

function cut(stage: Stage, [host = '', other = '']: readonly string[]): void {
  const isOneWay = other !== '';
  const to = isOneWay ? [other] : stage.hosts.filter((name) => name !== host);
  stage.lay(`cut ${host} ${other}`, { ...UNTIL_LIFTED, kind: 'cut', from: [host], to, isOneWay });
}

function arrange(stage: Stage, verb: string, [host = '', word = '']: readonly string[]): void {
  const faults: Record<string, Fault> = {
    'disk full': { ...UNTIL_LIFTED, kind: 'full-disk', host },
    'handler 1': { ...UNTIL_LIFTED, kind: 'handler-refuses', host },
    'commits fail': {
      ...UNTIL_LIFTED,
      kind: 'failing-commits',
      host,
      failure: 'before',
      ticket: null,
    },
  };
  const fault: Fault | undefined = /^commits \d+$/.test(`${verb} ${word}`)
    ? { ...UNTIL_LIFTED, kind: 'slow-commits', host, commitMs: Number(word), ticket: null }
    : faults[`${verb} ${word}`];
  if (fault !== undefined) return stage.lay(`${verb} ${host}`, fault);
  assert(['work', 'free', '0'].includes(word), `${verb} knows the word ${word}`);
  stage.lift(`${verb} ${host}`);
}

function ask(stage: Stage, verb: string, words: readonly string[]): void {
  const [host = '', attribute = '', value = ''] = words;
  const from = stage.memberOf(host);
  const options = {
    isImmediate: words.includes('-F'),
    isWaiting: false,
    isWaitingForCommit: false,
  };
  const requests: Record<string, ClientRequest> = {
    grant: { command: 'grant', from, ticket: 'db', options },
    revoke: { command: 'revoke-request', from, ticket: 'db', options },
    list: { command: 'list', from },
    set: { command: 'attr-set', from, ticket: 'db', attribute, value },
  };
  const request = requests[verb];
  assert(request !== undefined, `${verb} is a command of scenarios`);
  stage.ask(host, request);
}

function openRing(play: Play, words: readonly string[]): Stage {
  const pairs = words.filter((word) => word.includes('=')).map((word) => word.split('='));
  const wanted = (name: string): number =>
    Number(pairs.find(([key]) => key === name)?.[1] ?? (name === 'sites' ? 2 : 1));
  return openStage({
    sites: wanted('sites'),
    arbitrators: wanted('arbitrators'),
    hasKey: words.includes('auth'),
    ticketLines: pairs
      .filter(([key]) => key !== 'sites' && key !== 'arbitrators')
      .map(([key = '', value = '']) => `${key} = ${value.replaceAll('_', ' ')}`),
    onSeen: (line) => play.seen.push(line),
  });
}
