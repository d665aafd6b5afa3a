import { describe, expect, test } from 'vitest';
import { parseBoothArguments } from '../../../core/cli/arguments/booth-arguments.ts';

const client = {
  config: null,
  site: null,
  self: null,
  outputFormat: 'text',
  requestTimeoutMs: null,
  isVerbose: false,
} as const;
const patient = { isImmediate: false, isWaiting: false, isWaitingForCommit: false };
const grant = { kind: 'change', change: 'grant', ticket: 't', wait: patient, client };

const parse = (line: string) => parseBoothArguments(line === '' ? [] : line.split(' '));

describe('booth accepts', () => {
  test.each([
    ['', { kind: 'help' }],
    ['-h', { kind: 'help' }],
    ['--help', { kind: 'help' }],
    ['help', { kind: 'help' }],
    ['grant t -h', { kind: 'help' }],
    ['client grant -h', { kind: 'help' }],
    ['-V', { kind: 'version' }],
    ['--version', { kind: 'version' }],
    ['version', { kind: 'version' }],
    ['list', { kind: 'query', query: 'list', client }],
    ['list t u', { kind: 'query', query: 'list', client }],
    ['client list', { kind: 'query', query: 'list', client }],
    ['peers -c x', { kind: 'query', query: 'peers', client: { ...client, config: 'x' } }],
    ['-c x list', { kind: 'query', query: 'list', client: { ...client, config: 'x' } }],
    ['list -s other -D -S -l f', { client: { ...client, site: 'other', isVerbose: true } }],
    ['list --output-format json', { client: { ...client, outputFormat: 'json' } }],
    ['list --request-timeout 1.5', { client: { ...client, requestTimeoutMs: 1500 } }],
    ['list --self 192.0.2.1', { client: { ...client, self: '192.0.2.1' } }],
    ['grant t', grant],
    ['client grant t', grant],
    ['grant -t t', grant],
    ['grant -- t', grant],
    ['grant -c x t', { ...grant, client: { ...client, config: 'x' } }],
    ['grant t -c x', { ...grant, client: { ...client, config: 'x' } }],
    ['grant -s a -s b t', { ...grant, client: { ...client, site: 'b' } }],
    ['grant', { ...grant, ticket: null }],
    ['grant -F t', { ...grant, wait: { ...patient, isImmediate: true } }],
    ['grant -w t', { ...grant, wait: { ...patient, isWaiting: true } }],
    ['grant -C t', { ...grant, wait: { ...patient, isWaiting: true, isWaitingForCommit: true } }],
    ['grant -wF t', { ...grant, wait: { ...patient, isImmediate: true, isWaiting: true } }],
    ['revoke -w t', { ...grant, change: 'revoke', wait: { ...patient, isWaiting: true } }],
    ['revoke', { ...grant, change: 'revoke', ticket: null }],
    ['status', { kind: 'status', lockFile: null, isTalkative: false, client }],
    ['status x -S -l f', { kind: 'status', lockFile: 'f', isTalkative: true, client }],
    ['daemon -c x -S', { kind: 'daemon', args: ['-c', 'x', '-S'] }],
    ['start', { kind: 'daemon', args: [] }],
    ['site', { kind: 'daemon', args: [] }],
    ['arbitrator', { kind: 'daemon', args: [] }],
    ['client', { kind: 'usage-error' }],
    ['list -t t', { kind: 'usage-error' }],
    ['peers -t t', { kind: 'usage-error' }],
    ['status -t t', { kind: 'usage-error' }],
  ])('"%s"', (line, value) => {
    expect(parse(line)).toMatchObject({ ok: true, value });
  });
});

describe('booth refuses', () => {
  test.each([
    ['bogus', /^command "bogus" is unknown/],
    ['client bogus', /^command "bogus" is unknown/],
    ['client status', /^command "status" is unknown/],
    ['client daemon', /^command "daemon" is unknown/],
    ['list -Z', /^option -Z is unknown/],
    ['grant --foo t', /^option --foo is unknown/],
    ['grant -s', /^option -s needs a value/],
    ['list -F', /^-F is only for grant$/],
    ['revoke -F t', /^-F is only for grant$/],
    ['list -w', /^-w is only for grant and revoke$/],
    ['status -w', /^-w is only for grant and revoke$/],
    ['revoke -C t', /^-C is only for grant$/],
    ['list -C', /^-C is only for grant$/],
    ['grant t u', /^surplus argument "u"/],
    ['grant -t t u', /^surplus argument "u"/],
    ['status -s x', /^-s is not for status/],
    ['list --output-format xml', /^--output-format must be text or json, got "xml"$/],
    ['list --request-timeout 0', /^--request-timeout must be a number of seconds/],
    ['list --request-timeout -1', /^--request-timeout must be a number of seconds/],
    ['list --request-timeout 1e9', /^--request-timeout must be a number of seconds/],
    ['list --request-timeout 99999', /up to 86400, got "99999"$/],
    [`grant ${'x'.repeat(64)}`, /^ticket name may have at most 63 bytes, got 64$/],
    [`grant ${'ä'.repeat(32)}`, /^ticket name may have at most 63 bytes, got 64$/],
    [`grant -s ${'x'.repeat(64)} t`, /^site may have at most 63 bytes/],
  ])('"%s"', (line, message) => {
    const parsed = parse(line);
    expect(parsed).toMatchObject({ ok: false, error: { code: 'usage' } });
    if (!parsed.ok) expect(parsed.error.message).toMatch(message);
  });

  test('a name with a NUL byte', () => {
    expect(parseBoothArguments(['grant', 'a\0b'])).toMatchObject({ ok: false });
  });
});
