/** A real cluster's tool that is slow, fails, hangs or answers nonsense (hazards 9.4). */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { instantOf } from '../../../core/base/instant.ts';
import type { ClusterPort, CommitOutcome, TicketCommit } from '../../../core/member/ports.ts';
import { runPacemaker } from '../../../site/io/run-pacemaker.ts';
import { makeTemporaryDirectory } from '../../support/temporary-directory.ts';
import { waitUntil } from '../../support/wait-until.ts';

/** A `crm_ticket` that writes down its arguments, one a line, and then does what the ticket is called. */
const SCRIPT = `#!/bin/sh
log="$(dirname "$0")/calls"
printf '%s\\n' "$@" --- >> "$log"
case "$2" in
  slow*) sleep 1 ;;
  hang*) exec sleep 60 ;;
  fail*) echo 'crm_ticket: no quorum' >&2; exit 102 ;;
  absent*) exit 105 ;;
  junk*) echo 'no XML here'; exit 0 ;;
esac
if [ "$3" = -q ]; then
  echo 'State XML:'; echo
  printf '<ticket_state id="%s" granted="true" owner="5" expires="9" term="3" repl="OK"/>\\n' "$2"
fi
exit 0
`;

interface Bench {
  readonly port: ClusterPort;
  readonly calls: () => string;
  readonly owned: string;
}

async function bench(timeoutMs = 700): Promise<Bench> {
  const { path: dir, remove } = await makeTemporaryDirectory('pacemaker');
  onTestFinished(remove);
  const program = join(dir, 'crm_ticket');
  writeFileSync(program, SCRIPT);
  chmodSync(program, 0o755);
  return {
    port: runPacemaker({ program, timeoutMs, parallel: 8 }),
    calls: () => readFileSync(join(dir, 'calls'), 'utf8'),
    owned: join(dir, 'owned'),
  };
}

const change = (ticket: string, granted = true): TicketCommit => ({
  ticket,
  granted,
  owner: 5,
  expiresEpochSecs: 1000,
  term: 3,
  configName: 'booth',
  leaseUntil: granted ? instantOf(1) : null,
});

/** Outcomes in the order in which they came. */
function commitAll(port: ClusterPort, changes: readonly TicketCommit[]): Promise<CommitOutcome[]> {
  return new Promise((resolve) => {
    const seen: CommitOutcome[] = [];
    port.commit(changes, (outcomes) => {
      seen.push(...outcomes);
      if (seen.length === changes.length) resolve(seen);
    });
  });
}

describe('hazards of booth-protocol 9.4', () => {
  test('9.4.1 a failing crm_ticket is a failure, with the reason it gave', async () => {
    const { port } = await bench();
    const [outcome] = await commitAll(port, [change('fail')]);
    expect(outcome?.failure?.message).toContain('crm_ticket -t fail -g ended with code 102');
    expect(outcome?.failure?.message).toContain('no quorum');
  });

  test('9.4.1 a crm_ticket that is not there, too', async () => {
    const port = runPacemaker({ program: '/nonexistent/crm_ticket', timeoutMs: 500, parallel: 2 });
    const [outcome] = await commitAll(port, [change('db')]);
    expect(outcome?.failure?.message).toContain('cannot run /nonexistent/crm_ticket');
  });

  test('9.4.2 a value with quotes and a command in it is one argument', async () => {
    const { port, calls, owned } = await bench();
    const value = `'; touch ${owned}; echo '`;
    const failure = await new Promise((resolve) => {
      port.setAttribute({ ticket: 'db', name: 'repl', value }, resolve);
    });
    expect(failure).toBeNull();
    expect(calls()).toBe(`-t\ndb\n-S\nrepl\n--attr-value=${value}\n---\n`);
    expect(existsSync(owned)).toBe(false);
  });

  test('9.4.4 a configuration name with shell characters is one argument', async () => {
    const { port, calls, owned } = await bench();
    await commitAll(port, [{ ...change('db'), configName: `$(touch ${owned})` }]);
    expect(calls()).toContain(`--attr-value=$(touch ${owned})\n`);
    expect(existsSync(owned)).toBe(false);
  });

  test('9.4.5 a slow ticket and a hanging one delay no other; the hanging one failed', async () => {
    const { port } = await bench(2500);
    const outcomes = await commitAll(port, [change('slow'), change('hang'), change('db')]);
    expect(outcomes.map(({ ticket }) => ticket)).toEqual(['db', 'slow', 'hang']);
    expect(outcomes.map(({ failure }) => failure === null)).toEqual([true, true, false]);
    expect(outcomes[2]?.failure?.message).toContain('no answer within 2.5 s');
  });
});

test('R6 a revoke waits neither for other tickets’ tools nor for its own ticket’s grant', async () => {
  const { port, calls } = await bench(3000);
  const hanging = Array.from({ length: 8 }, (_, index) => change(`hang${String(index)}`));
  const others = commitAll(port, hanging);
  let ended = 0;
  void others.then((outcomes) => (ended = outcomes.length));
  const grant = commitAll(port, [change('db')]);
  const [revoke] = await commitAll(port, [change('db', false)]);
  expect(revoke?.failure).toBeNull();
  expect(ended).toBe(0);
  const [calledOff] = await grant;
  expect(calledOff?.failure?.message).toContain('called off by a revoke');
  await others;
  expect(calls()).toContain('-t\ndb\n-r\n');
  expect(calls()).not.toContain('-t\ndb\n-g\n');
});

test('a revoke ends the grant under way; the next grant comes after it', async () => {
  const { port, calls } = await bench(3000);
  const verbs = () =>
    calls()
      .split('\n')
      .filter((line) => line === '-g' || line === '-r');
  const first = commitAll(port, [change('slow', true)]);
  await waitUntil('the grant to be under way', () => verbs().length === 1);
  const second = commitAll(port, [change('slow', false)]);
  const third = commitAll(port, [change('slow', true)]);
  const outcomes = (await Promise.all([first, second, third])).flat();
  expect(outcomes.map(({ failure }) => failure === null)).toEqual([false, true, true]);
  expect(verbs()).toEqual(['-g', '-r', '-g']);
});

test('a hanging write of a ticket does not keep its next one from being tried', async () => {
  const { port } = await bench(300);
  const outcomes = await Promise.all([
    commitAll(port, [change('hang', true)]),
    commitAll(port, [change('hang', false)]),
  ]);
  expect(outcomes.flat().every(({ failure }) => failure !== null)).toBe(true);
});

describe('load', () => {
  const load = (port: ClusterPort, tickets: readonly string[]) =>
    new Promise<Parameters<Parameters<ClusterPort['load']>[1]>[0]>((resolve) => {
      port.load(tickets, resolve);
    });

  test('what the cluster stores comes back; a ticket it does not know is absent', async () => {
    const loaded = await load((await bench()).port, ['db', 'absent']);
    expect(loaded.ok && [...loaded.value.keys()]).toEqual(['db']);
    expect(loaded.ok && loaded.value.get('db')).toMatchObject({
      granted: true,
      owner: 5,
      term: 3,
      attributes: new Map([['repl', 'OK']]),
    });
  });

  test.each(['fail', 'junk', 'hang'])(
    'a crm_ticket that answers with "%s" is told',
    async (ticket) => {
      const loaded = await load((await bench()).port, ['db', ticket]);
      expect(loaded.ok).toBe(false);
    },
  );
});
