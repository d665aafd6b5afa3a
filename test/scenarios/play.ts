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
 *   commits HOST fail|work|MS    disk HOST full|free   handler HOST CODE [MS]
 *   forget HOST                                      loses the journal
 */
import { assert } from '../../core/base/assert.ts';
import { loadKey } from '../../core/wire/authentication.ts';
import type { ClientAnswer, ClientRequest } from '../../core/wire/message.ts';
import { ringConfig } from '../simulation/ring-config.ts';
import type { Host, World } from '../simulation/world.ts';
import { createWorld } from '../simulation/world.ts';

/** The scenario with every expected part replaced by what happens now. */
export function playScenario(text: string): string {
  const stage: Stage = { world: null, seen: [] };
  return text
    .split(/\n(?=> )/)
    .map((block) => {
      if (!block.startsWith('> ')) return block;
      const command = (block.slice(2).split('\n----')[0] ?? '').trimEnd();
      stage.seen.length = 0;
      for (const line of command.split('\n').map((one) => one.trim())) perform(stage, line);
      const lines = stage.seen.map((line) => `${line}\n`).join('');
      return `> ${command}\n----\n${lines}`;
    })
    .join('\n')
    .trimEnd()
    .concat('\n');
}

interface Stage {
  world: World | null;
  readonly seen: string[];
}

function perform(stage: Stage, line: string): void {
  const [verb = '', ...words] = line.split(/\s+/);
  if (verb === 'ring') {
    stage.world = openRing(stage, words);
    return;
  }
  const { world } = stage;
  assert(world !== null, 'a scenario opens with its ring');
  const [first = '', second = '', third = ''] = words;
  const hosts = first === 'all' ? [...world.hosts.keys()] : words;
  switch (verb) {
    case 'start':
      return hosts.forEach(world.start);
    case 'kill':
      return hosts.forEach(world.kill);
    case 'pause':
      return hosts.forEach(world.pause);
    case 'resume':
      return hosts.forEach(world.resume);
    case 'reboot':
      return hosts.forEach(world.reboot);
    case 'run':
      return world.runFor(Number(first) * 1000);
    case 'heal':
      return world.network.heal();
    case 'cut':
      return cut(world, first, second);
    case 'grant':
    case 'revoke':
    case 'list':
    case 'set':
      return ask(world, verb, words);
    default:
      return arrange(hostNamed(world, first), verb, second, third);
  }
}

function arrange(host: Host, verb: string, word: string, third: string): void {
  switch (verb) {
    case 'commits':
      host.cluster.isFailing = word === 'fail';
      if (/^\d+$/.test(word)) host.cluster.commitMs = Number(word);
      return;
    case 'disk':
      host.isDiskFull = word === 'full';
      return;
    case 'handler':
      host.handlerCode = Number(word);
      if (third !== '') host.handlerMs = Number(third);
      return;
    case 'forget':
      host.journal = [];
      return;
    default:
      throw new Error(`no such command in a scenario: ${verb}`);
  }
}

function cut(world: World, from: string, to: string): void {
  if (to !== '') world.network.cut(from, to);
  else
    for (const other of world.hosts.keys()) {
      world.network.cut(from, other);
      world.network.cut(other, from);
    }
}

function ask(world: World, verb: string, words: readonly string[]): void {
  const [host = '', name = '', value = ''] = words;
  const from = hostNamed(world, host).member.id;
  const options = {
    isImmediate: words.includes('-F'),
    isWaiting: false,
    isWaitingForCommit: false,
  };
  const requests: Record<string, ClientRequest> = {
    grant: { command: 'grant', from, ticket: 'db', options },
    revoke: { command: 'revoke-request', from, ticket: 'db', options },
    list: { command: 'list', from },
    set: { command: 'attr-set', from, ticket: 'db', attribute: name, value },
  };
  const request = requests[verb];
  assert(request !== undefined, `${verb} is a request`);
  world.request(host, request);
}

function hostNamed(world: World, name: string): Host {
  const host = world.hosts.get(name);
  assert(host !== undefined, `the ring has a host ${name}`);
  return host;
}

function openRing(stage: Stage, words: readonly string[]): World {
  const hasAuth = words.includes('auth');
  const pairs = words.filter((word) => word.includes('=')).map((word) => word.split('='));
  const wanted = (name: string): number =>
    Number(pairs.find(([key]) => key === name)?.[1] ?? (name === 'sites' ? 2 : 1));
  const ticketLines = pairs
    .filter(([key]) => key !== 'sites' && key !== 'arbitrators')
    .map(([key = '', value = '']) => `${key} = ${value.replaceAll('_', ' ')}`);
  const config = ringConfig(wanted('sites'), wanted('arbitrators'), ticketLines);
  const key = loadKey(new TextEncoder().encode('a secret of the scenario'));
  assert(key.ok, 'the key of the scenario is good');
  const at = (atMs: number, host: string): string => `${(atMs / 1000).toFixed(3)} ${host}`;
  return createWorld({
    config,
    seed: 1,
    key: hasAuth ? key.value : null,
    onEvent: (atMs, host, { level, message }) => {
      if (level === 'debug') return;
      const mark = level === 'info' ? '' : `${level.toUpperCase()}: `;
      stage.seen.push(`${at(atMs, host)} ${mark}${message}`);
    },
    onCommit: (atMs, host, ticket, text) => {
      stage.seen.push(`${at(atMs, host)} CLUSTER: ${ticket} ${text}`);
    },
    onAnswer: (atMs, host, answer) => {
      stage.seen.push(`${at(atMs, host)} ANSWER: ${answerText(answer)}`);
    },
  });
}

const answerText = (answer: ClientAnswer): string =>
  answer.form === 'text' ? answer.text.trimEnd().replaceAll('\n', ' / ') : answer.result;
