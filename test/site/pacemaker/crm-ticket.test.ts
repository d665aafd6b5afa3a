import { expect, test } from 'vitest';
import { instantOf } from '../../../core/base/instant.ts';
import {
  attributeArguments,
  commitArguments,
  readQuery,
} from '../../../site/pacemaker/crm-ticket.ts';

const change = {
  ticket: 'db',
  granted: true,
  owner: 1102844285,
  expiresEpochSecs: 1795176717,
  term: 7,
  configName: 'booth',
  leaseUntil: instantOf(1),
};

test('a grant stores what booth stores, in one call', () => {
  expect(commitArguments(change).join(' ')).toBe(
    '-t db -g --force -S owner --attr-value=1102844285 -S expires --attr-value=1795176717 ' +
      '-S term --attr-value=7 -S booth-cfg-name --attr-value=booth',
  );
});

test('a revoke names nobody as -1, whatever way it came', () => {
  const revoked = { ...change, granted: false, leaseUntil: null };
  expect(commitArguments({ ...revoked, owner: -1 })).toContain('--attr-value=-1');
  expect(commitArguments({ ...revoked, owner: 0xffffffff })).toContain('--attr-value=-1');
  expect(commitArguments(revoked)).toContain('-r');
});

test('attribute values are arguments, never parts of a command line', () => {
  const evil = "x'; touch /tmp/owned; '";
  expect(attributeArguments('db', 'repl', evil)).toEqual([
    '-t',
    'db',
    '-S',
    'repl',
    `--attr-value=${evil}`,
  ]);
  expect(attributeArguments('db', 'repl', null)).toEqual(['-t', 'db', '-D', 'repl']);
});

test("crm_ticket's answer is read, geo attributes apart", () => {
  const stdout =
    'State XML:\n\n<ticket_state id="db" granted="true" last-granted="1795176591" ' +
    'owner="1102844285" expires="1795176717" term="7" repl="OK"/>\n';
  expect(readQuery('db', { code: 0, stdout, detail: '' })).toEqual({
    ok: true,
    value: {
      granted: true,
      standby: false,
      owner: 1102844285,
      expiresEpochSecs: 1795176717,
      term: 7,
      attributes: new Map([['repl', 'OK']]),
    },
  });
});

test.each([
  ['unknown ticket, current code', { code: 105, stdout: '', detail: 'no such' }, true],
  ['unknown ticket, old code', { code: 6, stdout: '', detail: '' }, true],
  ['no cluster', { code: 102, stdout: '', detail: 'not connected' }, false],
  ['killed', { code: null, stdout: '', detail: 'no answer within 20 s' }, false],
  ['no XML', { code: 0, stdout: 'hello', detail: '' }, false],
  ['other XML', { code: 0, stdout: 'State XML:\n\n<tickets/>', detail: '' }, false],
])('%s', (_title, exit, isAbsent) => {
  const answer = readQuery('db', exit);
  expect(answer.ok).toBe(isAbsent);
  if (answer.ok) expect(answer.value).toBeNull();
  else expect(answer.error.message).toContain('crm_ticket');
});
